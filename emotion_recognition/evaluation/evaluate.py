"""Networks on a split, in one call: predict every example, average the networks, count.

Before: an HDF5 split and trained networks; next: :mod:`emotion_recognition.evaluation.report`.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from emotion_recognition.data.audit.duplicates import has_twin
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.emotions import check_same_classes
from emotion_recognition.evaluation.calibration import Reliability, reliability
from emotion_recognition.evaluation.metrics import Metrics, compute_metrics
from emotion_recognition.evaluation.network_input import input_of
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.evaluation.predictions import average, predict
from emotion_recognition.models.calibration import apply_temperature, temperature_of
from emotion_recognition.models.card import read_card
from emotion_recognition.models.files import classes_of, load_network

_DEFAULT = PredictionSettings()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What came out of putting model files on a split.

    Args:
        model_names: File names of the models, without folders.
        split: The examples.
        settings: How they went through the networks.
        probabilities: float32 array (N, classes): the calibrated probabilities, averaged over the models.
        temperatures: Each model's temperature, from its card.
        metrics: The figures on all examples.
        uncalibrated: How far the probabilities can be believed without the temperatures.
        calibrated: The same with them.
        twins: Number of examples whose exact image is in the training split too; None if that was not looked at.
        without_twins: The figures without those examples; None if not looked at, or if no others are left.
        notes: What the reader should know, a sentence each.
    """

    model_names: tuple[str, ...]
    split: Split
    settings: PredictionSettings
    probabilities: np.ndarray
    temperatures: tuple[float, ...]
    metrics: Metrics
    uncalibrated: Reliability
    calibrated: Reliability
    twins: int | None
    without_twins: Metrics | None
    notes: tuple[str, ...]


def evaluate(
    networks: Sequence[keras.Model], split: Split, settings: PredictionSettings = _DEFAULT, *, progress: bool = False
) -> Metrics:
    """Evaluates networks whose classes are the split's; the probabilities of several are averaged.

    Args:
        networks: At least one classifier with an output for each of the split's classes.
        split: The examples; each counts exactly once.
        settings: Batch size, pixel range, views.
        progress: Whether to show a progress bar, where standard error is a terminal.

    Raises:
        ValueError: If there is no network or no example, or a network cannot take the images or has another number
            of outputs.
    """
    if not networks:
        raise ValueError("networks must hold at least one network. Received: none")
    probabilities = average(
        [predict(network, split.images, settings, progress=progress).probabilities for network in networks]
    )
    return compute_metrics(split.labels, probabilities, split.class_names)


def evaluate_files(
    paths: Sequence[Path],
    split: Split,
    settings: PredictionSettings = _DEFAULT,
    *,
    train: Split | None = None,
    progress: bool = False,
) -> Evaluation:
    """Loads models and evaluates them together; their calibrated probabilities are averaged.

    Args:
        paths: At least one model file. All are loaded and checked before the first one predicts.
        split: The examples; each counts exactly once.
        settings: Batch size, pixel range, views.
        train: The training split, to count again without the examples that have a twin in it.
        progress: Whether to show a progress bar, where standard error is a terminal.

    Raises:
        FileNotFoundError: If a model is missing.
        ValueError: If there is no example, or a model cannot be read, has other classes than the split or cannot
            take its images; the message names the file.
    """
    if not paths:
        raise ValueError("paths must hold at least one model. Received: none")
    notes: list[str] = []
    networks = [_load_checked(path, split, notes) for path in paths]
    probabilities = []
    for path, network in zip(paths, networks, strict=True):
        with _naming(path):
            predictions = predict(network, split.images, settings, progress=progress)
        if predictions.from_logits:
            notes.append(f"{path.name} gives logits, not probabilities; softmax was applied to them.")
        probabilities.append(predictions.probabilities)
    temperatures = tuple(_temperature(path) for path in paths)
    mean = average([apply_temperature(p, t) for p, t in zip(probabilities, temperatures, strict=True)])
    if train is not None and train.source_sha256 != split.source_sha256:
        notes.append(
            f"the training split comes from another {train.source_name} than the {split.split} split; build both again."
        )
    twins = None if train is None else has_twin(split.images, among=train.images)
    return Evaluation(
        model_names=tuple(path.name for path in paths),
        split=split,
        settings=settings,
        probabilities=mean,
        temperatures=temperatures,
        metrics=compute_metrics(split.labels, mean, split.class_names),
        uncalibrated=reliability(split.labels, average(probabilities)),
        calibrated=reliability(split.labels, mean),
        twins=None if twins is None else int(twins.sum()),
        without_twins=(
            None
            if twins is None or twins.all()
            else compute_metrics(split.labels[~twins], mean[~twins], split.class_names)
        ),
        notes=tuple(notes),
    )


def _load_checked(path: Path, split: Split, notes: list[str]) -> keras.Model:
    network = load_network(path)
    with _naming(path):
        input_of(network)
    names, stated = classes_of(path, network)
    if not stated:
        notes.append(f"{path.name} has no card; its outputs are taken for {', '.join(names)}.")
    check_same_classes(split.class_names, f"the {split.split} split", names, f"the model {path}")
    return network


def _temperature(path: Path) -> float:
    with _naming(path):
        return temperature_of(read_card(path))


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{path} cannot be evaluated: {error}") from error
