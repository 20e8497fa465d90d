"""How a picture must be turned to stand upright, read from its file: one reader for every format.

OpenCV has a reader of its own for each format, some of which miss what phones and programs write. The bytes of a file
go in, a number of EXIF's comes out; :func:`turned` turns the decoded picture by it.
"""

import binascii
import re
import struct
import zlib
from collections.abc import Iterator

import cv2
import numpy as np

from emotion_recognition.pictures.file_parts import jpeg_segments, png_chunks, webp_chunks
from emotion_recognition.pictures.tiff_directory import SIGNATURES, Entry, read_directory

_ORIENTATION, _XMP = 274, 700
_EXIF_PREFIX = b"Exif\0\0"
_XMP_PREFIX = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)\s*([0-9])")

#: PNG's text that holds EXIF, as ImageMagick and others write it.
_RAW_PROFILES = (b"Raw profile type exif", b"Raw profile type APP1")

#: More text than that is no orientation but an attempt to fill the memory.
_LONGEST_TEXT = 1 << 20


def orientation_of(encoded: bytes) -> int:
    """The orientation that a picture file states: in EXIF, or where that says nothing in XMP.

    Args:
        encoded: The bytes of a JPEG, PNG, WebP or TIFF file; others state none.

    Returns:
        1..8 as in EXIF 2.3; 1, upright as it is, where none is stated or what is stated makes no sense.

    Example:
        >>> orientation_of(b"GIF89a")
        1
    """
    try:
        exif, xmp = _metadata(encoded)
        stated = None if exif is None else _stated(exif)
        if stated is None and xmp is not None:
            match = _XMP_ORIENTATION.search(xmp)
            stated = None if match is None else int(match[1])
    except (struct.error, OverflowError, IndexError, ValueError, zlib.error):
        return 1
    return stated if stated is not None and 1 <= stated <= 8 else 1


def without_orientation(encoded: bytes) -> bytes:
    """A TIFF file that says it is upright, because OpenCV turns this format whatever it is told; others as they are."""
    if not encoded.startswith(SIGNATURES):
        return encoded
    entry = _entry(encoded)
    return encoded if entry is None or entry.number(encoded) is None else entry.replaced(encoded, 1)


def turned(image: np.ndarray, orientation: int) -> np.ndarray:
    """Turns a picture upright.

    Args:
        image: uint8 array (height, width) or (height, width, channels).
        orientation: 1..8, see :func:`orientation_of`.

    Returns:
        The picture, with height and width exchanged from 5 on.

    Example:
        >>> turned(np.array([[1, 2, 3]], np.uint8), 6).tolist()  # its left becomes its top
        [[1], [2], [3]]
    """
    if orientation in (5, 6, 7, 8):
        image = np.asarray(cv2.transpose(image))
    # Transposed, a picture is turned by what remains: nothing, left to right, both, top to bottom.
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    return image if flip is None else np.asarray(cv2.flip(image, flip))


def _stated(exif: bytes) -> int | None:
    entry = _entry(exif)
    return None if entry is None else entry.number(exif)


def _entry(block: bytes) -> Entry | None:
    if not block.startswith(SIGNATURES):
        return None
    try:
        return read_directory(block).get(_ORIENTATION)
    except (struct.error, OverflowError):
        return None


def _metadata(encoded: bytes) -> tuple[bytes | None, bytes | None]:
    """EXIF as a TIFF block, and XMP."""
    exif: bytes | None = None
    xmp: bytes | None = None
    if encoded.startswith(SIGNATURES):
        entry = read_directory(encoded).get(_XMP)
        return encoded, None if entry is None else entry.content(encoded)
    if encoded.startswith(b"\xff\xd8\xff"):
        for marker, content in jpeg_segments(encoded):
            if marker == 0xE1 and content.startswith(_EXIF_PREFIX) and exif is None:
                exif = content[len(_EXIF_PREFIX) :]
            elif marker == 0xE1 and content.startswith(_XMP_PREFIX) and xmp is None:
                xmp = content[len(_XMP_PREFIX) :]
    elif encoded.startswith(b"RIFF"):
        for kind, content in webp_chunks(encoded):
            if kind == b"EXIF" and exif is None:
                exif = content.removeprefix(_EXIF_PREFIX)
            elif kind == b"XMP " and xmp is None:
                xmp = content
    elif encoded.startswith(b"\x89PNG"):
        texts = dict(_png_texts(encoded))
        exif, xmp = texts.get(b"eXIf"), texts.get(b"XML:com.adobe.xmp")
        for name in _RAW_PROFILES:
            if exif is None and name in texts:
                exif = _raw_profile(texts[name])
    return exif, xmp


def _png_texts(encoded: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keyword and text of each text of a PNG file, and its EXIF."""
    for kind, content in png_chunks(encoded):
        if kind == b"eXIf":
            yield kind, content.removeprefix(_EXIF_PREFIX)
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, _, text = content.partition(b"\0")
            if kind == b"zTXt":
                text = _inflated(text[1:])
            elif kind == b"iTXt":
                packed, rest = text[:1] == b"\1", text[2:]
                text = rest.split(b"\0", 2)[2]  # after the language and the translated keyword
                text = _inflated(text) if packed else text
            yield keyword, text


def _inflated(packed: bytes) -> bytes:
    return zlib.decompressobj().decompress(packed, _LONGEST_TEXT)


def _raw_profile(text: bytes) -> bytes | None:
    """EXIF in hexadecimal digits, after lines with its name and its length."""
    digits = b"".join(text.split()[2:])
    try:
        return binascii.unhexlify(digits).removeprefix(_EXIF_PREFIX)
    except binascii.Error:
        return None
