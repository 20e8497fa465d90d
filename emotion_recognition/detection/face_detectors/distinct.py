"""Faces of several looks at one picture: each of them once.

The faces that :mod:`emotion_recognition.detection.face_detectors.directions` and
:mod:`emotion_recognition.detection.face_detectors.tiled` have found go in.
"""

from collections.abc import Sequence

from emotion_recognition.pictures.faces import Box, Face

#: From this share of the smaller box on, a box inside another is the same face, or a part of it.
_MOSTLY_INSIDE = 0.7


def distinct_faces(looks: Sequence[Sequence[Face]], max_overlap: float) -> list[Face]:
    """Puts the faces of several looks together.

    Two faces of one look are two: its detector has told them apart. Of faces of different looks that are in the same
    place, the one with the highest score stays, at equal scores that of the earlier look.

    Args:
        looks: The faces of each look, in pixels of the same picture.
        max_overlap: Two boxes whose intersection over union is above this are one face, 0..1.

    Returns:
        The faces, highest score first.

    Example:
        >>> upright, again = Face((10, 10, 20, 20), 0.9), Face((11, 10, 20, 20), 0.8)
        >>> distinct_faces([[upright], [again]], 0.3) == [upright]
        True
    """
    ranked = sorted(
        ((face, look) for look, faces in enumerate(looks) for face in faces), key=lambda found: -found[0].score
    )
    kept: list[tuple[Face, int]] = []
    for face, look in ranked:
        if not any(look != other and _same_place(face.box, seen.box, max_overlap) for seen, other in kept):
            kept.append((face, look))
    return [face for face, _ in kept]


def _same_place(box: Box, other: Box, max_overlap: float) -> bool:
    width = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    height = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    if width <= 0 or height <= 0:
        return False
    common, area, other_area = width * height, box[2] * box[3], other[2] * other[3]
    return common > max_overlap * (area + other_area - common) or common > _MOSTLY_INSIDE * min(area, other_area)
