"""Reads a CSV that has a class for each picture.

The columns ``file`` and ``label``, and perhaps ``source``, may come in any order; others are passed over. A file goes
in, rows come out; next: :mod:`emotion_recognition.evaluation.photographs.labelled`.
"""

import csv
import io
import os
from pathlib import Path

from emotion_recognition.data.building.unreadable import as_text
from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.plain_text import read_bytes
from emotion_recognition.error_about import about, names_of

REQUIRED = ("file", "label")
OPTIONAL = ("source",)


def read_labels_csv(path: Path, classes: ClassLabels) -> tuple[list[tuple[str, int, str]], tuple[str, ...]]:
    """Reads the rows; the pictures are not looked for.

    Args:
        path: The CSV, in UTF-8.
        classes: The classes that the labels may stand for, in any of their words.

    Returns:
        File, index of the class and source, or "", of each row in their order, without those of an emotion that the
        classes leave out; and notes on what became of emotions that are not among the classes, a sentence each.

    Raises:
        ValueError: If a column is missing, a cell is empty, a label is not known, or a file is there twice; the message
            has the CSV and the row. Also if no row is left.
        OSError: If the file cannot be read.
    """
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no CSV in UTF-8: {error}.") from error
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[str, int, str]] = []
    notes: dict[str, None] = {}
    seen: dict[str, int] = {}
    number, where = 0, "its header"
    try:
        columns = _columns(next(lines, []))
        for cells in lines:
            if not cells:
                continue
            number += 1
            where = f"row {number} (line {lines.line_num})"
            if len(cells) != len(columns):
                raise ValueError(f"there must be {len(columns)} cells. Received: {len(cells)}")
            row = {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}
            file = row["file"]
            if not file or "\0" in file:
                raise ValueError("the name of the picture's file is empty or none")
            one = os.path.normpath(path.parent.absolute() / file)
            if one in seen:
                raise ValueError(f"{file} is there already, in row {seen[one]}")
            seen[one] = number
            label, place = classes.label_of(row["label"]), classes.place_of(row["label"])
            if place is not None:
                notes[place] = None
            if label is not None:
                rows.append((file, label, as_text(row.get("source", ""))))
    except csv.Error as error:
        raise ValueError(f"{path}: line {lines.line_num}: {error}.") from error
    except ValueError as error:
        # A quoted name may hold line ends.
        text = " ".join(str(error).split()).rstrip(".")
        raise about(ValueError(f"{path}: {where}: {text}."), *names_of(error)) from error
    if not rows:
        raise ValueError(f"{path} has no row for any of {', '.join(classes.names)}.")
    return rows, tuple(notes)


def _columns(header: list[str]) -> list[str]:
    columns = [name.strip() for name in header]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise ValueError(f"it must have the columns {', '.join(REQUIRED)}. Received: {', '.join(columns)[:200]}")
    twice = [name for name in (*REQUIRED, *OPTIONAL) if columns.count(name) > 1]
    if twice:
        raise ValueError(f"the column {twice[0]} is there {columns.count(twice[0])} times")
    return columns
