"""A picture as the network takes it: resized, and filled up with grey to whole cells of its coarsest feature map."""

import cv2
import numpy as np

#: What fills the rest; the same as in training.
GREY = 128.0


class Letterbox:
    """Puts pictures into the network's input, one after another; the memory is kept for the next of the same shape.

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
        halved, factor = _halve(image, self._size)
        height, width = halved.shape[:2]
        scale = self._size / max(height, width)
        small_height, small_width = max(1, round(height * scale)), max(1, round(width * scale))
        # Between half and full size linear interpolation leaves out no pixel, in a tenth of the time of the means.
        interpolation = cv2.INTER_LINEAR if scale > 0.5 else cv2.INTER_AREA
        small = cv2.resize(halved, (small_width, small_height), interpolation=interpolation)
        padded = (1, _up_to(small_height, self._multiple), _up_to(small_width, self._multiple), 3)
        if self._pixels.shape != padded:
            self._pixels = np.empty(padded, np.float32)
        pixels = self._pixels[0]
        pixels[:small_height, :small_width] = small
        pixels[small_height:] = GREY
        pixels[:small_height, small_width:] = GREY
        # Not 1 / scale: what rounds to a whole pixel makes a difference where one side has few.
        return self._pixels, factor * np.array([width / small_width, height / small_height])


def _halve(image: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    """Takes means of 2×2 pixels, which OpenCV does fastest, until the next time would lead below ``size`` pixels.

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
