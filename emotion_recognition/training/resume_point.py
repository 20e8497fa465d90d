"""The resume point: all that an interrupted run needs to go on as if nothing had happened.

Written when an epoch ends, in one HDF5 file that is whole at any time: weights, the optimizer's state (the learning
rate and Adam's moments), the states of the random generators in the network, early stopping's count and best weights,
and the log so far.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import h5py
import keras
import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.error_about import about
from emotion_recognition.sealed_hdf5 import DAMAGE, open_hdf5, promise_seal, seal
from emotion_recognition.training.early_stopping import ResumableEarlyStopping
from emotion_recognition.training.epoch_log import EpochLog
from emotion_recognition.training.teacher_layer import TeacherOnViews

#: Settings that earlier versions wrote under another name.
_RENAMED = {"votes": "votes_weight"}

#: What held before there was such a setting.
_BEFORE = {
    "teacher_weight": 0.0,
    "teacher_temperature": 2.0,
    "teacher_views": False,
    "teachers": [],
    "unlabelled": None,
    "mixup": 0.0,
    "landmark_weight": 50.0,
}

#: The same of the changes to pictures with faces, which are settings within a setting.
_CHANGES_BEFORE = {"close_up": 0.0, "stretch": 0.0, "damaged": 0.0, "defocus": 0.0}

#: What earlier versions did not write down.
_CONTENTS, _ADDED = ("train_content", "val_content"), ("network_options", "input_sha256")


@dataclass(frozen=True, eq=False)
class ResumePoint:
    """State of a run after its last finished epoch.

    Args:
        settings: What the run was started with; another run's resume point does not fit.
        rows: The log's rows; their number is the number of finished epochs.
        counted: Early stopping's numbers.
        best_weights: Early stopping's best weights.
        history: What the run knows of its earlier stages, as JSON values.
        network: Values of all the network's variables, random states included; those of teachers are left out.
        optimizer: Values of all the optimizer's variables.
    """

    settings: dict[str, Any]
    rows: list[dict[str, Any]]
    counted: dict[str, Any]
    history: dict[str, Any]
    best_weights: list[np.ndarray]
    network: list[np.ndarray]
    optimizer: list[np.ndarray]

    def apply(self, network: keras.Model, early_stopping: ResumableEarlyStopping) -> None:
        """Puts the state into a compiled network with a built optimizer, and into early stopping.

        Raises:
            ValueError: If it is the state of another network.
        """
        pairs = ((_learning(network), self.network), (network.optimizer.variables, self.optimizer))
        for variables, values in pairs:
            if [tuple(variable.shape) for variable in variables] != [value.shape for value in values]:
                raise about(ValueError("The unfinished run is of a network with other weights."), "resume")
        for variables, values in pairs:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        early_stopping.restore(self.counted, self.best_weights)


class SaveResumePoint(keras.callbacks.Callback):
    """Writes the resume point whenever an epoch ends; belongs behind the two callbacks that it reads.

    Args:
        path: The HDF5 file.
        settings: What the run was started with.
        early_stopping: Whose count is saved.
        log: Whose rows are saved.
        history: What the run knows of its earlier stages, as JSON values.
    """

    def __init__(
        self,
        path: Path,
        settings: dict[str, Any],
        early_stopping: ResumableEarlyStopping,
        log: EpochLog,
        history: dict[str, Any],
    ) -> None:
        super().__init__()
        self._path = path
        self._settings = settings
        self._early_stopping = early_stopping
        self._log = log
        self._history = history

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Writes the file."""
        counted, best_weights = self._early_stopping.state()
        state = {"settings": self._settings, "rows": self._log.rows, "counted": counted, "history": self._history}
        with replace_when_complete(self._path) as partial:
            with h5py.File(partial, "w") as file:
                file.attrs["state"] = json.dumps(state)
                promise_seal(file)
                _write_arrays(file, "best_weights", best_weights)
                for name, kept in (("network", _learning(self.model)), ("optimizer", self.model.optimizer.variables)):
                    _write_arrays(file, name, [keras.ops.convert_to_numpy(v) for v in kept])
            with partial.open("r+b") as written:
                seal(written)


