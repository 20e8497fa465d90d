"""How far a face is tilted, from its landmarks; cropping turns it back by as much.

A detector that finds landmarks comes before, :mod:`emotion_recognition.pictures.crop` next.
"""

import math
from collections.abc import Sequence

Point = tuple[float, float]

#: Faces tilted by less than this many degrees stay as they are. FER2013's own are tilted by up to 11 degrees in four of
#: five cases and were not turned for training. On its validation images, enlarged, YuNet's landmarks gained nothing
#: on upright ones (65.0 % right instead of 66.5 %), but much on those tilted by 30 degrees (66.7 % instead of 57.6 %).
LEAST_TURN = 15.0


def roll_of(landmarks: Sequence[Point] | None) -> float:
    """The angle by which a face is tilted in the picture's plane.

    Eyes, corners of the mouth and the line from eyes to mouth all vote, each with its length: on a face in profile
    the eyes lie close together and say little, but the line down to the mouth is as long as ever.

    Args:
        landmarks: Five points as in :class:`~emotion_recognition.pictures.faces.Face`, or None.

    Returns:
        Degrees, -180..180: 0 for an upright face or without landmarks, positive for one that is turned clockwise.

    Raises:
        ValueError: If there are landmarks, but not five.

    Example:
        >>> roll_of([(10, 10), (10, 30), (0, 20), (-10, 12), (-10, 28)])  # lies on its right side
        90.0
    """
    if landmarks is None:
        return 0.0
    if len(landmarks) != 5:
        raise ValueError(f"landmarks must be five points. Received: {len(landmarks)}")
    left_eye, right_eye, _, left_mouth, right_mouth = landmarks
    eyes, mouth = _between(left_eye, right_eye), _between(left_mouth, right_mouth)
    # From the middle of the eyes to that of the mouth; turned by 90 degrees, it too points along the eyes' line.
    down = tuple(
        (left_mouth[i] + right_mouth[i] - left_eye[i] - right_eye[i]) / 2  # pixels
        for i in (0, 1)
    )
    return math.degrees(math.atan2(eyes[1] + mouth[1] - down[0], eyes[0] + mouth[0] + down[1]))


def turn_of(landmarks: Sequence[Point] | None, direction: int = 0) -> float:
    """The angle by which a face is turned back before it is classified: its tilt, or 0 for a small one.

    Args:
        landmarks: As for :func:`roll_of`.
        direction: The face's own, see :class:`~emotion_recognition.pictures.faces.Face`, which counts where there are
            no landmarks.

    Returns:
        Degrees, -180..180, see :func:`roll_of`.

    Raises:
        ValueError: If there are landmarks, but not five.

    Example:
        >>> turn_of(None, 270)
        -90.0
    """
    if landmarks is None:
        return float(direction - 360 if direction > 180 else direction)
    roll = roll_of(landmarks)
    return roll if abs(roll) >= LEAST_TURN else 0.0


def _between(start: Point, end: Point) -> Point:
    return end[0] - start[0], end[1] - start[1]
