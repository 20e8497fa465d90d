"""Reads FER2013's CSV: text comes in, arrays go out, or an error that names the row.

The columns ``emotion``, ``pixels`` and ``Usage`` may come in any order, with spaces around their names. Stage before:
:mod:`emotion_recognition.data.csv_stream`; next: :mod:`emotion_recognition.data.building`.
"""

import csv
import hashlib
import io
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from emotion_recognition.data.csv_stream import open_csv
from emotion_recognition.data.pixel_text import parse_pixels, parse_pixels_carefully
from emotion_recognition.emotions import FER2013_EMOTIONS

IMAGE_SIZE = 48

#: The challenge's names of the splits: PublicTest was for choosing, PrivateTest for the ranking.
SPLIT_OF_USAGE = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}

#: Images of each split in the whole FER2013 (arXiv:1307.0414).
PUBLISHED_COUNTS = {"train": 28_709, "val": 3_589, "test": 3_589}

_COLUMNS = ("emotion", "pixels", "Usage")
_USAGES = {usage.encode(): index for index, usage in enumerate(SPLIT_OF_USAGE)}
_EMOTIONS = {str(index).encode(): index for index in range(len(FER2013_EMOTIONS))}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
#: Text that is parsed at once. Several blocks are in memory at a time, each with about ten times its size in arrays.
_BLOCK_BYTES = 4 << 20
#: A line of 2,304 numbers has at most 9,300 characters; a file without line ends is no CSV.
_LONGEST_LINE = 1 << 20
_THREADS = 2


@dataclass(frozen=True, eq=False)
class Fer2013:
    """All rows of FER2013, in the file's order.

    Args:
        emotions: uint8 array (N,), FER2013's own indices 0..6.
        images: uint8 array (N, 48, 48, 1), 0..255.
        usages: uint8 array (N,), indices into :data:`SPLIT_OF_USAGE`.
        source_sha256: SHA-256 of the file that was given: of the archive, if it is one.
    """

    emotions: np.ndarray
    images: np.ndarray
    usages: np.ndarray
    source_sha256: str

    def rows_of(self, split: str) -> np.ndarray:
        """Which rows belong to a split: bool array (N,)."""
        mask: np.ndarray = self.usages == list(SPLIT_OF_USAGE.values()).index(split)
        return mask


@dataclass(frozen=True, eq=False)
class Fer2013Block:
    """Some rows that follow each other in the file.

    Args:
        emotions: uint8 array (N,), FER2013's own indices 0..6.
        images: uint8 array (N, 48, 48, 1), 0..255.
        usages: uint8 array (N,), indices into :data:`SPLIT_OF_USAGE`.
    """

    emotions: np.ndarray
    images: np.ndarray
    usages: np.ndarray


def read_fer2013(path: Path) -> Fer2013:
    """Reads the whole CSV into memory, see :class:`Fer2013Reader`.

    Args:
        path: The CSV, or an archive that holds it.

    Raises:
        ValueError: If anything in the file is not as FER2013 has it; the message has the file and the row.
        OSError: If the file cannot be read.
    """
    reader = Fer2013Reader(path)
    blocks = list(reader)
    return Fer2013(
        emotions=np.concatenate([block.emotions for block in blocks]),
        images=np.concatenate([block.images for block in blocks]),
        usages=np.concatenate([block.usages for block in blocks]),
        source_sha256=reader.source_sha256,
    )


