"""Identities of faces in a stream where the package ``trackers`` is not installed: by overlap alone.

The faces of each frame go in, an identity for each comes out. The page does the same when it detects on the device.
"""

from collections.abc import Sequence

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.pictures.faces import Box, Face
from emotion_recognition.pictures.overlap import overlap


class OverlapTracker:
    """Gives a face the identity of the face of the last second that it overlaps most.

    Args:
        lowest_overlap: Lowest intersection over union of a face with where it was last seen, 0..1.
        patience: Frames that a face may be missing and still be taken for the same.

    Example:
        >>> tracker = OverlapTracker()
        >>> face = FaceEmotion((10, 10, 20, 20), 0.9, {"happy": 1.0})
        >>> tracker.update([face]), tracker.update([]), tracker.update([face])
        ([1], [], [1])
    """

    def __init__(self, lowest_overlap: float = 0.2, patience: int = 15) -> None:
        self._lowest, self._patience = lowest_overlap, patience
        self._last: dict[int, tuple[Box, int]] = {}
        self._frame = self._count = 0

    def update(self, faces: Sequence[Face | FaceEmotion]) -> list[int | None]:
        """Takes the next frame's faces; returns for each its identity, counted from 1."""
        self._frame += 1
        self._last = {who: seen for who, seen in self._last.items() if self._frame - seen[1] <= self._patience}
        pairs = sorted(
            (
                (overlap(face.box, box), index, who)
                for index, face in enumerate(faces)
                for who, (box, _) in self._last.items()
            ),
            key=lambda pair: -pair[0],
        )
        identities: list[int | None] = [None] * len(faces)
        taken: set[int] = set()
        for share, index, who in pairs:
            if share >= self._lowest and identities[index] is None and who not in taken:
                identities[index] = who
                taken.add(who)
        for index, face in enumerate(faces):
            known = identities[index]
            if known is None:
                self._count += 1
                known = identities[index] = self._count
            self._last[known] = (face.box, self._frame)
        return identities
