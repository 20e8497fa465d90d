"""Reads FER2013's CSV: text comes in, arrays go out, or an error that names the row.

The columns ``emotion``, ``pixels`` and ``Usage`` may come in any order, with spaces around their names. The
competition's ``train.csv`` has no ``Usage``, its ``test.csv`` only ``pixels``. Stage before:
:mod:`emotion_recognition.data.sources.fer2013.csv_stream`; next: a source such as
:mod:`emotion_recognition.data.sources.fer2013.whole_csv`.
"""

import contextlib
import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO

import numpy as np

from emotion_recognition.data.sources.fer2013.csv_rows import (
    COLUMNS,
    Columns,
    CsvBlock,
    cut_line,
    parse_block,
    parse_emotions,
)
from emotion_recognition.data.sources.fer2013.csv_stream import open_csv
from emotion_recognition.data.sources.plain_text import check_encoding
from emotion_recognition.error_about import about, names_of

#: Images of each split in the whole FER2013 (arXiv:1307.0414).
PUBLISHED_COUNTS = {"train": 28_709, "val": 3_589, "test": 3_589}

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
#: Text that is parsed at once. Several blocks are in memory at a time, each with about ten times its size in arrays.
_BLOCK_BYTES = 4 << 20
#: A line of 2,304 numbers has at most 9,300 characters; a file without line ends is no CSV.
_LONGEST_LINE = 1 << 20
#: Blank lines at the end that are passed over.
_MOST_BLANK = 10_000
_THREADS = 2


def read_columns(path: Path) -> tuple[str, ...]:
    """Reads the names of a CSV's columns, without those that mean nothing.

    Returns:
        Some of ``emotion``, ``pixels`` and ``Usage``, in that order; ``pixels`` always.

    Raises:
        ValueError: If it is none of FER2013's CSVs.
        OSError: If the file cannot be read.
    """
    with _errors_with_path(path), open_csv(path) as stream:
        return _read_header(stream, ("pixels",)).names


def read_emotions(path: Path) -> np.ndarray:
    """Reads the emotions of all rows, and nothing else: uint8 array (N,), FER2013's indices 0..6, or 7 for contempt.

    Raises:
        ValueError: If the file is no CSV with emotions; the message has the file and the row.
        OSError: If the file cannot be read.
    """
    emotions = [np.empty(0, np.uint8)]
    next_row = 1
    with _errors_with_path(path), open_csv(path) as stream:
        columns = _read_header(stream, ("emotion", "pixels"))
        for lines in _blocks(stream):
            emotions.append(parse_emotions(lines, columns, next_row))
            next_row += len(lines)
    return np.concatenate(emotions)


def read_images(path: Path) -> np.ndarray:
    """Reads all images of a CSV into memory: uint8 array (N, 48, 48, 1), 0..255.

    Raises:
        ValueError: If anything in the file is not as FER2013 has it; the message has the file and the row.
        OSError: If the file cannot be read.
    """
    return np.concatenate([block.images for block in CsvReader(path, ("pixels",))])


class CsvReader:
    """Reads the CSV, plain or out of an archive, on two threads and block by block, so that it may exceed memory.

    Iterating over it gives :class:`CsvBlock` after block, once. Rows are counted from 1 and without the header; their
    line in the file is one more.

    Args:
        path: The CSV, or an archive that holds it.
        required: The columns that it must have, of ``emotion``, ``pixels`` and ``Usage``.

    Raises:
        ValueError: While iterating, if anything in the file is not as FER2013 has it; the message has the file and
            the row.
        OSError: While iterating, if the file cannot be read.
    """

    def __init__(self, path: Path, required: Sequence[str] = COLUMNS) -> None:
        self._path = path
        self._required = required
        self._sha256: str | None = None

    @property
    def source_sha256(self) -> str:
        """SHA-256 of the file that was given, of the archive if it is one; known after the last block."""
        if self._sha256 is None:
            raise ValueError(f"{self._path} was not read to its end, so its SHA-256 is not known.")
        return self._sha256

    def __iter__(self) -> Iterator[CsvBlock]:
        with ThreadPoolExecutor(_THREADS + 1) as pool, _errors_with_path(self._path):
            running: deque[Future[CsvBlock]] = deque()
            with open_csv(self._path) as stream:
                # Not before open_csv has seen that it is a regular file: a pipe has no end.
                digest = pool.submit(_sha256, self._path)
                columns = _read_header(stream, self._required)
                next_row = 1
                for lines in _blocks(stream):
                    running.append(pool.submit(parse_block, lines, columns, next_row))
                    next_row += len(lines)
                    if len(running) > _THREADS:
                        yield running.popleft().result()
                while running:
                    yield running.popleft().result()
            if next_row == 1:
                raise ValueError("it has a header and no rows.")
            self._sha256 = digest.result()


@contextlib.contextmanager
def _errors_with_path(path: Path) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise about(ValueError(f"{path}: {error}"), *names_of(error)) from error


def _read_header(stream: IO[bytes], required: Sequence[str]) -> Columns:
    line = stream.readline(_LONGEST_LINE).removeprefix(_BYTE_ORDER_MARK)
    if not line:
        raise ValueError("the file is empty.")
    check_encoding(line)
    try:
        names = [name.strip().decode("latin-1") for name in cut_line(line.rstrip(b"\r\n"))]
    except ValueError as error:
        raise ValueError(f"the first line must name the columns {', '.join(required)}: {error}") from error
    # Usage says what a label is for, so it comes with one.
    wanted = COLUMNS if "Usage" in names else required
    missing = [name for name in wanted if name not in names]
    if missing:
        shown = ascii(", ".join(names)[:60])
        raise ValueError(
            f"the first line must name the columns {', '.join(wanted)}; {missing[0]} is missing in {shown}."
        )
    if len(set(names)) < len(names):
        raise ValueError("a column is named twice in the first line.")
    unknown = [name for name in names if name not in COLUMNS]
    if unknown and "Usage" not in names:
        # It may be a misspelt Usage; without it all splits would be thrown together.
        raise ValueError(
            f"a CSV without the column Usage may have only emotion and pixels. Received: {unknown[0][:20]!a}"
        )
    emotion, usage = (names.index(name) if name in names else None for name in ("emotion", "Usage"))
    return Columns(emotion, names.index("pixels"), usage, len(names))


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
        if blank > _MOST_BLANK:
            raise ValueError(f"it has more than {_MOST_BLANK:,} blank lines one after another.")
        if lines:
            yield lines
        if not block:
            return


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