class Fer2013Reader:
    """Reads the CSV, plain or out of an archive, on two threads and block by block, so that it may exceed memory.

    Iterating over it gives :class:`Fer2013Block` after block, once. Rows are counted from 1 and without the header;
    their line in the file is one more.

    Args:
        path: The CSV, or an archive that holds it.

    Raises:
        ValueError: While iterating, if anything in the file is not as FER2013 has it; the message has the file and
            the row.
        OSError: While iterating, if the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sha256: str | None = None

    @property
    def source_sha256(self) -> str:
        """SHA-256 of the file that was given, of the archive if it is one; known after the last block."""
        if self._sha256 is None:
            raise ValueError(f"{self._path} was not read to its end, so its SHA-256 is not known.")
        return self._sha256

    def __iter__(self) -> Iterator[Fer2013Block]:
        with ThreadPoolExecutor(_THREADS + 1) as pool:
            running: deque[Future[Fer2013Block]] = deque()
            try:
                with open_csv(self._path) as stream:
                    # Not before open_csv has seen that it is a regular file: a pipe has no end.
                    digest = pool.submit(_sha256, self._path)
                    columns = _read_header(stream)
                    next_row = 1
                    for lines in _blocks(stream):
                        running.append(pool.submit(_parse_block, lines, columns, next_row))
                        next_row += len(lines)
                        if len(running) > _THREADS:
                            yield running.popleft().result()
                    while running:
                        yield running.popleft().result()
                if next_row == 1:
                    raise ValueError("it has a header and no rows.")
            except ValueError as error:
                raise ValueError(f"{self._path}: {error}") from error
            self._sha256 = digest.result()


@dataclass(frozen=True)
class _Columns:
    """Where each column stands, and how many there are."""

    emotion: int
    pixels: int
    usage: int
    count: int


def _read_header(stream: IO[bytes]) -> _Columns:
    line = stream.readline(_LONGEST_LINE).removeprefix(_BYTE_ORDER_MARK)
    if not line:
        raise ValueError("the file is empty.")
    try:
        names = [name.strip().decode("latin-1") for name in _cut(line.rstrip(b"\r\n"))]
    except ValueError as error:
        raise ValueError(f"the first line must name the columns {', '.join(_COLUMNS)}: {error}") from error
    missing = [name for name in _COLUMNS if name not in names]
    if missing:
        shown = ascii(", ".join(names)[:60])
        raise ValueError(
            f"the first line must name the columns {', '.join(_COLUMNS)}; {missing[0]} is missing in {shown}."
        )
    if len(set(names)) < len(names):
        raise ValueError("a column is named twice in the first line.")
    return _Columns(names.index("emotion"), names.index("pixels"), names.index("Usage"), len(names))


def _blocks(stream: IO[bytes]) -> Iterator[list[bytes]]:
    """Yields the lines behind the header, many at a time; blank lines at the end are left out."""
    rest = b""
    blank = 0
    while True:
        block = stream.read(_BLOCK_BYTES)
        lines = (rest + block).split(b"\n")
        rest = lines.pop() if block else b""
        if len(rest) > _LONGEST_LINE:
            raise ValueError(f"it has a line of more than {_LONGEST_LINE:,} characters; it is no CSV of FER2013.")
        # Blank lines are errors, unless nothing follows them.
        lines = [b""] * blank + lines
        blank = 0
        while lines and not lines[-1].strip():
            lines.pop()
            blank += 1
        if lines:
            yield lines
        if not block:
            return


def _parse_block(lines: Sequence[bytes], columns: _Columns, first_row: int) -> Fer2013Block:
    fields = [_fields(line, columns, first_row + index) for index, line in enumerate(lines)]
    return Fer2013Block(
        emotions=_indices([row[0] for row in fields], _EMOTIONS, "emotion", "a whole number 0..6", first_row),
        images=_pixels([row[1] for row in fields], first_row).reshape(-1, IMAGE_SIZE, IMAGE_SIZE, 1),
        usages=_indices([row[2] for row in fields], _USAGES, "Usage", f"one of {', '.join(SPLIT_OF_USAGE)}", first_row),
    )


def _fields(line: bytes, columns: _Columns, row: int) -> tuple[bytes, bytes, bytes]:
    """The emotion, pixels and usage of one line."""
    try:
        values = _cut(line)
    except ValueError as error:
        raise ValueError(f"{_place(row)}: {error}") from error
    if len(values) != columns.count:
        raise ValueError(
            f"{_place(row)}: it must have {columns.count} columns. Received: {len(values)}; is it cut short?"
        )
    return values[columns.emotion].strip(), values[columns.pixels].strip(), values[columns.usage].strip()


def _cut(line: bytes) -> list[bytes]:
    """The fields of one line, without the quotes around them."""
    if b'"' not in line:
        return line.split(b",")
    try:
        texts = next(csv.reader(io.StringIO(line.decode("latin-1")), strict=True, skipinitialspace=True))
    except (csv.Error, StopIteration) as error:
        raise ValueError(f"the quotes are wrong: {error}.") from error
    return [text.encode("latin-1") for text in texts]


def _indices(texts: Sequence[bytes], known: dict[bytes, int], column: str, rule: str, first_row: int) -> np.ndarray:
    for index, text in enumerate(texts):
        if text not in known:
            shown = ascii(text[:20].decode("latin-1"))
            raise ValueError(f"{_place(first_row + index)}: {column} must be {rule}. Received: {shown}")
    return np.array([known[text] for text in texts], dtype=np.uint8)


def _pixels(texts: Sequence[bytes], first_row: int) -> np.ndarray:
    count = IMAGE_SIZE * IMAGE_SIZE
    try:
        return parse_pixels(texts, count)
    except ValueError:
        # Something is unusual: doubled spaces, which are fine, or an error, which wants its row.
        return np.concatenate([_careful(text, first_row + index) for index, text in enumerate(texts)])


def _careful(text: bytes, row: int) -> np.ndarray:
    try:
        return parse_pixels_carefully(text, IMAGE_SIZE * IMAGE_SIZE)
    except ValueError as error:
        raise ValueError(f"{_place(row)}: {error}") from error


def _place(row: int) -> str:
    """Where a row is, for messages: the header is the file's first line, and no line between the rows is blank."""
    return f"row {row} (line {row + 1})"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
