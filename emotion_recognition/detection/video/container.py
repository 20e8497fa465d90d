"""What a video's container says of the file: whether it states the exact number of its frames, and whether it is whole.

A path goes in; :mod:`emotion_recognition.detection.video.reader` counts lost frames by the answers.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: Parts at the top of an MP4 or MOV file that are looked at; a file has a few, one of fragments some for each second.
_MOST_PARTS = 100_000


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