class _Content(Protocol):
    def content_sha256(self) -> str: ...


def contents(train: _Content, val: _Content) -> dict[str, str]:
    """Which examples a run learns from and is chosen by, so that it cannot go on with others.

    Args:
        train: The training split.
        val: The validation split.
    """
    return {"train_content": train.content_sha256(), "val_content": val.content_sha256()}


def read_history(path: Path) -> dict[str, Any]:
    """Reads what a run knows of its earlier stages.

    Raises:
        FileNotFoundError: If no epoch of an unfinished run is there.
        ValueError: If the file is damaged.
    """
    return _read(path).history


def read_resume_point(path: Path, settings: dict[str, Any]) -> ResumePoint:
    """Reads the resume point of a run.

    Args:
        path: The HDF5 file.
        settings: What the run that goes on is started with.

    Raises:
        FileNotFoundError: If no epoch of an unfinished run is there.
        ValueError: If the file is damaged, or is of a run with other settings; the message names the first.
    """
    point = _read(path)
    stored = {**_BEFORE, **{_RENAMED.get(name, name): value for name, value in point.settings.items()}}
    changes = stored.get("augmentation")
    if isinstance(changes, dict) and "mosaic" in changes:  # none of an emotion network's
        stored["augmentation"] = {**_CHANGES_BEFORE, **changes}
    # Through JSON, as the stored ones went: it knows no tuples.
    for name, value in json.loads(json.dumps(settings)).items():
        if name in _CONTENTS and name in stored and stored[name] != value:
            raise about(
                ValueError(
                    f"The unfinished run at {path} learned from another build of the data set: its "
                    f"{name.partition('_')[0]} split has other content. Build it as it was, or delete that file"
                ),
                "resume",
            )
        if name not in (_CONTENTS if name in stored else _CONTENTS + _ADDED) and stored.get(name) != value:
            text = f"The unfinished run at {path} has another {name}: {stored.get(name)!r}. Received: {value!r}"
            raise about(ValueError(text), name)
    return point


def _read(path: Path) -> ResumePoint:
    if not path.exists():
        raise about(FileNotFoundError(f"There is nothing to resume: no unfinished run at {path}."), "resume")
    try:
        with open_hdf5(path) as file:
            state = json.loads(file.attrs["state"])
            point = ResumePoint(
                **state,
                best_weights=_read_arrays(file, "best_weights"),
                network=_read_arrays(file, "network"),
                optimizer=_read_arrays(file, "optimizer"),
            )
        _check_state(point)
    except (*DAMAGE, RecursionError) as error:
        raise ValueError(f"{path} is not a resume point, or is damaged; delete it and start again.") from error
    return point


def _learning(network: keras.Model) -> list[keras.Variable]:
    """The network's variables but those of its teachers, which have files of their own."""
    taught = {
        id(variable) for layer in network.layers if isinstance(layer, TeacherOnViews) for variable in layer.variables
    }
    return [variable for variable in network.variables if id(variable) not in taught]


def _check_state(point: ResumePoint) -> None:
    for value, kind in ((point.settings, dict), (point.rows, list), (point.counted, dict), (point.history, dict)):
        if not isinstance(value, kind):
            raise TypeError(f"must be a {kind.__name__}. Received: {type(value).__name__}")
    history = {"position": int, "entries": list, "rows": list}
    if not all(isinstance(point.history[name], kind) for name, kind in history.items() if name in point.history):
        raise TypeError("history must be a position, entries and rows")
    if not all(isinstance(row, dict) for row in point.rows):
        raise TypeError("rows must be objects")


def _write_arrays(file: h5py.File, name: str, arrays: list[np.ndarray]) -> None:
    group = file.create_group(name)
    for index, array in enumerate(arrays):
        group.create_dataset(f"{index:04d}", data=array)


def _read_arrays(file: h5py.File, name: str) -> list[np.ndarray]:
    return [file[name][key][()] for key in sorted(file[name])]
