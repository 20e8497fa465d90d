"""Boxes that were drawn on a picture as it is stored, turned as EXIF's orientation turns the picture upright.

Many programs for drawing boxes show pictures as they are stored, and state that size. Stage before: readers of
annotations; next: crops of the upright picture.
"""

from collections.abc import Callable

import cv2
import numpy as np

from emotion_recognition.pictures.faces import Box
from emotion_recognition.pictures.quiet_opencv import silent_opencv

#: What is in every JPEG, WebP, PNG or TIFF file that says how the camera was held.
_MARKS = (b"Exif\0\0", b"EXIF", b"eXIf", b"exif", b"tiff:Orientation", b"II*\0", b"MM\0*")

#: From a picture as it is stored to the upright one, by EXIF's orientation.
_TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda image: image,
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: image[::-1].swapaxes(0, 1),
    7: lambda image: image[::-1, ::-1].swapaxes(0, 1),
    8: lambda image: image[:, ::-1].swapaxes(0, 1),
}


def orientation_of(encoded: bytes, upright: np.ndarray) -> int:
    """How a picture was turned when it was read: told from its pixels, so that it is what the reader did.

    Args:
        encoded: The bytes of its file.
        upright: BGR uint8 array (height, width, 3), as it was read from them.

    Returns:
        EXIF's orientation, 1..8; 1 where the picture was not turned, or it looks the same either way.
    """
    if not any(mark in encoded for mark in _MARKS):
        return 1
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        with silent_opencv():
            stored = cv2.imdecode(np.frombuffer(encoded, np.uint8), flags)
    except cv2.error:
        stored = None
    if stored is None:
        return 1
    return next((number for number, turn in _TURNS.items() if np.array_equal(turn(np.asarray(stored)), upright)), 1)


def turned_box(box: Box, size: tuple[int, int], orientation: int) -> Box:
    """A box of a picture as it is stored, in the upright picture.

    Args:
        box: (x, y, width, height) in pixels of the stored picture.
        size: Width and height of the stored picture in pixels.
        orientation: EXIF's, 1..8.

    Example:
        >>> turned_box((10, 20, 30, 40), (100, 200), 6)  # turned clockwise: what was below is left
        (140, 10, 40, 30)
    """
    x, y, width, height = box
    from_right, from_below = size[0] - x - width, size[1] - y - height
    if orientation in (2, 3, 7, 8):
        x = from_right
    if orientation in (3, 4, 6, 7):
        y = from_below
    return (x, y, width, height) if orientation < 5 else (y, x, height, width)
