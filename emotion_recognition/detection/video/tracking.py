"""Identities of faces from frame to frame, by ByteTrack (Zhang et al. 2022, arXiv:2110.06864).

The faces of each frame go in, an identity for each comes out; smoothing comes next. ByteTrack itself is that of the
package ``trackers``, an optional extra.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.pictures.faces import Face

#: How to get what tracking needs. Without dependencies, because `trackers` asks for a second OpenCV, which would
#: overwrite the one that is there.
HOW_TO_GET = "pip install --no-deps -r requirements-track.txt"


@dataclass(frozen=True)
class TrackingSettings:
    """How faces are followed.

    Args:
        patience: Seconds that a face may be out of sight and still be taken for the same.
        lowest_overlap: Lowest intersection over union of a face with where it was expected, 0..1.
        frames_to_count: A face gets an identity after this many frames, so that a box that flickers up once does not.
    """

    patience: float = 1.0
    lowest_overlap: float = 0.1
    frames_to_count: int = 2


class FaceTracker:
    """Gives faces identities; one tracker for each video.

    Args:
        rate: Frames a second that the tracker gets to see.
        min_confidence: The face detector's lowest score, 0..1; every face that counts can start a track.
        settings: How faces are followed.

    Raises:
        ValueError: If the package ``trackers`` is not installed.
    """

    def __init__(self, rate: float, min_confidence: float, settings: TrackingSettings | None = None) -> None:
        check_can_track()
        from trackers import ByteTrackTracker

        settings = settings or TrackingSettings()
        self._tracker = ByteTrackTracker(
            # The package counts its buffer in frames of 30 a second and scales it by the rate.
            lost_track_buffer=round(30 * settings.patience),
            frame_rate=rate,
            track_activation_threshold=min_confidence,
            high_conf_det_threshold=min_confidence,
            minimum_iou_threshold=settings.lowest_overlap,
            minimum_consecutive_frames=settings.frames_to_count,
        )
        self._numbers: dict[int, int] = {}

    def update(self, faces: Sequence[Face | FaceEmotion]) -> list[int | None]:
        """Takes the next frame's faces.

        Args:
            faces: What the detector found, in any order.

        Returns:
            For each face its identity, counted from 1 in the order of appearance; None for one that is too new.
        """
        from supervision import Detections

        corners = [(x, y, x + width, y + height) for x, y, width, height in (face.box for face in faces)]
        found = self._tracker.update(
            Detections(
                xyxy=np.array(corners, np.float64).reshape(-1, 4),
                confidence=np.array([face.score for face in faces]),
                # The tracker returns the faces in another order; this is how each one is known again.
                class_id=np.arange(len(faces)),
            )
        )
        identities: list[int | None] = [None] * len(faces)
        if len(found):
            for index, track in zip(found.class_id, found.tracker_id, strict=True):
                if track >= 0:
                    identities[int(index)] = self._numbers.setdefault(int(track), len(self._numbers) + 1)
        return identities


def can_track() -> bool:
    """Whether the package ``trackers`` is installed, with all that it imports."""
    try:
        import supervision  # noqa: F401
        import trackers  # noqa: F401
    except ImportError:
        return False
    return True


def check_can_track() -> None:
    """Refuses to go on without the package.

    Raises:
        ValueError: If it is not installed.
    """
    if not can_track():
        raise ValueError(f"Identities need the package trackers; install it with: {HOW_TO_GET}")
