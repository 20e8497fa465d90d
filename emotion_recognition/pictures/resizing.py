"""How pixels are resized, stated once, for data sets, networks and detectors alike."""

from typing import Literal, get_args

import cv2
import numpy as np

#: "area" takes the mean over the covered area, "linear" and "cubic" interpolate, "auto" is area to shrink, else cubic.
Interpolation = Literal["auto", "area", "linear", "cubic"]
INTERPOLATIONS: tuple[Interpolation, ...] = get_args(Interpolation)

_FLAGS = {"area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}


def resize(image: np.ndarray, size: int, interpolation: Interpolation = "auto") -> np.ndarray:
    """Brings an image to a square of a size.

    The mean over the covered area keeps a shrunken image free of aliasing; enlarged, cubic is smoothest. A network that
    learned from images that were resized in another way is right more often on such ones.

    Args:
        image: uint8 array (height, width) or (height, width, channels), 0..255; a square, or it is stretched.
        size: Height and width of the result in pixels.
        interpolation: One of :data:`INTERPOLATIONS`.

    Returns:
        uint8 array (size, size) or (size, size, channels), as the image has it.

    Raises:
        ValueError: If there is no such interpolation.

    Example:
        >>> resize(np.array([[0, 50], [50, 100]], np.uint8), 1).tolist()
        [[50]]
    """
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"interpolation must be one of {list(INTERPOLATIONS)}. Received: {interpolation!r}")
    if interpolation == "auto":
        interpolation = "area" if size < min(image.shape[:2]) else "cubic"
    resized = cv2.resize(image, (size, size), interpolation=_FLAGS[interpolation])
    return np.asarray(resized.reshape(size, size, *image.shape[2:]))  # OpenCV drops a single channel


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
