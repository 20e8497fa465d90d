"""What a run of training leaves: the model as others will read it, its card with figures and temperature, the curves.

Before: :func:`~emotion_recognition.training.stages.fit_stages`; next: export, and a report on ``test``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emotion_recognition import plots
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.error_about import about
from emotion_recognition.evaluation.calibration import fit_temperature
from emotion_recognition.evaluation.ensemble import Ensemble
from emotion_recognition.evaluation.metrics import Metrics, compute_metrics
from emotion_recognition.models.card import write_card
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.models.prior import Prior
from emotion_recognition.training.run_card import run_card
from emotion_recognition.training.stages import RunResult
from emotion_recognition.training.start import Start
from emotion_recognition.workspace import CURVES, DRAWING, beside

#: Settings that add to the training loss alone, and what they add.
_IN_TRAINING_LOSS = {
    "votes_weight": "the loss of FER+'s votes",
    "votes": "the loss of FER+'s votes",  # as earlier cards call it
    "ferplus_weight": "the loss of FER+'s distributions",
    "label_smoothing": "label smoothing",
}


def save_trained(start: Start, path: Path, train: Split, val: Split, done: RunResult) -> Metrics:
    """Saves the network and its card; the temperature is fitted on ``val``.

    Args:
        start: What the run started from; its network has been fitted.
        path: The model file to write.
        train: Split it learned from.
        val: Split its epochs were chosen by.
        done: What came out of the run so far.

    Returns:
        The figures on ``val`` of the file, in float32, without the temperature.

    Raises:
        OSError: If a file cannot be written.
    """
    save_network(start.network, path)
    prior = class_prior(train, done.entries[-1].get("prior_power", 0.0))
    ensemble = Ensemble.from_network(load_network(path), val.class_names, prior)
    probabilities = ensemble.predict(val.images).uncalibrated
    metrics = compute_metrics(val.labels, probabilities, val.class_names)
    card = run_card(start.network, start.network_name, train, val, done.entries, metrics.to_json(), start.builds)
    if start.backbone:
        card["backbone"] = start.backbone
    if prior is not None:
        card["prior"] = prior.to_card()
    write_card(path, {**card, "calibration": fit_temperature(val.labels, probabilities).to_json()})
    return metrics


def class_prior(train: Split, power: float) -> Prior | None:
    """The prior that a network has learned from a split; None where the power is 0.

    Raises:
        ValueError: If a class has no image, or no share of any.
    """
    if not power:
        return None
    # What the targets are: distributions where there are any, else labels.
    if train.distributions is None:
        counts = np.bincount(train.labels, minlength=len(train.class_names)).astype(np.float64)
    else:
        counts = train.distributions.sum(axis=0, dtype=np.float64)
    missing = [name for name, count in zip(train.class_names, counts, strict=True) if not count]
    if missing:
        message = f"prior_power needs training images of every class; there are none of {', '.join(missing)}"
        raise about(ValueError(message), "prior_power")
    return Prior(tuple((counts / counts.sum()).tolist()), power)


def draw_curves(path: Path, done: RunResult) -> None:
    """Draws the loss over the epochs of all stages beside a model file."""
    plots.draw_training_curves(
        beside(path, CURVES),
        done.rows,
        done.best_row + 1,
        path.name,
        also_in_training_loss=also_in_training_loss(done.entries),
    )


def also_in_training_loss(stages: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What the training loss of a run has and its validation loss has not, in words.

    Args:
        stages: The settings of its stages, as in a card.

    Example:
        >>> also_in_training_loss([{"votes_weight": 0.5}, {"votes_weight": 0.5, "label_smoothing": 0.0}])
        ("the loss of FER+'s votes",)
    """
    return tuple(words for name, words in _IN_TRAINING_LOSS.items() if any(stage.get(name) for stage in stages))


def draw_architecture(path: Path, start: Start) -> str:
    """Draws the network beside a model file, or writes it as a table; returns what was done."""
    return plots.draw_network(beside(path, DRAWING), start.network)
