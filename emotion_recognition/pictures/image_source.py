"""Whatever a caller calls an image becomes the BGR image that the detection package passes round."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np

from emotion_recognition.pictures.bgr_image import check_bgr
from emotion_recognition.pictures.image_file import decode_image, read_image

#: A picture as an array, as the path of a file, or as that file's bytes.
ImageSource = np.ndarray | Path | str | bytes

#: Which colour comes first in an array: blue as in OpenCV, or red as in Pillow, imageio and Matplotlib.
ColourOrder = Literal["bgr", "rgb"]


def as_bgr(image: ImageSource, colour_order: ColourOrder = "bgr") -> np.ndarray:
    """Returns an image as BGR uint8 array (height, width, 3), upright where a file says how.

    Args:
        image: uint8 array (height, width, 3) or grey (height, width) or (height, width, 1), 0..255; or the path or the
            bytes of a picture file, whose orientation (EXIF) is applied.
        colour_order: That of an array with three channels; files say themselves what is red.

    Raises:
        FileNotFoundError: If there is no such file.
        OSError: If it cannot be read.
        ValueError: If the array is no such image, the file no picture, or the colour order unknown.

    Example:
        >>> as_bgr(np.array([[[255, 0, 0]]], np.uint8), "rgb").tolist()  # one red pixel
        [[[0, 0, 255]]]
    """
    if colour_order not in get_args(ColourOrder):
        raise ValueError(f"colour_order must be one of {list(get_args(ColourOrder))}. Received: {colour_order!r}")
    if isinstance(image, bytes):
        return decode_image(image, "The picture in memory")
    if isinstance(image, str | Path):
        return read_image(Path(image))
    if not isinstance(image, np.ndarray):
        raise ValueError(f"image must be an array, a path or bytes. Received: {type(image).__name__}")
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    if image.ndim == 2 and image.dtype == np.uint8 and image.size:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))
    check_bgr(image)
    return image if colour_order == "bgr" else np.ascontiguousarray(image[:, :, ::-1])


def check_several(images: object) -> None:
    """Refuses a single image where several are wanted; looked through one by one, it would be its rows or letters.

    Args:
        images: An iterable of images; an array of several has one axis more than an image.

    Raises:
        ValueError: If it is an array that is one image, a path, bytes, or nothing that can be looked through.
    """
    if isinstance(images, np.ndarray):
        is_one = images.ndim < 3 or (images.ndim == 3 and images.shape[2] in (1, 3, 4))
        received = f"an array {images.shape}"
    else:
        is_one = isinstance(images, str | Path | bytes) or not isinstance(images, Iterable)
        received = type(images).__name__
    if is_one:
        raise ValueError(f"images must be several, as in a list; detect takes one. Received: {received}")
