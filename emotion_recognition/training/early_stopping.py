"""Early stopping whose count and best weights survive an interrupted run."""

import sys
from typing import Any

import keras
import numpy as np


class ResumableEarlyStopping(keras.callbacks.EarlyStopping):
    """Stops when the validation loss has not fallen for a number of epochs, and restores the best weights.

    Args:
        patience: Epochs without a better validation loss after which training stops; None: it never stops and the
            last weights stay.
    """

    def __init__(self, patience: int | None) -> None:
        super().__init__(
            monitor="val_loss",
            mode="min",
            patience=sys.maxsize if patience is None else patience,
            restore_best_weights=patience is not None,
        )
        self._restored: tuple[dict[str, Any], list[np.ndarray]] | None = None

    def state(self) -> tuple[dict[str, Any], list[np.ndarray]]:
        """Returns what it has counted so far, as numbers that JSON holds, and the best weights."""
        return {"wait": self.wait, "best": float(self.best), "best_epoch": self.best_epoch}, list(
            self.best_weights or []
        )

    def restore(self, counted: dict[str, Any], best_weights: list[np.ndarray]) -> None:
        """Takes back what :meth:`state` gave; in force from the next start of training."""
        self._restored = counted, best_weights

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Starts from nothing, or from the restored state."""
        super().on_train_begin(logs)
        if self._restored is not None:
            counted, self.best_weights = self._restored
            self.wait, self.best, self.best_epoch = counted["wait"], counted["best"], counted["best_epoch"]
