"""A picture as a detector's network takes it: resized to a longest side, and grey where nothing is left of it.

Training and detection use the same, so that a network sees in use what it learned from.
"""

import cv2
import numpy as np

#: What fills the rest: the middle of the range, which the network's first layer takes to about 0.
GREY = 128


def fit(image: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Resizes a picture so that its longest side has that many pixels.

    A large one is halved first by taking means of 2×2 pixels, which OpenCV does fastest; what remains is linear, which
    between half and full size leaves out no pixel and takes a tenth of the time of the mean over the covered area.

    Args:
        image: BGR uint8 array (height, width, 3), 0..255.
        size: The longest side of the result in pixels.

    Returns:
        uint8 array (h, w, 3); and float64 array (2,): the factors that lead from its x and y to the picture's.

    Example:
        >>> small, back = fit(np.zeros((50, 100, 3), np.uint8), 64)
        >>> small.shape, back.tolist()
        ((32, 64, 3), [1.5625, 1.5625])
    """
    halved, factor = _halve(image, size)
    height, width = halved.shape[:2]
    scale = size / max(height, width)
    small_height, small_width = max(1, round(height * scale)), max(1, round(width * scale))
    # Below half size only where a side has a single pixel and cannot be halved.
    interpolation = cv2.INTER_LINEAR if scale > 0.5 else cv2.INTER_AREA
    small = np.asarray(cv2.resize(halved, (small_width, small_height), interpolation=interpolation))
    # Not 1 / scale: what rounds to a whole pixel makes a difference where one side has few.
    return small, factor * np.array([width / small_width, height / small_height])


def letterbox(image: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Puts a picture at the top left of a grey square.

    Args:
        image: BGR uint8 array (height, width, 3), 0..255.
        size: Height and width of the square in pixels; the picture's longest side is resized to it.

    Returns:
        uint8 array (size, size, 3); and float64 array (2,): the factors that lead from the square's x and y to the
        picture's.

    Example:
        >>> square, back = letterbox(np.zeros((50, 100, 3), np.uint8), 64)
        >>> square.shape, int(square[31].max()), int(square[32].min())
        ((64, 64, 3), 0, 128)
    """
    small, back = fit(image, size)
    square = np.full((size, size, 3), GREY, np.uint8)
    square[: small.shape[0], : small.shape[1]] = small
    return square, back


class Letterbox:
    """Puts pictures into a network's input, one after another; the memory is kept for the next of the same shape.

    Unlike :func:`letterbox` it adds no more grey than the network needs.

    Args:
        size: The longest side of the resized picture in pixels.
        multiple: Height and width of the input are multiples of this many pixels.

    Example:
        >>> pixels, back = Letterbox(128, 64)(np.zeros((50, 100, 3), np.uint8))
        >>> pixels.shape, back.tolist()
        ((1, 64, 128, 3), [0.78125, 0.78125])
    """

    def __init__(self, size: int, multiple: int) -> None:
        self._size, self._multiple = size, multiple
        self._pixels = np.empty((1, 0, 0, 3), np.float32)

    def __call__(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Puts a picture at the top left of the input; pictures smaller than ``size`` are enlarged.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.

        Returns:
            float32 array (1, H, W, 3), 0..255, valid until the next call; and float64 array (2,): the factors that
            lead from the input's x and y to the picture's.
        """
        small, back = fit(image, self._size)
        height, width = small.shape[:2]
        padded = (1, _up_to(height, self._multiple), _up_to(width, self._multiple), 3)
        if self._pixels.shape != padded:
            self._pixels = np.empty(padded, np.float32)
        pixels = self._pixels[0]
        pixels[:height, :width] = small
        pixels[height:] = GREY
        pixels[:height, width:] = GREY
        return self._pixels, back


def _halve(image: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    """Takes means of 2×2 pixels until the next time would lead below ``size`` pixels.

    The last row or column of an odd number is left out. Returns the picture and the factor that leads back.
    """
    factor = 1
    while max(image.shape[:2]) >= 2 * size and min(image.shape[:2]) > 1:
        height, width = image.shape[0] // 2, image.shape[1] // 2
        image = np.asarray(cv2.resize(image[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA))
        factor *= 2
    return image, factor


def _up_to(side: int, multiple: int) -> int:
    return -(-side // multiple) * multiple
