"""Makes a large picture small enough for a detector whose time grows with the pixels."""

import cv2
import numpy as np


def shrink(image: np.ndarray, longest_side: int) -> tuple[np.ndarray, float]:
    """Shrinks a picture so that its longest side has at most that many pixels; a smaller one stays as it is.

    Args:
        image: uint8 array (height, width, 3), 0..255.
        longest_side: In pixels, at least 1.

    Returns:
        The picture, uint8 array of the same layout, and the factor that leads from its coordinates back to those of
        ``image``, at least 1.

    Example:
        >>> small, back = shrink(np.zeros((100, 400, 3), np.uint8), 200)
        >>> small.shape, back
        ((50, 200, 3), 2.0)
    """
    height, width = image.shape[:2]
    back = max(height, width) / longest_side
    if back <= 1:
        return image, 1.0
    size = max(1, round(width / back)), max(1, round(height / back))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA)), back
