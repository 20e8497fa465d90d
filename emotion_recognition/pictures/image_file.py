"""Pictures on disk: a file becomes an upright BGR image, an annotated image becomes a file.

OpenCV decodes and encodes, from and to bytes, so that any path works. It spreads grey over three channels, drops alpha
and converts CMYK; :mod:`emotion_recognition.pictures.bit_depth` makes 8 bits of 16. Which way is up is read in one way
for every format, by :mod:`emotion_recognition.pictures.orientation`. The picture's size is read from its header first,
so that a small file which unpacks to gigabytes is refused before it does.
"""

from pathlib import Path

import cv2
import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.pictures.bgr_image import check_bgr
from emotion_recognition.pictures.bit_depth import eight_bits
from emotion_recognition.pictures.file_parts import without_noise
from emotion_recognition.pictures.heif import decode_heif
from emotion_recognition.pictures.image_header import (
    KINDS,
    MAX_PIXELS,
    LargePictureError,
    RawPictureError,
    UnknownPictureError,
    picture_size,
    white_of_pnm,
)
from emotion_recognition.pictures.orientation import orientation_of, turned, without_orientation
from emotion_recognition.pictures.picture_kind import heif_kind
from emotion_recognition.pictures.quiet_opencv import silent_opencv

#: A larger file is no picture of so many pixels: with four channels of 16 bits they take 800 MB, uncompressed.
MAX_BYTES = 2**30

#: OpenCV's own default for JPEG, stated because pixel values depend on it.
JPEG_QUALITY = 95

_AS_STORED = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION

#: What OpenCV writes from grey images alone.
_WITHOUT_COLOUR = (".pbm", ".pgm")


def read_image(path: Path | str) -> np.ndarray:
    """Reads a picture, upright.

    Args:
        path: A JPEG, PNG, WebP, TIFF, BMP, GIF, PBM, PGM or PPM file; with the extra ``heic`` also HEIC and AVIF.

    Returns:
        BGR uint8 array (height, width, 3), 0..255; the first image of an animation.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no picture, truncated, damaged or larger than :data:`MAX_PIXELS`.
        OSError: If it cannot be read.
    """
    return decode_image(read_encoded(Path(path)), str(path))


def read_encoded(path: Path) -> bytes:
    """Reads the bytes of a picture file, for :func:`decode_image`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is a folder, a pipe, a device or larger than :data:`MAX_BYTES`.
        OSError: If it cannot be read.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no picture {path}.")
    if not path.is_file():
        raise ValueError(f"{path} is not a file; give the path of one picture.")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{path} is larger than {MAX_BYTES // 2**20:,} MiB. Received: {size:,} bytes")
    return path.read_bytes()


def decode_image(encoded: bytes, name: str = "the picture", max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Decodes the bytes of a picture file, upright.

    Args:
        encoded: The bytes of a file that :func:`read_image` takes.
        name: What the errors call it.
        max_pixels: A larger picture is refused before it is decoded.

    Returns:
        BGR uint8 array (height, width, 3), 0..255; the first image of an animation.

    Raises:
        LargePictureError: If it has more pixels than that.
        ValueError: If it is no picture, truncated or damaged.
    """
    kind = heif_kind(encoded)
    if kind is not None:
        return decode_heif(encoded, name, kind, max_pixels)
    _check_header(encoded, name, max_pixels)
    try:
        with silent_opencv():
            pixels = np.frombuffer(without_noise(without_orientation(encoded)), np.uint8)
            image = cv2.imdecode(pixels, _AS_STORED | cv2.IMREAD_ANYDEPTH)
            if image is not None and image.dtype not in (np.uint8, np.uint16):
                image = cv2.imdecode(pixels, _AS_STORED)
    except cv2.error as error:
        raise ValueError(f"{name} cannot be decoded: {error.err}") from error
    if image is None:
        raise ValueError(f"{name} cannot be decoded; it is truncated, damaged or of a kind that OpenCV does not read.")
    if image.dtype == np.uint16:
        image = eight_bits(image, name)
    white = white_of_pnm(encoded)
    if white is not None and white < 255:
        image = cv2.convertScaleAbs(image, alpha=255 / white)
    return turned(np.asarray(image), orientation_of(encoded))


def can_write(suffix: str) -> bool:
    """Whether :func:`write_image` writes pictures in the format of a file name's suffix.

    Example:
        >>> can_write(".png"), can_write(".pgm"), can_write("")  # a PGM file has no colour
        (True, False, False)
    """
    if not suffix or suffix.lower() in _WITHOUT_COLOUR:
        return False
    try:
        with silent_opencv():
            return bool(cv2.haveImageWriter(f"image{suffix}"))
    except cv2.error:  # as for OpenEXR, which builds have switched off
        return False


def check_output(path: Path, *, input_path: Path | None) -> None:
    """Refuses, before any work is done, a path that :func:`write_image` should not or cannot write.

    Args:
        path: The path.
        input_path: The picture's own; None of one that is in no file.

    Raises:
        ValueError: If it is the input, a folder, or has a suffix that OpenCV cannot write.
    """
    if input_path is not None and (
        path.resolve() == input_path.resolve() or (path.exists() and input_path.exists() and path.samefile(input_path))
    ):
        raise ValueError(f"The output must not replace the input. Received: {path} for both")
    if path.is_dir():
        raise ValueError(f"The output must be a file, but {path} is a folder.")
    if not can_write(path.suffix):
        raise ValueError(
            f"The output's name must end in a suffix that OpenCV can write, such as .jpg or .png. Received: {path}"
        )


def write_image(path: Path | str, image: np.ndarray) -> None:
    """Writes a picture in the format of the path's suffix, complete or not at all.

    Args:
        path: The file to write or replace.
        image: BGR uint8 array (height, width, 3), 0..255.

    Raises:
        ValueError: If OpenCV cannot write such a picture in that format.
        OSError: If the file cannot be written.
    """
    check_bgr(image)
    path = Path(path)
    try:
        with silent_opencv():
            encoded_well, encoded = cv2.imencode(path.suffix, image, _options(path.suffix))
    except cv2.error as error:
        raise ValueError(f"{path} cannot be written: OpenCV says {error.err}") from error
    if not encoded_well:
        height, width = image.shape[:2]
        raise ValueError(f"{path} cannot be written: OpenCV makes no {path.suffix} file of {width}×{height} pixels.")
    try:
        with replace_when_complete(path) as partial:
            partial.write_bytes(encoded.tobytes())
    except OSError as error:
        # The error itself names the temporary file.
        raise OSError(f"{path} cannot be written: {error.strerror or error}") from error


def _options(suffix: str) -> tuple[int, ...]:
    return (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY) if suffix.lower() in (".jpg", ".jpeg", ".jpe") else ()


def _check_header(encoded: bytes, name: str, max_pixels: int) -> None:
    try:
        width, height = picture_size(encoded)
    except UnknownPictureError as error:
        raise ValueError(f"{name} is not a picture; {KINDS} files are read.") from error
    except RawPictureError as error:
        raise ValueError(
            f"{name} is a camera's RAW file, of which only a preview could be read; convert it to JPEG first."
        ) from error
    except ValueError as error:
        raise ValueError(f"{name} is truncated or damaged: {error}.") from error
    if width * height > max_pixels:
        raise LargePictureError(name, (width, height), max_pixels)
