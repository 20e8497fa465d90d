"""A run of stages: each goes on from the weights of the one before, and the whole run can be interrupted anywhere.

Before: a :class:`~emotion_recognition.training.start.Start`; next: a saved model with its card and log.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import keras

from emotion_recognition.training.resumable_fit import StageResult
from emotion_recognition.training.resume_point import read_history
from emotion_recognition.training.run_card import stage_entry
from emotion_recognition.training.settings import FitSettings
from emotion_recognition.training.stage import fit_stage
from emotion_recognition.training.start import Start

#: Splits of a data set, and the settings of a stage; their kinds must be those that the fitting function takes.
Data = TypeVar("Data")
Settings = TypeVar("Settings", bound=FitSettings)

FitStage = Callable[..., StageResult]


@dataclass(frozen=True)
class RunResult:
    """What came out of a run so far, together with what its input model went through before.

    Args:
        entries: The card's entries of all stages, earliest first.
        rows: The log's rows of all stages.
        best_row: Index into ``rows`` of the epoch whose weights the network now has.
    """

    entries: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    best_row: int


def fit_stages(
    start: Start,
    train: Data,
    val: Data,
    stages: Sequence[Settings],
    *,
    fit: FitStage = fit_stage,
    log_path: Path,
    resume_path: Path,
    resume: bool = False,
    save: Callable[[RunResult], None] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 2,
) -> RunResult:
    """Fits a network in stages.

    Args:
        start: The network and its history.
        train: Split to learn from.
        val: Split to choose epochs by.
        stages: The settings of at least one stage.
        fit: What fits one stage, with the arguments of :func:`~emotion_recognition.training.stage.fit_stage`.
        log_path: CSV file that gets a row per epoch, after those of the input model's stages.
        resume_path: File that holds the unfinished run's state; deleted when the last stage is done and saved.
        resume: Whether to go on with the unfinished run at ``resume_path``.
        save: Called after each stage.
        callbacks: Further Keras callbacks.
        verbose: Keras's own.

    Raises:
        FileNotFoundError: If there is nothing to resume.
        FileExistsError: If an unfinished run is there and is not to be resumed; it is not thrown away.
        ValueError: If the unfinished run had other settings, or training diverged.
    """
    if resume_path.exists() and not resume:
        raise FileExistsError(f"An unfinished run is at {resume_path}; go on with --resume, or delete that file.")
    history: dict[str, Any] = {"position": 0, "entries": start.stages, "rows": start.rows}
    if resume:
        history = read_history(resume_path)
        if history["position"] >= len(stages):
            raise ValueError(
                f"The unfinished run at {resume_path} is in stage {history['position'] + 1}. "
                f"Received: {len(stages)} stages"
            )
    first = int(history["position"])
    run = RunResult([], [], 0)
    for position in range(first, len(stages)):
        result = fit(
            start.network,
            train,
            val,
            stages[position],
            log_path=log_path,
            resume_path=resume_path,
            resume=resume and position == first,
            identity=start.identity,
            history=history,
            callbacks=callbacks,
            verbose=verbose,
        )
        entry = stage_entry(
            stages[position],
            result,
            input_model=start.input_name if position == 0 else "the stage before",
            new_head=start.new_head and position == 0,
        )
        run = RunResult(
            entries=[*history["entries"], entry],
            rows=[*history["rows"], *result.rows],
            best_row=len(history["rows"]) + result.best_epoch - 1,
        )
        if save is not None:
            save(run)
        history = {"position": position + 1, "entries": run.entries, "rows": run.rows}
    # Only now: had saving failed, the resume point would have held all that was learned.
    resume_path.unlink(missing_ok=True)
    return run
