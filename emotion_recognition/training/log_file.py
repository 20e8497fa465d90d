"""Reads the log of a run; does not import Keras, so that whoever watches runs needs none of it.

Before: :mod:`emotion_recognition.training.epoch_log` writes it.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: What a row of an emotion network's log has.
COLUMNS = ("stage", "epoch", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")


def read_log(path: Path, columns: Sequence[str] = COLUMNS) -> list[dict[str, Any]]:
    """Reads the rows of a log; none where there is no file.

    Args:
        path: The CSV file.
        columns: What its rows must have.

    Raises:
        ValueError: If the file is there but is no such log.
    """
    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    except (UnicodeDecodeError, ValueError, TypeError) as error:
        raise ValueError(f"{path} is not a training log: {error}") from error
    for row in rows:
        if not set(columns) - {"stage"} <= set(row):
            raise ValueError(f"{path} is not a training log: it must have the columns {', '.join(columns)}.")
    return [{**row, "stage": int(row.get("stage", 1)), "epoch": int(row["epoch"])} for row in rows]
