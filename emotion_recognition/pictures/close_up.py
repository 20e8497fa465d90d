"""Which face fills its picture, as in a portrait or a picture that is the crop of a face already.

Whoever cut such a picture framed the face too, and not as a detector's box would. The classifier is therefore shown
both: the detector's square, and the whole picture, mirrored, so that the second look is also one at the mirror image.
Detection averages what it says of them, see :class:`~emotion_recognition.detection.EmotionDetector`.
"""

from collections.abc import Sequence

import numpy as np

from emotion_recognition.pictures.crop import WHOLE, Framing, crop_faces, crop_square
from emotion_recognition.pictures.faces import Box

#: The square of a face that fills its picture is at least this share of the picture's longer side. From 0.7 to 0.95
#: the labelled photographs' log loss is the same within 0.004 nats; from 0.9 on FER2013's own crops lose.
NEARLY_WHOLE = 0.75


def face_that_fills(
    boxes: Sequence[Box], rolls: Sequence[float], framing: Framing, width: int, height: int
) -> int | None:
    """The index of the one face that fills a picture; None where none does, or several.

    A face that is turned upright has none of it: the whole picture would show it tilted. Nor has one whose square is
    the whole picture already.

    Args:
        boxes: (x, y, width, height) of each face in pixels.
        rolls: By how many degrees each is turned upright.
        framing: That of the detector that found them.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.

    Example:
        >>> face_that_fills([(10, 10, 80, 80), (0, 0, 9, 9)], [0.0, 0.0], Framing(1.1, 0.0, 0.0), 100, 110)
        0
    """
    squares = [crop_square(box, framing) for box in boxes]
    large = [i for i, (_, _, side) in enumerate(squares) if side >= NEARLY_WHOLE * max(width, height)]
    if len(large) != 1 or rolls[large[0]] or squares[large[0]] == crop_square((0, 0, width, height), WHOLE):
        return None
    return large[0]


def whole_mirrored(image: np.ndarray, size: int, *, channels: int, interpolation: str) -> np.ndarray:
    """The whole picture as a mirrored crop; of one that is not square, a square of the same area round its middle.

    Args:
        image: BGR uint8 array (height, width, 3), 0..255.
        size: As for :func:`~emotion_recognition.pictures.crop.crop_faces`.
        channels: As there.
        interpolation: As there.

    Returns:
        uint8 array (1, size, size, channels), 0..255, grey or RGB.

    Raises:
        ValueError: If the image is none.
    """
    box = (0, 0, image.shape[1], image.shape[0])
    return crop_faces(image, [box], WHOLE, size, channels=channels, interpolation=interpolation)[:, :, ::-1]
