"""Keras's ``fit`` with what every stage of training has round it: early stopping, the log, and a run that can go on.

A compiled network and its batches go in; the network is fitted, and its epochs' figures come out.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras

from emotion_recognition.error_about import about
from emotion_recognition.training.devices import DividedBatches, device_count, machines, splitting, synchronized
from emotion_recognition.training.early_stopping import ResumableEarlyStopping
from emotion_recognition.training.epoch_log import EpochLog
from emotion_recognition.training.log_file import COLUMNS
from emotion_recognition.training.resume_point import SaveResumePoint, read_resume_point
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.settings import FitSettings


@dataclass(frozen=True)
class StageResult:
    """What came out of one stage.

    Args:
        rows: The log's rows, see :class:`~emotion_recognition.training.epoch_log.EpochLog`.
        best_epoch: The epoch whose weights the network now has, from 1.
        more: What the card's entry of the stage says beside its settings and figures, as JSON values.
    """

    rows: list[dict[str, Any]]
    best_epoch: int
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def best_row(self) -> dict[str, Any]:
        """The figures of the best epoch."""
        return self.rows[self.best_epoch - 1]


def fit_resumably(
    trainee: keras.Model,
    batches: Callable[[int], keras.utils.PyDataset],
    settings: FitSettings,
    *,
    facts: Mapping[str, Any],
    run: TrainingRun,
    columns: Sequence[str] = COLUMNS,
    **fit_options: Any,
) -> StageResult:
    """Fits a network and leaves it with the weights of its best epoch by validation loss, or of its last one.

    Args:
        trainee: A compiled network.
        batches: From the number of epochs that are done to the batches of the others.
        settings: Of the stage.
        facts: What a resumed run must share with the interrupted one, beside the run's identity, as JSON values.
        run: Where the log and the state are written, what came before. The file of the state stays when the stage is
            done.
        columns: Of the log.
        **fit_options: More of ``fit``'s arguments.

    Raises:
        FileNotFoundError: If there is nothing to resume.
        ValueError: If the unfinished run had other settings, or training diverged; or the backend executes steps one
            by one, and several at once are asked for.
    """
    if run.steps_per_execution > 1 and keras.backend.backend() == "torch":
        message = f"steps_per_execution must be 1 with the torch backend. Received: {run.steps_per_execution}"
        raise about(ValueError(message), "steps_per_execution")
    trainee.steps_per_execution = run.steps_per_execution
    facts = {**facts, **run.identity}
    if settings.schedule == "constant":
        facts = {name: fact for name, fact in facts.items() if name != "epochs"}  # may be made longer or shorter
    early_stopping = ResumableEarlyStopping(settings.patience)
    history = {"rows": [], "entries": [], **run.history}
    rows: list[dict[str, Any]] = []
    epochs = settings.epochs
    if run.resume:
        point = read_resume_point(run.resume_path, facts)
        point.apply(trainee, early_stopping)
        rows = point.rows
        if settings.patience is not None and point.counted["wait"] >= settings.patience:
            # Interrupted between its last epoch and its end: fit has nothing to do but restore the best weights.
            epochs = len(rows)
    log = EpochLog(run.log_path, rows, earlier=history["rows"], stage=len(history["entries"]) + 1, columns=columns)
    devices, shown = device_count(), batches(len(rows))
    if devices > 1:
        shown = DividedBatches(shown, devices, machines())
    with _refusing_nan(settings.learning_rate), synchronized(trainee), splitting() as callbacks:
        trainee.fit(
            shown,
            shuffle=False,
            initial_epoch=len(rows),
            epochs=epochs,
            callbacks=[
                keras.callbacks.TerminateOnNaN(raise_error=True),
                early_stopping,
                log,
                SaveResumePoint(run.resume_path, facts, early_stopping, log, history),
                *run.callbacks,
                *callbacks,
            ],
            verbose=run.verbose,
            **fit_options,
        )
    best_epoch = len(log.rows) if settings.patience is None else early_stopping.best_epoch + 1
    return StageResult(rows=log.rows, best_epoch=best_epoch)


@contextlib.contextmanager
def _refusing_nan(learning_rate: float) -> Iterator[None]:
    """Inside the block, a loss that is NaN ends training as a mistake in the settings."""
    try:
        yield
    except RuntimeError as error:
        if "NaN" not in str(error):
            raise
        raise ValueError(
            f"Training diverged: the loss became infinite at a learning rate of {learning_rate:g}; lower it."
        ) from error
