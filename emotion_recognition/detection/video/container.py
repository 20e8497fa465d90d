"""What a video's container says of the file: whether it states the exact number of its frames, and whether it is whole.

A path goes in; :mod:`emotion_recognition.detection.video.reader` counts lost frames by the answers.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: Parts at the top of an MP4 or MOV file that are looked at; a file has a few, one of fragments some for each second.
_MOST_PARTS = 100_000

#: Bytes of a table of contents that is read; that of a day of video has fewer.
_MOST_BYTES = 1 << 27

#: One frame in so many decides how fast frames come where they come fastest.
_FASTEST_SHARE = 10


def container_of(path: Path) -> str:
    """The kind of a video's container, by its first bytes: "AVI", "MP4", which MOV is too, or "" for any other.

    AVI and MP4 hold the exact number of frames; others at most a length, and a rate that need not hold all along.

    Raises:
        OSError: If the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"AVI ":
        return "AVI"
    return "MP4" if head[4:8] == b"ftyp" else ""


def is_cut_short(path: Path) -> bool:
    """Whether an AVI, MP4 or MOV file ends before its container says that it does; False of other kinds.

    Raises:
        OSError: If the file cannot be read.
    """
    kind, size = container_of(path), path.stat().st_size
    with path.open("rb") as file:
        if kind == "AVI":
            return int.from_bytes(file.read(8)[4:], "little") + 8 > size
        return kind == "MP4" and any(end > size for end in _ends_of_boxes(file, size))


def fastest_rate(path: Path) -> float | None:
    """Frames a second where an MP4 or MOV file's frames come fastest: the tenth that follow each other soonest.

    Phones take frames unevenly; such a file's own rate is only the mean.

    Returns:
        The rate; None of another kind of file, or where its table of times is not there or damaged.

    Raises:
        OSError: If the file cannot be read.
    """
    if container_of(path) != "MP4":
        return None
    with path.open("rb") as file:
        movie = _box_in_file(file, path.stat().st_size, b"moov")
    for track in _boxes(movie, b"trak"):
        media = next(_boxes(track, b"mdia"), b"")
        if next(_boxes(media, b"hdlr"), b"")[8:12] == b"vide":
            try:
                return _fastest(media)
            except (struct.error, StopIteration):
                return None
    return None


def _fastest(media: bytes) -> float | None:
    """The rate of a track's box ``mdia``, by its clock and its table of times to samples."""
    header = next(_boxes(media, b"mdhd"))
    (clock,) = struct.unpack_from(">I", header, 20 if header[:1] == b"\1" else 12)
    table = next(_boxes(next(_boxes(next(_boxes(media, b"minf")), b"stbl")), b"stts"))
    (count,) = struct.unpack_from(">I", table, 4)
    entries = sorted(
        (delta, frames) for frames, delta in struct.iter_unpack(">II", table[8 : 8 + 8 * count]) if delta and frames
    )
    left = sum(frames for _, frames in entries) / _FASTEST_SHARE
    for delta, frames in entries:
        left -= frames
        if left <= 0:
            return clock / delta
    return None


def _box_in_file(file: BinaryIO, size: int, kind: bytes) -> bytes:
    """What a box at the top of the file holds; nothing where it is not there or too large for a table of times."""
    start = 0
    for end in _ends_of_boxes(file, size):
        file.seek(start)
        head = file.read(16)
        if head[4:8] == kind and end - start <= _MOST_BYTES:
            header = 16 if head[:4] == b"\0\0\0\1" else 8
            file.seek(start + header)
            return file.read(end - start - header)
        start = end
    return b""


def _boxes(within: bytes, kind: bytes) -> Iterator[bytes]:
    """What the boxes of a kind hold, of those that lie side by side in another."""
    place = 0
    while place + 8 <= len(within):
        (length,) = struct.unpack_from(">I", within, place)
        if length < 8:
            return
        if within[place + 4 : place + 8] == kind:
            yield within[place + 8 : place + length]
        place += length


def _ends_of_boxes(file: BinaryIO, size: int) -> Iterator[int]:
    """Where each box at the top of the file says that it ends, in bytes from its start."""
    place = 0
    for _ in range(_MOST_PARTS):
        file.seek(place)
        head = file.read(16)
        if len(head) < 8:
            return
        (length,) = struct.unpack_from(">I", head)
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack_from(">Q", head, 8)
        # 0 is a box that goes on to the end; less than a header is no box.
        if length < 8:
            return
        place += length
        yield place
        if place >= size:
            return
