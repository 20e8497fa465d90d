"""The parts that JPEG, PNG and WebP files consist of, and the same files without what is only noise in them.

A file whose parts are damaged where it does not matter is read by every decoder, but some complain on standard error.
The bytes of a file go in; :mod:`emotion_recognition.pictures.orientation` reads parts,
:mod:`emotion_recognition.pictures.image_file` decodes what :func:`without_noise` leaves.
"""

import re
import struct
import zlib
from collections.abc import Iterator

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

#: JPEG's markers that no length follows.
JPEG_BARE = frozenset(range(0xD0, 0xD9)) | {0x01}

_MARKER = re.compile(rb"\xff[^\x00\xff]", re.DOTALL)
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9


def next_jpeg_marker(encoded: bytes, place: int) -> int:
    """Where the next marker of a JPEG's header is: bytes between two segments are passed over, as libjpeg does.

    Args:
        encoded: The bytes of the file.
        place: Where the segment before ends.

    Returns:
        The place of the marker's second byte, which says what it is.

    Raises:
        IndexError: If there is none.
    """
    match = _MARKER.search(encoded, place)
    if match is None:
        raise IndexError(f"no marker after byte {place}")
    return match.start() + 1


def jpeg_segments(encoded: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each segment of a JPEG's header, before the pixels.

    Raises:
        IndexError: If the header breaks off.
        struct.error: If the header breaks off.
    """
    place = 2
    while True:
        place = next_jpeg_marker(encoded, place)
        marker = encoded[place]
        place += 1
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return
        if marker not in JPEG_BARE:
            (length,) = struct.unpack_from(">H", encoded, place)
            yield marker, encoded[place + 2 : place + length]
            place += length


def png_chunks(encoded: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk of a PNG whose checksum is right; the others are passed over.

    Raises:
        struct.error: If the file breaks off.
    """
    for kind, start, end, is_right in _png_chunks(encoded):
        if is_right:
            yield kind, encoded[start + 8 : end - 4]


def webp_chunks(encoded: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk of a WebP, as far as the file goes."""
    place = 12
    while place + 8 <= len(encoded):
        (length,) = struct.unpack_from("<I", encoded, place + 4)
        yield encoded[place : place + 4], encoded[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def wrong_png_chunk(encoded: bytes) -> bytes | None:
    """The kind of the first chunk that a PNG cannot do without and whose checksum is wrong; None if there is none.

    Raises:
        struct.error: If the file breaks off.
    """
    wrong = (kind for kind, _, _, is_right in _png_chunks(encoded) if not is_right and not _may_be_missing(kind))
    return next(wrong, None)


def without_noise(encoded: bytes) -> bytes:
    """A JPEG without bytes between its segments, a PNG without damaged chunks that it can do without.

    Args:
        encoded: The bytes of a picture whose header is sound.

    Returns:
        The same bytes where there is nothing to leave out, or of any other format.
    """
    if encoded.startswith(b"\xff\xd8\xff"):
        return _clean_jpeg(encoded)
    if encoded.startswith(PNG_SIGNATURE):
        chunks = list(_png_chunks(encoded))
        if any(not is_right and _may_be_missing(kind) for kind, _, _, is_right in chunks):
            kept = (
                encoded[start:end] for kind, start, end, is_right in chunks if is_right or not _may_be_missing(kind)
            )
            return PNG_SIGNATURE + b"".join(kept)
    return encoded


def _may_be_missing(kind: bytes) -> bool:
    return bool(kind) and bool(kind[0] & 0x20)  # a small first letter


def _png_chunks(encoded: bytes) -> Iterator[tuple[bytes, int, int, bool]]:
    """Kind, start and end of each chunk, and whether its checksum is right."""
    place, kind = len(PNG_SIGNATURE), b""
    while kind != b"IEND":
        (length,) = struct.unpack_from(">I", encoded, place)
        kind = encoded[place + 4 : place + 8]
        end = place + 12 + length
        (checksum,) = struct.unpack_from(">I", encoded, end - 4)
        yield kind, place, end, zlib.crc32(encoded[place + 4 : end - 4]) == checksum
        place = end


def _clean_jpeg(encoded: bytes) -> bytes:
    kept, place, is_noisy = [encoded[:2]], 2, False
    try:
        while True:
            marker = next_jpeg_marker(encoded, place)
            # More than one FF before a marker is allowed.
            is_noisy = is_noisy or bool(encoded[place : marker - 1].strip(b"\xff"))
            if encoded[marker] in (_START_OF_SCAN, _END_OF_IMAGE):
                break
            end = marker + 1
            if encoded[marker] not in JPEG_BARE:
                end += struct.unpack_from(">H", encoded, end)[0]
            kept.append(encoded[marker - 1 : end])
            place = end
    except (IndexError, struct.error):
        return encoded
    return b"".join([*kept, encoded[marker - 1 :]]) if is_noisy else encoded
