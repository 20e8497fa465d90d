"""HEIC and AVIF, the pictures of phones: read by the packages pillow-heif and Pillow, an optional extra.

The bytes of a file go in, a picture as :mod:`emotion_recognition.pictures.image_file` gives it comes out. The packages
are imported on first use.
"""

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from emotion_recognition.pictures.image_header import LargePictureError

if TYPE_CHECKING:
    from PIL.Image import Image

#: How to get what reading takes.
HOW_TO_GET = "pip install -r requirements-heic.txt"


def decode_heif(encoded: bytes, name: str, kind: str, max_pixels: int) -> np.ndarray:
    """Decodes the main image of a HEIC or AVIF file, upright.

    Args:
        encoded: The bytes of the file.
        name: What the errors call it.
        kind: "HEIC" or "AVIF".
        max_pixels: A larger picture is refused before it is decoded.

    Returns:
        BGR uint8 array (height, width, 3), 0..255.

    Raises:
        LargePictureError: If it has more pixels than that.
        ValueError: If the packages are not installed, or the file is damaged.
    """
    try:
        from PIL import ImageOps
    except ImportError as error:
        raise _missing(name, kind) from error
    with warnings.catch_warnings():
        # Pillow warns of fewer pixels than are allowed here.
        warnings.simplefilter("ignore")
        image = _open(encoded, name, kind)
        if image.width * image.height > max_pixels:
            raise LargePictureError(name, image.size, max_pixels)
        try:
            # The file's own turn is done while it is decoded, or is passed on as an orientation of EXIF; never both.
            rgb = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        except Exception as error:
            raise ValueError(f"{name} is truncated or damaged: {' '.join(str(error).split())}") from error
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _open(encoded: bytes, name: str, kind: str) -> "Image":
    opener: Any
    try:
        if kind == "HEIC":
            import pillow_heif

            opener = pillow_heif.HeifImageFile
        else:
            from PIL import AvifImagePlugin, features

            if not features.check("avif"):
                raise ImportError("this Pillow reads no AVIF")
            opener = AvifImagePlugin.AvifImageFile
    except ImportError as error:
        raise _missing(name, kind) from error
    try:
        image: Image = opener(io.BytesIO(encoded))
    except Exception as error:
        raise ValueError(f"{name} is truncated or damaged: {' '.join(str(error).split())}") from error
    return image


def _missing(name: str, kind: str) -> ValueError:
    return ValueError(f"{name} is a {kind} file, which takes further packages to read: {HOW_TO_GET}")
