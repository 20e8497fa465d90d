"""Turns the lines of FER2013's CSV into arrays, or into an error that names the row.

Stage before: :mod:`emotion_recognition.data.sources.fer2013.csv_reader` cuts the file into blocks of lines; it yields
what comes out.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_recognition.data.sources.fer2013.pixel_text import parse_pixels, parse_pixels_carefully
from emotion_recognition.emotions import FER2013_EMOTIONS

IMAGE_SIZE = 48

#: The challenge's names of the splits: PublicTest was for choosing, PrivateTest for the ranking.
SPLIT_OF_USAGE = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}

#: The columns that mean something.
COLUMNS = ("emotion", "pixels", "Usage")

_USAGES = {usage.encode(): index for index, usage in enumerate(SPLIT_OF_USAGE)}
#: CK+'s CSV has FER2013's form with an eighth label.
CONTEMPT = len(FER2013_EMOTIONS)
_EMOTIONS = {str(index).encode(): index for index in range(CONTEMPT + 1)}


@dataclass(frozen=True)
class Columns:
    """Where each column stands, None for a missing one, and how many there are."""

    emotion: int | None
    pixels: int
    usage: int | None
    count: int

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that there are."""
        places = zip(COLUMNS, (self.emotion, self.pixels, self.usage), strict=True)
        return tuple(name for name, place in places if place is not None)


@dataclass(frozen=True, eq=False)
class CsvBlock:
    """Some rows that follow each other in the file; where a column is missing, its array is of zeros.

    Args:
        emotions: uint8 array (N,), FER2013's own indices 0..6, or 7 for contempt.
        images: uint8 array (N, 48, 48, 1), 0..255.
        usages: uint8 array (N,), indices into :data:`SPLIT_OF_USAGE`.
    """

    emotions: np.ndarray
    images: np.ndarray
    usages: np.ndarray


def parse_block(lines: Sequence[bytes], columns: Columns, first_row: int) -> CsvBlock:
    """Reads some lines.

    Args:
        lines: The lines, without their ends.
        columns: Where the columns stand.
        first_row: The number of the first line's row, from 1 and without the header, for messages.

    Raises:
        ValueError: If anything in a line is not as FER2013 has it; the message has the row.
    """
    fields = [_fields(line, columns, first_row + index) for index, line in enumerate(lines)]
    usages = np.zeros(len(fields), np.uint8)
    if columns.usage is not None:
        texts = [row[columns.usage].strip() for row in fields]
        usages = _indices(texts, _USAGES, "Usage", f"one of {', '.join(SPLIT_OF_USAGE)}", first_row)
    return CsvBlock(
        emotions=_emotions(fields, columns, first_row),
        images=_pixels([row[columns.pixels].strip() for row in fields], first_row).reshape(
            -1, IMAGE_SIZE, IMAGE_SIZE, 1
        ),
        usages=usages,
    )


def parse_emotions(lines: Sequence[bytes], columns: Columns, first_row: int) -> np.ndarray:
    """Reads the emotions of some lines alone, see :func:`parse_block`: uint8 array (N,), 0..7."""
    return _emotions([_fields(line, columns, first_row + i) for i, line in enumerate(lines)], columns, first_row)


def cut_line(line: bytes) -> list[bytes]:
    """The fields of one line, without the quotes around them.

    Raises:
        ValueError: If the quotes are wrong.

    Example:
        >>> cut_line(b'3,"7 7",Training')
        [b'3', b'7 7', b'Training']
    """
    if b'"' not in line:
        return line.split(b",")
    try:
        texts = next(csv.reader(io.StringIO(line.decode("latin-1")), strict=True, skipinitialspace=True))
    except (csv.Error, StopIteration) as error:
        raise ValueError(f"the quotes are wrong: {error}.") from error
    return [text.encode("latin-1") for text in texts]


def _emotions(fields: Sequence[Sequence[bytes]], columns: Columns, first_row: int) -> np.ndarray:
    if columns.emotion is None:
        return np.zeros(len(fields), np.uint8)
    texts = [row[columns.emotion].strip() for row in fields]
    return _indices(texts, _EMOTIONS, "emotion", "a whole number 0..6, or 7 for contempt", first_row)


def _fields(line: bytes, columns: Columns, row: int) -> list[bytes]:
    """The values of one line."""
    try:
        values = cut_line(line)
    except ValueError as error:
        raise ValueError(f"{_place(row)}: {error}") from error
    if len(values) != columns.count:
        raise ValueError(
            f"{_place(row)}: it must have {columns.count} columns. Received: {len(values)}; is it cut short?"
        )
    return values


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
