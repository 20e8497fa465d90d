"""Reads FER+'s votes: how many of ten annotators saw which emotion in each image of FER2013.

The CSV ``fer2013new.csv`` comes in, one row for each row of ``fer2013.csv`` in the same order (Barsoum et al. 2016,
arXiv:1608.01041); an array goes out, or an error that names the row. Next:
:mod:`emotion_recognition.data.sources.fer2013.whole_csv` puts the votes beside the images, and
:mod:`emotion_recognition.data.sources.fer2013.ferplus_labels` makes labels of them.
"""

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_recognition.data.sources.fer2013.csv_rows import SPLIT_OF_USAGE
from emotion_recognition.data.sources.plain_text import read_bytes

#: The columns of votes in FER+'s order; "NF" is "not a face".
VOTE_NAMES = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)

#: Annotators of each image; one row of the published file has a vote less.
ANNOTATORS = 10

_BOTH_WHOLE = "both must be whole and in their published order."
_COLUMNS = ("Usage", "Image name", *VOTE_NAMES)
_VOTES = {str(count): count for count in range(ANNOTATORS + 1)}
_USAGES = {usage: index for index, usage in enumerate(SPLIT_OF_USAGE)}


@dataclass(frozen=True, eq=False)
class FerPlusVotes:
    """The votes on every row of FER2013, in the file's order.

    Args:
        path: The file.
        counts: uint8 array (N, 10), 0..10, columns as in :data:`VOTE_NAMES`.
        usages: uint8 array (N,), indices into
            :data:`~emotion_recognition.data.sources.fer2013.csv_rows.SPLIT_OF_USAGE`.
        sha256: SHA-256 of the file, 64 hexadecimal digits.
    """

    path: Path
    counts: np.ndarray
    usages: np.ndarray
    sha256: str

    def of_rows(self, first: int, usages: np.ndarray, source: Path) -> np.ndarray:
        """The votes on some rows of a source that follow each other.

        Args:
            first: The first of them, from 0.
            usages: uint8 array (n,), their usages.
            source: The source, for the message.

        Returns:
            uint8 array (n, 10).

        Raises:
            ValueError: If the usage of a row differs from the votes' or the votes end before; the message has the row.
        """
        if first + len(usages) > len(self):
            raise ValueError(f"{self.path} has votes on {len(self):,} rows, but {source} has more; {_BOTH_WHOLE}")
        own = self.usages[first : first + len(usages)]
        different = np.flatnonzero(usages != own)
        if len(different):
            index, names = int(different[0]), list(SPLIT_OF_USAGE)
            row = first + index + 1
            raise ValueError(
                f"{self.path}: {_place(row)}: Usage is {names[own[index]]}, but row {row} of {source} "
                f"has {names[usages[index]]}; {_BOTH_WHOLE}"
            )
        return self.counts[first : first + len(usages)]

    def check_end(self, rows: int, source: Path) -> None:
        """Refuses votes on more rows than a source has.

        Raises:
            ValueError: If so.
        """
        if rows != len(self):
            raise ValueError(
                f"{self.path} has votes on {len(self):,} rows, but {source} has {rows:,} rows; {_BOTH_WHOLE}"
            )

    def __len__(self) -> int:
        return len(self.usages)


def read_votes(path: Path) -> FerPlusVotes:
    """Reads FER+'s CSV.

    Raises:
        ValueError: If anything in it is not as FER+ has it; the message has the file and the row, counted from 1
            without the header.
        OSError: If the file cannot be read.
    """
    content = read_bytes(path)
    try:
        try:
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"it is no CSV of votes: {error}.") from error
        while rows and not rows[-1]:
            rows.pop()
        names = [name.strip() for name in rows[0]] if rows else []
        if names != list(_COLUMNS):
            shown = ascii(", ".join(names)[:60])
            raise ValueError(f"the first line must name the columns {', '.join(_COLUMNS)}. Received: {shown}")
        if len(rows) == 1:
            raise ValueError("it has a header and no rows.")
        parsed = [_parse(fields, row) for row, fields in enumerate(rows[1:], start=1)]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return FerPlusVotes(
        path=path,
        counts=np.array([votes for _, votes in parsed], dtype=np.uint8),
        usages=np.array([usage for usage, _ in parsed], dtype=np.uint8),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _parse(fields: Sequence[str], row: int) -> tuple[int, list[int]]:
    """The index of a row's usage, and its votes."""
    if len(fields) != len(_COLUMNS):
        raise ValueError(f"{_place(row)}: it must have {len(_COLUMNS)} columns. Received: {len(fields)}")
    usage, _, *votes = (field.strip() for field in fields)
    if usage not in _USAGES:
        raise ValueError(f"{_place(row)}: Usage must be one of {', '.join(_USAGES)}. Received: {usage[:20]!a}")
    for name, vote in zip(VOTE_NAMES, votes, strict=True):
        if vote not in _VOTES:
            raise ValueError(
                f"{_place(row)}: the votes for {name} must be a whole number 0..{ANNOTATORS}. Received: {vote[:20]!a}"
            )
    counts = [_VOTES[vote] for vote in votes]
    if sum(counts) > ANNOTATORS:
        raise ValueError(f"{_place(row)}: there must be at most {ANNOTATORS} votes. Received: {sum(counts)}")
    return _USAGES[usage], counts


def _place(row: int) -> str:
    return f"row {row} (line {row + 1})"
