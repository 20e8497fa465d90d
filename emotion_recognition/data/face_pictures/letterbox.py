"""A picture in the square that a network takes: resized, and grey where nothing is left of it."""

import cv2
import numpy as np

#: What fills the rest: the middle of the range, which the network's first layer takes to about 0.
GREY = 128


def letterbox(image: np.ndarray, size: int) -> tuple[np.ndarray, float]:
    """Resizes a picture so that its longest side has that many pixels, at the top left of a grey square.

    Args:
        image: BGR uint8 array (height, width, 3), 0..255.
        size: Height and width of the square in pixels.

    Returns:
        uint8 array (size, size, 3), and the factor that leads from the picture's coordinates to those of the square.

    Example:
        >>> square, scale = letterbox(np.zeros((50, 100, 3), np.uint8), 64)
        >>> square.shape, scale, int(square[31].max()), int(square[32].min())
        ((64, 64, 3), 0.64, 0, 128)
    """
    height, width = image.shape[:2]
    scale = size / max(height, width)
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square = np.full((size, size, 3), GREY, np.uint8)
    square[: shape[1], : shape[0]] = cv2.resize(image, shape, interpolation=interpolation)
    return square, scale
