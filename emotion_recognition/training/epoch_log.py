"""Writes the log of a run: one row of figures per epoch, as a CSV file that is whole after every epoch.

Next: :mod:`emotion_recognition.training.log_file` reads it.
"""

import csv
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.training.log_file import COLUMNS


class EpochLog(keras.callbacks.Callback):
    """Collects the figures of every epoch and writes them all to a CSV file when an epoch ends.

    Args:
        path: The CSV file.
        rows: Rows of this stage's epochs before an interruption.
        earlier: Rows of earlier stages; the file has them too.
        stage: Number of this stage, from 1.
        columns: What a row has; each a figure of Keras's, or one of "stage", "epoch", "learning_rate" and "seconds".

    Attributes:
        rows: One dictionary per finished epoch of this stage with the keys ``columns``; its epochs count from 1.
    """

    def __init__(
        self,
        path: Path,
        rows: Sequence[dict[str, Any]] = (),
        *,
        earlier: Sequence[dict[str, Any]] = (),
        stage: int = 1,
        columns: Sequence[str] = COLUMNS,
    ) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._path = path
        self._earlier = list(earlier)
        self._stage = stage
        self._started = 0.0
        self.rows = list(rows)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Starts the clock."""
        self._started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Adds the epoch's row and writes the file."""
        row: dict[str, Any] = {key: float(value) for key, value in (logs or {}).items() if key in self._columns}
        row["stage"] = self._stage
        row["epoch"] = epoch + 1
        row["learning_rate"] = float(f"{float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)):.6g}")
        row["seconds"] = round(time.monotonic() - self._started, 2)
        self.rows.append({column: row[column] for column in self._columns})
        with replace_when_complete(self._path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self._columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows([*self._earlier, *self.rows])
