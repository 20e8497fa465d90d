"""How many images a picture file holds: of several, frames or pages, only the first is looked at, which should be said.

The bytes of a file that could be decoded go in.
"""

import struct
from collections.abc import Iterator

from emotion_recognition.pictures.file_parts import webp_chunks
from emotion_recognition.pictures.tiff_directory import SIGNATURES, count_pages


def count_images(encoded: bytes) -> int:
    """The number of images of an animated GIF, WebP or PNG file and of pages of a TIFF file, 1 of everything else.

    Args:
        encoded: The bytes of the file; where it breaks off, what was counted until then is the number.

    Example:
        >>> count_images(b"GIF89a")
        1
    """
    try:
        if encoded.startswith(b"GIF8"):
            return max(1, sum(1 for _ in _gif_images(encoded)))
        if encoded.startswith(b"RIFF") and encoded[8:12] == b"WEBP":
            return max(1, sum(kind == b"ANMF" for kind, _ in webp_chunks(encoded)))
        if encoded.startswith(b"\x89PNG"):
            return _png_images(encoded)
        if encoded.startswith(SIGNATURES):
            return count_pages(encoded)
    except (struct.error, IndexError, OverflowError):
        pass
    return 1


def _gif_images(encoded: bytes) -> Iterator[int]:
    """The place of each image descriptor."""
    place = 13 + _colours(encoded[10])
    while place < len(encoded):
        kind = encoded[place]
        if kind == 0x2C:
            yield place
            place += 10 + _colours(encoded[place + 9]) + 1
        elif kind == 0x21:
            place += 2
        else:
            return
        while place < len(encoded) and encoded[place]:
            place += 1 + encoded[place]
        place += 1


def _colours(flags: int) -> int:
    """The size in bytes of a GIF's colour table."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _png_images(encoded: bytes) -> int:
    place, kind = 8, b""
    while kind != b"IDAT":  # the count must come before the pixels
        (length,) = struct.unpack_from(">I", encoded, place)
        kind = encoded[place + 4 : place + 8]
        if kind == b"acTL":
            return max(1, int(struct.unpack_from(">I", encoded, place + 8)[0]))
        place += 12 + length
    return 1
