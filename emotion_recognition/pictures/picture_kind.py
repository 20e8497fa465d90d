"""Whether a file is a picture, by its first bytes: names say too little, phones call JPEG files .jfif and .mpo.

The files of a folder go in; those that are pictures are read by :mod:`emotion_recognition.pictures.image_file`.
"""

import os
import struct
from pathlib import Path

from emotion_recognition.pictures.image_header import (
    OTHER_PHOTOGRAPH_SUFFIXES,
    PICTURE_SUFFIXES,
    UnknownPictureError,
    picture_size,
)

#: The brands of an ISO base media file that stand for a still picture, ISO/IEC 23008-12 and AVIF's own.
_HEIC_BRANDS = frozenset((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"))
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_ANY_BRANDS = frozenset((b"mif1", b"msf1"))

_NAMED = frozenset((*PICTURE_SUFFIXES, *OTHER_PHOTOGRAPH_SUFFIXES))

#: Enough to know every kind.
_HEAD = 4096

#: The sizes that a bitmap's second header may have: "BM" alone begins many a text.
_BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)


def heif_kind(encoded: bytes) -> str | None:
    """Tells files that :mod:`emotion_recognition.pictures.heif` reads from others: "HEIC" or "AVIF", or None.

    Example:
        >>> heif_kind(bytes([0, 0, 0, 24]) + b"ftypmif1" + bytes(4) + b"mif1heic")
        'HEIC'
    """
    if encoded[4:8] != b"ftyp":
        return None
    (size,) = struct.unpack_from(">I", encoded)
    brands = {encoded[8:12], *(encoded[place : place + 4] for place in range(16, min(size, 256), 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIC" if brands & _HEIC_BRANDS or encoded[8:12] in _ANY_BRANDS else None


def is_picture_file(path: Path | os.DirEntry[str]) -> bool:
    """Whether a file should be read as a picture: its name or its content says so.

    A file that only its name calls a picture counts too, so that a damaged one is reported, and a photograph of another
    kind.

    Args:
        path: Any path, or an entry of a folder, which says what it is without another look; what is hidden, or no
            regular file, is no picture.
    """
    # A leading dot marks what the system hides, and what is still being written.
    if path.name.startswith(".") or not path.is_file():
        return False
    return Path(path.name).suffix.lower() in _NAMED or _starts_as_picture(Path(path))


def _starts_as_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") not in _BITMAP_HEADERS:
        return False
    try:
        picture_size(head)
    except UnknownPictureError:
        return heif_kind(head) is not None
    except ValueError:
        # Known by its signature; that its header goes on beyond the head says nothing of it. A PNM's signature is no
        # more than two letters, its header is always short.
        return not head.startswith(b"P")
    return True
