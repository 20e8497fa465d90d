"""A square part of a picture, resized; what lies beyond the picture's border is grey.

The face detector's second stage sees faces so, in training and in use. The crops for the classifier, which repeat the
border, are those of :mod:`emotion_recognition.pictures.crop`.
"""

import cv2
import numpy as np

from emotion_recognition.pictures.letterbox import GREY

#: Below this factor, the part is shrunk by averaging first, or linear interpolation would skip pixels.
_AVERAGED_BELOW = 0.6

#: Pixels around the part that averaging takes along.
_MARGIN = 2


def square_view(image: np.ndarray, centre: tuple[float, float], side: float, size: int) -> np.ndarray:
    """Cuts out a square and resizes it.

    Args:
        image: BGR uint8 array (height, width, 3), 0..255.
        centre: x and y of its middle, in pixels of the image.
        side: Its side in pixels of the image, above 0.
        size: Height and width of the result in pixels.

    Returns:
        uint8 array (size, size, 3), 0..255.

    Example:
        >>> view = square_view(np.zeros((20, 30, 3), np.uint8), (0.0, 10.0), 10.0, 10)
        >>> view[5, :, 0].tolist()  # its left half lies outside
        [128, 128, 128, 128, 128, 0, 0, 0, 0, 0]
    """
    scale, (x, y) = size / side, centre
    factors = np.ones(2)
    if scale < _AVERAGED_BELOW:
        left, top = max(0, int(x - side / 2) - _MARGIN), max(0, int(y - side / 2) - _MARGIN)
        image = image[top : int(y + side / 2) + _MARGIN + 1, left : int(x + side / 2) + _MARGIN + 1]
        height, width = image.shape[:2]
        if not height or not width:
            return np.full((size, size, 3), GREY, np.uint8)
        small = max(1, round(width * scale)), max(1, round(height * scale))
        image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA))
        factors, x, y = np.array(small) / (width, height), x - left, y - top
    turn = np.diag(scale / factors)
    # The map leads between pixels' centres, the numbers between their edges.
    shift = size / 2 - scale * np.array([x, y]) + turn @ (0.5, 0.5) - 0.5
    view = cv2.warpAffine(
        np.ascontiguousarray(image),
        np.hstack([turn, shift[:, None]]),
        (size, size),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(GREY, GREY, GREY),
    )
    return np.asarray(view)
