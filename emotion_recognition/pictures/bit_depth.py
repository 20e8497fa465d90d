"""Pictures of 16 bits to the 8 that everything else works with, also those whose camera fills only some of the 16.

What OpenCV decoded goes in, uint8 comes out. Scientific cameras, scanners and X-ray devices store 10, 12 or 14 bits in
16; the upper byte alone would make such a picture nearly black.
"""

import logging

import cv2
import numpy as np

#: How many bits of 16 a camera may fill; a picture belongs to the fewest that hold its brightest pixel.
_DEPTHS = (8, 10, 12, 14)

#: Depths that this process has warned of.
_said: set[int] = set()


def eight_bits(image: np.ndarray, name: str) -> np.ndarray:
    """Keeps the upper byte of a picture's brightness.

    Where all pixels fit into 8, 10, 12 or 14 bits, that is taken for the camera's range and stretched to the whole; a
    warning in the log says so, once for each depth.

    Args:
        image: uint16 array of any shape.
        name: What the warning calls the picture.

    Returns:
        uint8 array of the same shape, 0..255.

    Example:
        >>> eight_bits(np.array([0, 255, 256, 65535], np.uint16), "a.png").tolist()
        [0, 0, 1, 255]
    """
    brightest = int(image.max(initial=0))
    depth = next((bits for bits in _DEPTHS if brightest < 1 << bits), 16)
    if depth == 16 or brightest == 0:
        return (image >> 8).astype(np.uint8)
    _say(depth, name)
    # OpenCV needs no memory but the result's: in NumPy, 100 megapixels would take gigabytes on the way.
    stretched = cv2.convertScaleAbs(image, alpha=255 / ((1 << depth) - 1))
    return np.asarray(stretched).reshape(image.shape)


def _say(depth: int, name: str) -> None:
    if depth not in _said:
        _said.add(depth)
        logging.getLogger("emotion_recognition").warning(
            "note: %s fills only %d of its 16 bits; it is stretched to full brightness, and so are others like it",
            name,
            depth,
        )
