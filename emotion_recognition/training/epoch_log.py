"""The log of a run: one row of figures per epoch, as a CSV file that is whole after every epoch."""

import csv
import time
from pathlib import Path
from typing import Any

import keras

from emotion_recognition.atomic_file import replace_when_complete

COLUMNS = ("epoch", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy", "seconds")


class EpochLog(keras.callbacks.Callback):
    """Collects the figures of every epoch and writes them all to a CSV file when an epoch ends.

    Args:
        path: The CSV file.
        rows: Rows of the epochs before an interruption.

    Attributes:
        rows: One dictionary per finished epoch with the keys :data:`COLUMNS`; epochs count from 1.
    """

    def __init__(self, path: Path, rows: list[dict[str, Any]] | None = None) -> None:
        super().__init__()
        self._path = path
        self._started = 0.0
        self.rows = list(rows or [])

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Starts the clock."""
        self._started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Adds the epoch's row and writes the file."""
        row: dict[str, Any] = {key: float(value) for key, value in (logs or {}).items() if key in COLUMNS}
        row["epoch"] = epoch + 1
        row["learning_rate"] = float(f"{float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)):.6g}")
        row["seconds"] = round(time.monotonic() - self._started, 2)
        self.rows.append({column: row[column] for column in COLUMNS})
        with replace_when_complete(self._path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
