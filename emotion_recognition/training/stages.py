"""A run of stages: each continues from the weights of the one before, and the whole run can be interrupted anywhere.

Before: a :class:`~emotion_recognition.training.start.Start`; next: a saved model with its card and log.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from emotion_recognition.atomic_file import last_files
from emotion_recognition.error_about import about
from emotion_recognition.training.resumable_fit import StageResult
from emotion_recognition.training.resume_point import read_history
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.run_card import stage_entry
from emotion_recognition.training.settings import FitSettings
from emotion_recognition.training.stage import fit_stage
from emotion_recognition.training.start import Start
from emotion_recognition.write_lock import write_lock

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
    run: TrainingRun,
    *,
    fit: FitStage = fit_stage,
    save: Callable[[RunResult], None] | None = None,
    finish: Callable[[RunResult], None] | None = None,
) -> RunResult:
    """Fits a network in stages.

    Args:
        start: The network and its history.
        train: Split to learn from.
        val: Split to choose epochs by.
        stages: The settings of at least one stage.
        run: Where the run writes and whether it goes on with an unfinished one, whose state is deleted when all is
            done. Identity and history come from ``start``.
        fit: What fits one stage, with the arguments of :func:`~emotion_recognition.training.stage.fit_stage`.
        save: Called after each stage.
        finish: Called after the last stage is saved, for what is made of the saved model.

    Raises:
        FileNotFoundError: If there is nothing to resume.
        FileExistsError: If an unfinished run is there and is not to be resumed, it is not thrown away; or if another
            process trains the same model.
        ValueError: If the unfinished run had other settings, or training diverged.
    """
    with write_lock(run.resume_path, "a training"):
        return _fit_stages(start, train, val, stages, run, fit, save, finish)


def _fit_stages(
    start: Start,
    train: Data,
    val: Data,
    stages: Sequence[Settings],
    run: TrainingRun,
    fit: FitStage,
    save: Callable[[RunResult], None] | None,
    finish: Callable[[RunResult], None] | None,
) -> RunResult:
    if run.resume_path.exists() and not run.resume:
        text = f"An unfinished run is at {run.resume_path}; resume it, or delete that file"
        raise about(FileExistsError(text), "resume")
    history: dict[str, Any] = {"position": 0, "entries": start.stages, "rows": start.rows}
    if run.resume:
        history = read_history(run.resume_path)
        if history["position"] >= len(stages):
            reached = f"The unfinished run at {run.resume_path} is in stage {history['position'] + 1}."
            raise about(ValueError(f"{reached} Received: {len(stages)} stages"), "stages")
    first = int(history["position"])
    done = RunResult([], [], 0)
    for position in range(first, len(stages)):
        result = fit(
            start.network,
            train,
            val,
            stages[position],
            replace(run, resume=run.resume and position == first, identity=start.identity, history=history),
        )
        entry = stage_entry(
            stages[position],
            result,
            input_model=start.input_name if position == 0 else "the stage before",
            new_head=start.new_head and position == 0,
        )
        done = RunResult(
            entries=[*history["entries"], entry],
            rows=[*history["rows"], *result.rows],
            best_row=len(history["rows"]) + result.best_epoch - 1,
        )
        if save is not None:
            save(done)
        history = {"position": position + 1, "entries": done.entries, "rows": done.rows}
    if finish is not None:
        whole = "the model and its card are whole, and resuming makes the rest"
        try:
            with last_files("curves or copies of the model", whole):
                finish(done)
        except OSError as error:
            about(error, "resume")
            raise
    # Only now: had saving failed, or been killed, the resume point would have held all that was learned.
    run.resume_path.unlink(missing_ok=True)
    return done
