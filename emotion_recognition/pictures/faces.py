"""A face: where a detector found it and how sure it was.

Every detector returns these; cropping comes next.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: x, y, width and height in pixels of the upright image; x and y are the top left corner.
Box = tuple[int, int, int, int]

#: Points (x, y) in pixels of the upright image.
Landmarks = tuple[tuple[float, float], ...]

#: Upright, top to the right, upside down and top to the left: degrees clockwise.
DIRECTIONS = (0, 90, 180, 270)


@dataclass(frozen=True)
class Face:
    """One detected face; NumPy's numbers are taken as well, and fractions of pixels rounded.

    Args:
        box: (x, y, width, height) in pixels of the upright image, wholly inside it.
        score: The detector's confidence, 0..1; what it means is the detector's to say.
        landmarks: None from a detector that finds none, else five points (x, y) in pixels: the eye on the upright
            face's left side as the viewer sees it, the other eye, the tip of the nose, the left and the right corner
            of the mouth.
        direction: How far the face is turned clockwise, in degrees, to the next quarter turn: one of
            :data:`DIRECTIONS`; 0 unless the picture was searched in every direction.

    Raises:
        ValueError: If the box is empty or not of four numbers, the score outside 0..1, landmarks no points, or the
            direction no quarter turn.

    Example:
        >>> Face((9.6, 20.2, 100.7, 80.1), 0.5).box
        (10, 20, 101, 80)
    """

    box: Box
    score: float
    landmarks: Landmarks | None = None
    direction: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "box", _whole(self.box))
        object.__setattr__(self, "score", float(self.score))
        if self.landmarks is not None:
            object.__setattr__(self, "landmarks", _points(self.landmarks))
        if self.box[2] < 1 or self.box[3] < 1:
            raise ValueError(f"box must be at least 1 pixel wide and high. Received: {self.box}")
        if not 0 <= self.score <= 1:
            raise ValueError(f"score must be within 0..1. Received: {self.score}")
        if self.direction not in DIRECTIONS:
            raise ValueError(f"direction must be one of {DIRECTIONS}. Received: {self.direction}")


def _whole(box: Sequence[float]) -> Box:
    try:
        x, y, width, height = (round(float(number)) for number in box)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"box must be four numbers: x, y, width and height. Received: {box}") from error
    return x, y, width, height


def _points(landmarks: Sequence[Sequence[float]]) -> Landmarks:
    try:
        points = tuple((float(x), float(y)) for x, y in landmarks)
    except (TypeError, ValueError) as error:
        raise ValueError(f"landmarks must be points (x, y). Received: {landmarks}") from error
    if not all(math.isfinite(number) for point in points for number in point):
        raise ValueError(f"landmarks must be finite. Received: {landmarks}")
    return points
