"""Runs trials: each trains a model in a process of its own, and is stopped early where its epochs look bad.

Optuna chooses the values, remembers all trials in an SQLite file, and says which settings mattered. Several processes
may work on one file at the same time, and a search that was interrupted goes on with it.
"""

import contextlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion_recognition.error_about import about
from emotion_recognition.models.card import read_card
from emotion_recognition.training.log_file import read_log
from emotion_recognition.training.run import log_path
from emotion_recognition.tuning.search_space import Range
from emotion_recognition.tuning.trainings import LocalTraining, LostTrainingError, Training
from emotion_recognition.tuning.trial_sampler import TrialSampler

#: Seconds between two looks at a trial's log.
_LOOK_SECONDS = 1.0

#: Trials that run to their end before any is stopped early: the median of fewer says little.
_STARTUP_TRIALS = 5


@dataclass(frozen=True)
class Trial:
    """What is to be trained.

    Args:
        number: Number of the trial, from 0.
        settings: The value of each setting that is searched.
    """

    number: int
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Search:
    """A search.

    Args:
        storage: The SQLite file with all trials.
        name: Of the study in it.
        ranges: What may be tried.
        command: From a trial to the command line that trains it.
        model: From a trial to the model file that this command writes.
        seed: Of the choices.
        start: Starts a command line, here or elsewhere.
    """

    storage: Path
    name: str
    ranges: Sequence[Range]
    command: Callable[[Trial], Sequence[str]]
    model: Callable[[Trial], Path]
    seed: int = 0
    start: Callable[[Sequence[str]], Training] = LocalTraining


def run_search(search: Search, trials: int, *, workers: int = 1, say: Callable[[str], None] = lambda text: None) -> Any:
    """Runs trials until the study has so many that are complete or were stopped early; none replaces one that fails.

    Args:
        search: What is searched.
        trials: Number of trials, those of earlier runs included that did not fail.
        workers: Trials at the same time.
        say: Takes a line about each trial.

    Returns:
        Optuna's study.

    Raises:
        ValueError: If Optuna is not installed, the study searched something else, or all trials fail.
        OSError: If the file cannot be written.
    """
    optuna = import_optuna()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    search.storage.parent.mkdir(parents=True, exist_ok=True)
    try:
        study = optuna.create_study(
            storage=_address(search.storage),
            study_name=search.name,
            load_if_exists=True,
            direction="maximize",
            sampler=TrialSampler(optuna, search.seed),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_STARTUP_TRIALS),
        )
        known = study.user_attrs.get("ranges")
    except Exception as error:
        text = str(error).splitlines()[0]
        raise about(OSError(f"{search.storage} cannot be used: {text}"), "study") from error
    ranges = [str(part) for part in search.ranges]
    # Earlier versions wrote them as Python does.
    if known not in (None, ranges, [repr(part) for part in search.ranges]):
        message = f"{search.storage} holds a search over {' '.join(known)}. Name the same, or another study."
        raise about(ValueError(message), "study", "search")
    study.set_user_attr("ranges", ranges)

    def objective(chosen: Any) -> float:
        trial = Trial(chosen.number, {part.name: part.suggest(chosen) for part in search.ranges})
        value = _train(search, trial, chosen, optuna, say)
        say(f"trial {trial.number}: {value:.4f} with {_text_of(trial.settings)}")
        return value

    states = optuna.trial.TrialState
    counted = (states.COMPLETE, states.PRUNED)

    def enough(study: Any, _: Any) -> None:
        if len(study.get_trials(deepcopy=False, states=counted)) >= trials:
            study.stop()

    left = trials - len(study.get_trials(deepcopy=False, states=counted))
    if left > 0:
        study.optimize(objective, n_trials=left, n_jobs=workers, callbacks=[enough], catch=(_TrialError,))
    if not study.get_trials(deepcopy=False, states=(states.COMPLETE,)):
        failed = study.get_trials(deepcopy=False, states=(states.FAIL,))
        reason = failed[-1].user_attrs.get("error", "unknown") if failed else "all were stopped early"
        raise ValueError(f"No trial came to its end; the last one: {reason}")
    return study


def report_of(study: Any, search: Search) -> dict[str, Any]:
    """What a search has found: the best trial with its command, all trials, the importance of each setting, 0..1."""
    optuna = import_optuna()
    best = study.best_trial
    importances: dict[str, float] = {}
    # Optuna cannot say it where all values are the same, and of a single trial says what means nothing.
    complete = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    with contextlib.suppress(ValueError, RuntimeError, ZeroDivisionError), warnings.catch_warnings():
        # It warns where a few trials say little; so does their number.
        warnings.simplefilter("ignore")
        importances = optuna.importance.get_param_importances(study) if len(complete) > 1 else {}
    return {
        "study": search.name,
        "best": {
            "trial": best.number,
            "val_accuracy": best.value,
            "settings": dict(best.params),
            "command": list(search.command(Trial(best.number, best.params))),
            "model": str(search.model(Trial(best.number, best.params))),
        },
        "importance": {name: round(float(value), 4) for name, value in importances.items()},
        "trials": [
            {"trial": trial.number, "state": trial.state.name.lower(), "value": trial.value, "settings": trial.params}
            for trial in study.get_trials(deepcopy=False)
        ],
    }


def import_optuna() -> Any:
    """Imports Optuna.

    Raises:
        ValueError: If it is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        message = f"A search needs Optuna; install it with: pip install -r requirements-tune.txt ({error})"
        raise ValueError(message) from error
    return optuna


class _TrialError(Exception):
    """A trial whose training failed; the search goes on."""


def _train(search: Search, trial: Trial, chosen: Any, optuna: Any, say: Callable[[str], None]) -> float:
    """Trains and watches the log; returns the accuracy on validation of the model that was saved."""
    model = search.model(trial)
    try:
        training = search.start(search.command(trial))
        try:
            status = _watch(training, model, trial, chosen, optuna, say)
            error = training.errors() if status else ""
        finally:
            training.end()
    except LostTrainingError as lost:
        status, error = 1, str(lost)
    if status:
        last = (error.strip().splitlines() or [f"status {status}"])[-1]
        chosen.set_user_attr("error", last)
        say(f"trial {trial.number}: failed with {_text_of(trial.settings)}: {last}")
        raise _TrialError(last)
    card = read_card(model) or {}
    return float(card["metrics"]["val"]["accuracy"])


def _watch(training: Training, model: Path, trial: Trial, chosen: Any, optuna: Any, say: Callable[[str], None]) -> int:
    """Reports a trial's epochs until it ends, and gives its exit status; raises where they look bad."""
    reported = 0
    while True:
        status = training.wait(_LOOK_SECONDS)
        for row in read_log(log_path(model))[reported:]:
            chosen.report(row["val_accuracy"], reported)
            reported += 1
            if status is None and chosen.should_prune():
                say(f"trial {trial.number}: stopped after {reported} epochs with {_text_of(trial.settings)}")
                raise optuna.TrialPruned
        if status is not None:
            return status


def _address(storage: Path) -> str:
    """What Optuna is told of the file, whatever characters its name has."""
    import sqlalchemy

    return sqlalchemy.URL.create("sqlite", database=str(storage)).render_as_string()


def _text_of(settings: Mapping[str, Any]) -> str:
    shown = {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in settings.items()}
    return ", ".join(f"{name} {value}" for name, value in shown.items())
