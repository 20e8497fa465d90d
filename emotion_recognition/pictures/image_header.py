"""How large a picture is, read from the first bytes of its file, before anything is decoded.

A small file may unpack to gigabytes; OpenCV cannot tell a picture's size without decoding it. The bytes of a file go
in; :mod:`emotion_recognition.pictures.image_file` decodes them next.
"""

import re
import struct
from collections.abc import Callable

from emotion_recognition.pictures.file_parts import JPEG_BARE, PNG_SIGNATURE, next_jpeg_marker, wrong_png_chunk
from emotion_recognition.pictures.tiff_directory import SIGNATURES as TIFF_SIGNATURES
from emotion_recognition.pictures.tiff_directory import read_directory

#: A larger picture takes more than 300 MB when decoded, and no camera for sale to everyone makes one.
MAX_PIXELS = 100_000_000

#: What is read, for messages.
KINDS = "JPEG, PNG, WebP, TIFF, BMP, GIF and PNM (PBM, PGM, PPM)"

#: How the names of such files end, where only the name is looked at; upper and lower case are the same.
PICTURE_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"),
    *(".pbm", ".pgm", ".ppm", ".pnm"),
    *(".jfif", ".jif", ".mpo", ".apng", ".heic", ".heif", ".hif", ".avif"),
)

#: The same of photographs that are not read: who has them in a folder is told so.
OTHER_PHOTOGRAPH_SUFFIXES = (
    *(".jp2", ".j2k", ".jxl", ".tga", ".ico"),
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"),
)

#: JPEG's start-of-frame markers; C4, C8 and CC between them mean something else.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

#: PBM, PGM and PPM as text, and the same as bytes.
_PNM_SIGNATURES = tuple(f"P{number}".encode() for number in range(1, 7))
_PNM_GAPS = (b" ", b"\t", b"\n", b"\r", b"#")
_PNM_NUMBERS = re.compile(rb"(?:\s|#[^\r\n]*[\r\n])+(\d{1,9})(?:\s|#[^\r\n]*[\r\n])+(\d{1,9})\s")


#: After them, the number of white.
_PNM_WHITE = re.compile(_PNM_NUMBERS.pattern[:-2] + rb"(?:\s|#[^\r\n]*[\r\n])+(\d{1,5})\s")

#: TIFF's tags by which RAW files are known: the first image is a smaller version of another; it is a DNG.
_SUBFILE_TYPE, _DNG_VERSION = 254, 50706


class UnknownPictureError(ValueError):
    """The bytes do not start as a picture of any kind that is read here."""


class LargePictureError(ValueError):
    """A picture has more pixels than are wanted.

    Args:
        name: What the message calls it.
        size: Its width and height in pixels.
        most: How many pixels it may have.
    """

    def __init__(self, name: str, size: tuple[int, int], most: int) -> None:
        super().__init__(f"{name} is larger than {most / 10**6:g} megapixels. Received: {size[0]}×{size[1]} pixels")
        self.size = size


class RawPictureError(ValueError):
    """The bytes are a camera's RAW file: what could be read of it is only a preview."""


def picture_size(encoded: bytes) -> tuple[int, int]:
    """Width and height in pixels that a picture's header states, before EXIF turns it.

    A PNG's checksums are verified on the way, because libpng would complain on standard error. A wrong one of a part
    that decoders can do without does not matter, nor do bytes between a JPEG's segments.

    Args:
        encoded: The bytes of the file.

    Raises:
        UnknownPictureError: If they are no picture of :data:`KINDS`.
        RawPictureError: If they are a camera's RAW file in the form of TIFF.
        ValueError: If the header is truncated or damaged; the message says how.

    Example:
        >>> picture_size(b"GIF89a" + bytes([64, 1, 200, 0]))
        (320, 200)
    """
    for signature, read_size in _READERS.items():
        if _starts(encoded, signature):
            try:
                width, height = read_size(encoded)
            except (struct.error, IndexError, KeyError, OverflowError) as error:
                raise ValueError("it ends or breaks off in its header") from error
            if width < 1 or height < 1:
                raise ValueError(f"its header says {width}×{height} pixels")
            return width, height
    raise UnknownPictureError(f"it does not start as {KINDS} files do")


