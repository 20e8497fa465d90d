"""From a face's box to the square of pixels that a network trained on FER2013 expects.

FER2013's faces all sit in their frame in the same way; how a detector's box relates to that frame is the detector's
:class:`Framing`, measured by ``benchmarks/crop_margin.py``. Detection comes before, classification next.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from emotion_recognition.detection.bgr_image import check_bgr, grey
from emotion_recognition.detection.faces import Box


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
    image: np.ndarray, boxes: Sequence[Box], framing: Framing, size: int, *, channels: int = 1
) -> np.ndarray:
    """Cuts out faces as squares of the network's size.

    What lies beyond the picture's border repeats the pixels at the border.

    Args:
        image: BGR uint8 array (height, width, 3), 0..255.
        boxes: (x, y, width, height) of each face in pixels, inside the image.
        framing: That of the detector that found the boxes.
        size: Height and width of the crops in pixels.
        channels: 1 for grey, 3 for colour.

    Returns:
        uint8 array (N, size, size, channels), 0..255, grey or RGB, which is the order of data sets and networks.

    Raises:
        ValueError: If the image is none or a box lies outside it.
    """
    check_bgr(image)
    crops = np.empty((len(boxes), size, size, channels), np.uint8)
    for i, box in enumerate(boxes):
        left, top, side = crop_square(box, framing)
        square = _cut(image, left, top, side, channels)
        # The mean over the covered area keeps a shrunken face free of aliasing; enlarged, cubic is smoothest.
        interpolation = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
        crops[i] = cv2.resize(square, (size, size), interpolation=interpolation).reshape(size, size, channels)
    return crops


def _cut(image: np.ndarray, left: int, top: int, side: int, channels: int) -> np.ndarray:
    height, width = image.shape[:2]
    inside = image[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
    if inside.size == 0:
        raise ValueError(f"boxes must lie in the image, {width}×{height}. Received one cut at ({left}, {top}), {side}")
    return np.asarray(
        cv2.copyMakeBorder(
            grey(inside) if channels == 1 else cv2.cvtColor(inside, cv2.COLOR_BGR2RGB),
            max(-top, 0),
            max(top + side - height, 0),
            max(-left, 0),
            max(left + side - width, 0),
            cv2.BORDER_REPLICATE,
        )
    )
