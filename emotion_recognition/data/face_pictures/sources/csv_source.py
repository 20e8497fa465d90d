"""Reads face boxes from a CSV with a row for each face.

The columns ``file``, ``x``, ``y``, ``w`` and ``h``, and perhaps ``source`` and ``mask``, may come in any order;
others are passed over. Boxes are in pixels of the upright picture. A picture without a face has one row whose numbers
are empty.
A file goes in, an :class:`~emotion_recognition.data.face_pictures.sources.annotated_picture.AnnotationFile` comes out;
next: :mod:`emotion_recognition.data.face_pictures.assembling`.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from emotion_recognition.data.face_pictures.sources.annotated_picture import (
    LARGEST_COORDINATE,
    AnnotatedPicture,
    AnnotationFile,
    FaceBox,
)
from emotion_recognition.data.sources.plain_text import plain_number, read_bytes

NUMBERS = ("x", "y", "w", "h")
REQUIRED = ("file", *NUMBERS)
OPTIONAL = ("source", "mask")


def read_face_csv(path: Path, folder: Path | None = None) -> AnnotationFile:
    """Reads a CSV of face boxes; the pictures are not opened.

    Args:
        path: The CSV, in UTF-8.
        folder: The folder with the pictures; without it, the one beside the CSV that has its name without the suffix,
            or, if there is none, the CSV's own.

    Returns:
        Its pictures, in the order in which they first occur. Rows are counted from 1 and without the header; their
        line in the file is given too.

    Raises:
        ValueError: If a column is missing, a cell is no number, a box has no size, or rows contradict each other; the
            message has the file and the row.
        OSError: If the file cannot be read.
    """
    if folder is None:
        beside = path.with_suffix("")
        folder = beside if beside != path and beside.is_dir() else path.parent
    pictures: dict[str, AnnotatedPicture] = {}
    faceless: set[str] = set()
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no CSV in UTF-8: {error}.") from error
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    where = "its header"
    number = 0
    try:
        columns = _columns(next(rows, []))
        for cells in rows:
            if not cells:
                continue
            number += 1
            where = f"row {number} (line {rows.line_num})"
            if len(cells) != len(columns):
                raise ValueError(f"there must be {len(columns)} cells. Received: {len(cells)}")
            row = {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}
            name, box = row["file"], _box(row)
            if not name:
                raise ValueError("the name of the picture's file is empty")
            if name in faceless or (box is None and name in pictures):
                raise ValueError(f"{name} has a row without a face, so it must have no other")
            picture = pictures.setdefault(name, AnnotatedPicture(name, row.get("source", "")))
            if box is None:
                faceless.add(name)
            else:
                picture.boxes.append(box)
                picture.ignored.append(False)
                picture.masks.append(row.get("mask", ""))
    except csv.Error as error:
        raise ValueError(f"{path}: line {rows.line_num}: {error}.") from error
    except ValueError as error:
        # A quoted name may hold line ends.
        raise ValueError(f"{path}: {where}: {' '.join(str(error).split())}.") from error
    if not pictures:
        raise ValueError(f"{path} has no row; it must have one for each face.")
    return AnnotationFile(path, folder, tuple(pictures.values()))


def _columns(header: list[str]) -> list[str]:
    columns = [name.strip() for name in header]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise ValueError(f"it must have the columns {', '.join(REQUIRED)}. Received: {', '.join(columns)[:200]}")
    twice = [name for name in (*REQUIRED, *OPTIONAL) if columns.count(name) > 1]
    if twice:
        raise ValueError(f"the column {twice[0]} is there {columns.count(twice[0])} times")
    return columns


def _box(row: Mapping[str, str]) -> FaceBox | None:
    """The row's box; None if all its numbers are empty."""
    if not any(row[name] for name in NUMBERS):
        return None
    x, y, w, h = (_number(name, row[name]) for name in NUMBERS)
    if w <= 0 or h <= 0:
        raise ValueError(f"w and h must be above 0. Received: {w:g} and {h:g}")
    return x, y, w, h


def _number(name: str, cell: str) -> float:
    number = plain_number(cell)
    if not abs(number) <= LARGEST_COORDINATE:  # so that NaN is refused too
        raise ValueError(f"{name} must be a number of pixels. Received: {cell[:40]!r}")
    return number