def white_of_pnm(encoded: bytes) -> int | None:
    """The number that is white in a PGM or PPM file of bytes, of which OpenCV takes 255 for white.

    Args:
        encoded: The bytes of a picture file.

    Returns:
        1..255; None for files of another kind, of text or of more than 8 bits.

    Example:
        >>> white_of_pnm(b"P5 4 3 15 "), white_of_pnm(b"P2 4 3 15 ")
        (15, None)
    """
    if not any(_starts(encoded, signature) for signature in (b"P5", b"P6")):
        return None
    found = _PNM_WHITE.match(encoded, 2)
    white = 0 if found is None else int(found[3])
    return white if 1 <= white <= 255 else None


def _starts(encoded: bytes, signature: bytes) -> bool:
    """Whether a file is of the kind with that signature, which for two kinds says too little alone."""
    if signature == b"RIFF":
        return encoded.startswith(signature) and encoded[8:12] == b"WEBP"
    if signature in _PNM_SIGNATURES:
        return encoded.startswith(signature) and encoded[2:3] in _PNM_GAPS
    return encoded.startswith(signature)


def _png(encoded: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", encoded, 16)
    wrong = wrong_png_chunk(encoded)
    if wrong is not None:
        raise ValueError(f"the checksum of its part {wrong!r} is wrong")
    return width, height


def _jpeg(encoded: bytes) -> tuple[int, int]:
    place = 2
    while True:
        place = next_jpeg_marker(encoded, place)
        marker = encoded[place]
        place += 1
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", encoded, place + 3)
            return width, height
        if marker in (0xD9, 0xDA):
            raise ValueError("its pixels start before its size is given")
        if marker not in JPEG_BARE:
            place += struct.unpack_from(">H", encoded, place)[0]


def _webp(encoded: bytes) -> tuple[int, int]:
    kind = encoded[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", encoded, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", encoded, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        canvas = struct.unpack_from("<6B", encoded, 24)
        return int.from_bytes(canvas[:3], "little") + 1, int.from_bytes(canvas[3:], "little") + 1
    raise ValueError(f"its first part is {kind!r}")


def _gif(encoded: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", encoded, 6)
    return width, height


def _bmp(encoded: bytes) -> tuple[int, int]:
    (header_size,) = struct.unpack_from("<I", encoded, 14)
    width, height = struct.unpack_from("<HH" if header_size == 12 else "<ii", encoded, 18)
    return width, abs(height)  # a negative height means that the top row comes first


def _pnm(encoded: bytes) -> tuple[int, int]:
    # Two numbers between spaces, tabs and line breaks; a comment goes from # to the end of its line.
    numbers = _PNM_NUMBERS.match(encoded, 2)
    if numbers is None:
        raise ValueError("its width and height are not where they must be")
    return int(numbers[1]), int(numbers[2])


def _tiff(encoded: bytes) -> tuple[int, int]:
    entries = read_directory(encoded)
    subfile = entries[_SUBFILE_TYPE].number(encoded) if _SUBFILE_TYPE in entries else None
    if _DNG_VERSION in entries or (subfile or 0) & 1:
        raise RawPictureError("its first image is a preview")
    width, height = entries[256].number(encoded), entries[257].number(encoded)
    if width is None or height is None:
        raise ValueError("its size is not given as numbers")
    return width, height


_READERS: dict[bytes, Callable[[bytes], tuple[int, int]]] = {
    b"\xff\xd8\xff": _jpeg,
    PNG_SIGNATURE: _png,
    b"RIFF": _webp,
    b"GIF8": _gif,
    b"BM": _bmp,
    **dict.fromkeys(TIFF_SIGNATURES, _tiff),
    **dict.fromkeys(_PNM_SIGNATURES, _pnm),
}
