"""From a face's box to the square of pixels that a network trained on FER2013 expects.

FER2013's faces all sit in their frame in the same way; how a detector's box relates to that frame is the detector's
:class:`Framing`, measured by ``benchmarks/crop_margin.py``. Detection comes before, classification next.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from emotion_recognition.pictures.bgr_image import check_bgr, grey
from emotion_recognition.pictures.faces import Box
from emotion_recognition.pictures.interpolation import interpolation_code


@dataclass(frozen=True)
class Framing:
    """How FER2013 would frame the face in a detector's box. All three are shares of the box's size, √(width·height).

    Args:
        scale: Side of the square crop.
        offset_x: From the box's centre to the crop's, to the right.
        offset_y: From the box's centre to the crop's, downwards.
    """

    scale: float
    offset_x: float
    offset_y: float


#: That of a box that is framed as FER2013 would frame its face.
WHOLE = Framing(scale=1.0, offset_x=0.0, offset_y=0.0)


def crop_square(box: Box, framing: Framing) -> tuple[int, int, int]:
    """The square to cut out for a face: left, top and side in pixels; it may reach beyond the picture.

    Example:
        >>> crop_square((10, 20, 40, 90), Framing(scale=1.5, offset_x=0.0, offset_y=0.1))  # √(40·90) is 60
        (-15, 26, 90)
    """
    x, y, width, height = box
    size = (width * height) ** 0.5
    side = max(1, round(framing.scale * size))
    centre_x = x + width / 2 + framing.offset_x * size
    centre_y = y + height / 2 + framing.offset_y * size
    return round(centre_x - side / 2), round(centre_y - side / 2), side


def crop_faces(
    image: np.ndarray,
    boxes: Sequence[Box],
    framing: Framing,
    size: int,
    *,
    channels: int = 1,
    rolls: Sequence[float] | None = None,
    interpolation: str = "auto",
) -> np.ndarray:
    """Cuts out faces as squares of the network's size, turned upright where their tilt is known.

    What lies beyond the picture's border repeats the pixels at the border.

    Args:
        image: BGR uint8 array (height, width, 3), 0..255.
        boxes: (x, y, width, height) of each face in pixels, inside the image.
        framing: That of the detector that found the boxes.
        size: Height and width of the crops in pixels.
        channels: 1 for grey, 3 for colour.
        rolls: How far each face is tilted clockwise, in degrees, see
            :func:`~emotion_recognition.pictures.upright.roll_of`; None takes all faces as they are.
        interpolation: How the squares are resized, see
            :func:`~emotion_recognition.pictures.interpolation.interpolation_code`.

    Returns:
        uint8 array (N, size, size, channels), 0..255, grey or RGB, which is the order of data sets and networks.

    Raises:
        ValueError: If the image is none or a box lies outside it.
    """
    check_bgr(image)
    crops = np.empty((len(boxes), size, size, channels), np.uint8)
    for i, box in enumerate(boxes):
        left, top, side = crop_square(box, framing)
        roll = 0.0 if rolls is None else rolls[i]
        if roll:
            square = _cut_turned(image, box, framing, side, roll, channels)
        else:
            square = _cut(image, left, top, side, channels)
        code = interpolation_code(interpolation, shrinks=side > size)
        crops[i] = cv2.resize(square, (size, size), interpolation=code).reshape(size, size, channels)
    return crops


def crop_transform(box: Box, framing: Framing, side: int, roll: float) -> np.ndarray:
    """The way from a turned crop's pixels to the picture's.

    Args:
        box: (x, y, width, height) of the face in pixels.
        framing: That of the detector that found it.
        side: Height and width of the crop in pixels, before it is resized, see :func:`crop_square`.
        roll: How far the face is tilted clockwise, in degrees.

    Returns:
        float array (2, 3): column and row in the crop, and 1, times it are column and row in the picture.
    """
    x, y, width, height = box
    size = (width * height) ** 0.5
    cos, sin = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    turn = np.array([[cos, -sin], [sin, cos]])
    # The framing's offset turns with the face; a pixel's centre is half a pixel from its corner.
    offset = turn @ np.array([framing.offset_x, framing.offset_y]) * size
    centre = np.array([x + width / 2, y + height / 2]) + offset - 0.5
    return np.hstack([turn, (centre - turn @ np.full(2, (side - 1) / 2))[:, np.newaxis]])


def _cut(image: np.ndarray, left: int, top: int, side: int, channels: int) -> np.ndarray:
    height, width = image.shape[:2]
    inside = image[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
    if inside.size == 0:
        raise ValueError(f"boxes must lie in the image, {width}×{height}. Received one cut at ({left}, {top}), {side}")
    return np.asarray(
        cv2.copyMakeBorder(
            _converted(inside, channels),
            max(-top, 0),
            max(top + side - height, 0),
            max(-left, 0),
            max(left + side - width, 0),
            cv2.BORDER_REPLICATE,
        )
    )


def _cut_turned(image: np.ndarray, box: Box, framing: Framing, side: int, roll: float, channels: int) -> np.ndarray:
    """The square whose own x axis points along the face's eyes; what is outside the picture repeats its border."""
    turn = crop_transform(box, framing, side, roll)
    # Converted only where it is needed: a square that holds the turned one in every direction.
    centre_x, centre_y = turn @ ((side - 1) / 2, (side - 1) / 2, 1.0)
    reach = math.ceil(side * 2**-0.5) + 2
    left, top = max(0, math.floor(centre_x) - reach), max(0, math.floor(centre_y) - reach)
    inside = image[top : max(0, math.ceil(centre_y) + reach), left : max(0, math.ceil(centre_x) + reach)]
    if inside.size == 0:
        raise ValueError(f"boxes must lie in the image, {image.shape[1]}×{image.shape[0]}. Received: {box}")
    turn[:, 2] -= left, top
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(_converted(inside, channels), turn, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    )


def _converted(pixels: np.ndarray, channels: int) -> np.ndarray:
    """BGR to grey (height, width), or to RGB (height, width, 3)."""
    return grey(pixels) if channels == 1 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
