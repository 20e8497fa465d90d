"""The image as the detection package passes it round: uint8 (height, width, 3), 0..255, blue first."""

import cv2
import numpy as np


def check_bgr(image: np.ndarray) -> None:
    """Refuses everything but an image that the detection package takes.

    Args:
        image: Should be a BGR uint8 array (height, width, 3) with at least one pixel.

    Raises:
        ValueError: If it is not.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(
            f"image must be a BGR uint8 array (height, width, 3), not empty. Received: {image.dtype} {image.shape}"
        )


def grey(image: np.ndarray) -> np.ndarray:
    """Returns the luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, as FER2013's own pixels were made.

    Args:
        image: BGR uint8 array (height, width, 3).

    Returns:
        uint8 array (height, width), 0..255.
    """
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
