"""One stage of training: a network is fitted to the training split at one learning rate.

The classic run has three: a first stage from scratch, then fine-tuning, each at a tenth of the rate before. Stage
before: HDF5 splits; next: a saved model.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras

from emotion_recognition.data.batches import TrainingBatches
from emotion_recognition.data.hdf5 import Split
from emotion_recognition.training.compiling import compile_network
from emotion_recognition.training.early_stopping import ResumableEarlyStopping
from emotion_recognition.training.epoch_log import EpochLog
from emotion_recognition.training.resume_point import SaveResumePoint, read_resume_point
from emotion_recognition.training.settings import StageSettings

#: What the rate is divided by from stage to stage.
STAGE_RATIO = 10.0

_VALIDATION_BATCH_SIZE = 256


@dataclass(frozen=True)
class StageResult:
    """What came out of one stage.

    Args:
        rows: The log's rows, see :class:`~emotion_recognition.training.epoch_log.EpochLog`.
        best_epoch: The epoch whose weights the network now has, from 1.
    """

    rows: list[dict[str, Any]]
    best_epoch: int

    @property
    def best_row(self) -> dict[str, Any]:
        """The figures of the best epoch."""
        return self.rows[self.best_epoch - 1]


def next_learning_rate(network: keras.Model) -> tuple[float, float]:
    """The rate a trained network was fitted with, and a tenth of it for the next stage.

    Raises:
        ValueError: If the network was saved without its optimizer, or with a schedule in place of a rate.
    """
    optimizer = getattr(network, "optimizer", None)
    if optimizer is None:
        raise ValueError("The input model was saved without its optimizer, so its rate is unknown; give -lr.")
    stored = optimizer.get_config()["learning_rate"]
    if not isinstance(stored, float):
        raise ValueError("The input model was trained with a schedule, not with one rate; give -lr.")
    # Keras stores the rate as float32: 0.001 comes back as 0.0010000000475.
    own = float(f"{stored:.6g}")
    return own, own / STAGE_RATIO


def fit_stage(
    network: keras.Model,
    train: Split,
    val: Split,
    settings: StageSettings,
    *,
    log_path: Path,
    resume_path: Path,
    resume: bool = False,
    identity: dict[str, Any] | None = None,
    save: Callable[[StageResult], None] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 2,
) -> StageResult:
    """Fits a network and leaves it with the weights of its best epoch by validation loss.

    Args:
        network: Takes pixels (N, height, width, channels), 0..255, and gives probabilities. It is compiled here.
        train: Split to learn from.
        val: Split to choose the epoch by.
        settings: What decides the result.
        log_path: CSV file that gets a row per epoch.
        resume_path: File that holds an unfinished run's state. It is deleted when the stage is done.
        resume: Whether to go on with the unfinished run at ``resume_path``.
        identity: More facts that a resumed run must share with the interrupted one, as JSON values.
        save: Called with the result while the resume point is still there, so that a save that fails loses nothing.
        callbacks: Further Keras callbacks.
        verbose: Keras's own: 0 silent, 1 a progress bar, 2 a line per epoch.

    Raises:
        FileNotFoundError: If there is nothing to resume.
        FileExistsError: If an unfinished run is there and is not to be resumed; it is not thrown away.
        ValueError: If the unfinished run had other settings, or training diverged.
    """
    if resume_path.exists() and not resume:
        raise FileExistsError(f"An unfinished run is at {resume_path}; go on with --resume, or delete that file.")
    keras.utils.set_random_seed(settings.seed)
    compile_network(network, settings.learning_rate)
    network.optimizer.build(network.trainable_variables)
    early_stopping = ResumableEarlyStopping(settings.patience)
    facts = {**asdict(settings), "data": train.source_sha256, **(identity or {})}
    del facts["epochs"]  # a resumed run may be made longer or shorter
    rows: list[dict[str, Any]] = []
    epochs = settings.epochs
    if resume:
        point = read_resume_point(resume_path, facts)
        point.apply(network, early_stopping)
        rows = point.rows
        if point.counted["wait"] >= settings.patience:
            # Interrupted between its last epoch and its end: fit has nothing to do but restore the best weights.
            epochs = len(rows)
    log = EpochLog(log_path, rows)
    batches = TrainingBatches(
        train.images,
        train.labels,
        batch_size=settings.batch_size,
        augmentation=settings.augmentation,
        seed=settings.seed,
        first_epoch=len(rows),
    )
    try:
        network.fit(
            batches,
            shuffle=False,
            initial_epoch=len(rows),
            epochs=epochs,
            validation_data=(val.images, val.labels),
            validation_batch_size=_VALIDATION_BATCH_SIZE,
            callbacks=[
                keras.callbacks.TerminateOnNaN(raise_error=True),
                early_stopping,
                log,
                SaveResumePoint(resume_path, facts, early_stopping, log),
                *callbacks,
            ],
            verbose=verbose,
        )
    except RuntimeError as error:
        if "NaN" not in str(error):
            raise
        raise ValueError(
            f"Training diverged: the loss became infinite at a learning rate of {settings.learning_rate:g}; lower it."
        ) from error
    result = StageResult(rows=log.rows, best_epoch=early_stopping.best_epoch + 1)
    if save is not None:
        save(result)
    resume_path.unlink(missing_ok=True)
    return result
