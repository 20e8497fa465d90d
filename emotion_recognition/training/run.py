"""One run of training: where it writes, what it continues from, how it shows its progress.

A script, or a notebook, makes one; :func:`~emotion_recognition.training.stages.fit_stages` hands it to whatever fits a
stage. Does not import Keras.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_recognition.error_about import about
from emotion_recognition.workspace import LOG, RESUME_POINT, beside

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """What a run has beside its network, its data and its settings; nothing here changes what is learned.

    Args:
        log_path: CSV file that gets a row per epoch, after those of earlier stages.
        resume_path: File that holds an unfinished run's state.
        resume: Whether to continue the unfinished run at ``resume_path``.
        identity: More facts that a resumed run must share with the interrupted one, as JSON values.
        history: What came before, as JSON values: ``rows``, the log's rows of earlier stages, ``entries``, one for each
            of them, and whatever else the resume point should keep.
        callbacks: Further Keras callbacks.
        verbose: Keras's own: 0 silent, 1 a progress bar, 2 a line per epoch.
        steps_per_execution: Training steps that run on the device before it is asked how they went, at least 1; more
            spare a fast one the waiting. TensorFlow and JAX only.

    Raises:
        ValueError: If the steps are less than 1.
    """

    log_path: Path
    resume_path: Path
    resume: bool = False
    identity: Mapping[str, Any] = field(default_factory=dict)
    history: Mapping[str, Any] = field(default_factory=dict)
    callbacks: "Sequence[keras.callbacks.Callback]" = ()
    verbose: int = 2
    steps_per_execution: int = 1

    def __post_init__(self) -> None:
        if self.steps_per_execution < 1:
            message = f"steps_per_execution must be at least 1. Received: {self.steps_per_execution}"
            raise about(ValueError(message), "steps_per_execution")

    @classmethod
    def beside(cls, model_path: Path, **options: Any) -> "TrainingRun":
        """The run that makes a model file; its log and its state lie beside that file.

        Args:
            model_path: The model file to write.
            **options: Any of the other arguments of the class.

        Example:
            >>> TrainingRun.beside(Path("output/a.keras"), verbose=0).log_path.as_posix()
            'output/a_log.csv'
        """
        return cls(log_path(model_path), beside(model_path, RESUME_POINT), **options)


def log_path(model_path: Path) -> Path:
    """Where the log of the run that made a model lies.

    Example:
        >>> log_path(Path("output/a.keras")).as_posix()
        'output/a_log.csv'
    """
    return beside(model_path, LOG)
