"""Fits the prior's power and the temperature of a model to what it says of labelled photographs.

The power (Menon et al. 2021, arXiv:2007.07314) is the one of :data:`POWERS` with the lowest log loss in which every
class that occurs has the same weight, whatever its number of photographs: a smooth stand-in for the mean recall, which
jumps with each photograph of a rare class. How sure the model is in all must not decide it, so each power is judged at
the temperature that suits it best. The temperature is then the one with the lowest log loss over the photographs, at
that power. Before: :mod:`emotion_recognition.evaluation.photographs.looking`; next:
:mod:`emotion_recognition.evaluation.photographs.report` and :mod:`emotion_recognition.evaluation.photographs.keeping`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from emotion_recognition.emotions import class_order
from emotion_recognition.error_about import about
from emotion_recognition.evaluation.calibration import fit_temperature, log_loss
from emotion_recognition.evaluation.photographs.evaluate import PhotographMetrics, measure
from emotion_recognition.evaluation.photographs.looking import Sightings
from emotion_recognition.models.calibration import LEAST
from emotion_recognition.models.conventions import read_conventions
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.models.prior import MOST_POWER

#: The powers that are tried.
POWERS = tuple(np.linspace(0, MOST_POWER, 41).round(2).tolist())
#: Parts of the photographs for cross-validation, and the seed that deals them out.
FOLDS, SEED = 5, 0
#: Fewer faces say nothing.
LEAST_FACES = 10

_TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True)
class Knobs:
    """The numbers that are fitted.

    Args:
        power: Of the class shares that the probabilities are divided by, 0..2.
        temperature: Above 0.
    """

    power: float
    temperature: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a choice of the numbers comes to on the photographs.

    Args:
        metrics: The figures on all photographs; those without a face count as wrong.
        log_loss: Mean negative log probability of the label over the faces that were found, nats.
    """

    metrics: PhotographMetrics
    log_loss: float

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON values; rates are 0..1."""
        return {
            "accuracy": self.metrics.accuracy,
            "mean_recall": self.metrics.mean_recall,
            "expected_calibration_error": self.metrics.calibration_error,
            "log_loss": self.log_loss,
        }


@dataclass(frozen=True, eq=False)
class Fit:
    """A fit to photographs and what it is worth.

    Args:
        photographs: What the photographs are called.
        class_shares: The share of the training images of each class, by its name; empty where it is not known.
        faces: On how many of them a face was found.
        fits_power: Whether the power was fitted.
        fits_temperature: Whether the temperature was.
        before: The numbers before.
        after: Those that were fitted to all photographs.
        of_folds: Those that were fitted to all but one fold, for each.
        outcome_before: What the numbers before come to.
        outcome_after: What the fitted ones do, on the photographs that they were fitted to.
        cross_validated: The same with each photograph judged by the numbers that were fitted without its fold.
    """

    photographs: str
    class_shares: dict[str, float]
    faces: int
    fits_power: bool
    fits_temperature: bool
    before: Knobs
    after: Knobs
    of_folds: tuple[Knobs, ...]
    outcome_before: Outcome
    outcome_after: Outcome
    cross_validated: Outcome


def tuning_of(model: Path, class_names: Sequence[str], options: ModelOptions) -> tuple[Knobs, np.ndarray | None]:
    """The numbers that a model is used with, and the class shares in its card.

    Args:
        model: The model file.
        class_names: The classes in the order of the photographs' labels.
        options: What the caller says of the model beside its card.

    Returns:
        The numbers, and float array (classes,) in the order of the class names; None where the card has no shares.

    Raises:
        ValueError: If the card is none or has other classes.
    """
    conventions = read_conventions(model, len(class_names), options)
    prior = conventions.prior
    if prior is None:
        return Knobs(0.0, conventions.temperature), None
    order = class_order(class_names, "the photographs", conventions.class_names, f"the model {model}")
    shares = np.array(prior.class_shares)
    return Knobs(prior.power, conventions.temperature), shares if order is None else shares[list(order)]


def fit_to_photographs(
    sightings: Sightings, before: Knobs, class_shares: np.ndarray | None, *, power: bool, temperature: bool
) -> Fit:
    """Fits the numbers of the one model that has seen the photographs.

    Args:
        sightings: What was seen by a single model, each face once.
        before: The numbers by which it was seen.
        class_shares: float array (classes,), above 0: the shares of the training images, in the order of the classes.
            None, where they are not known, allows for no power but 0.
        power: Whether to fit the power.
        temperature: Whether to fit the temperature.

    Raises:
        ValueError: If faces were averaged with their mirror images, the shares are needed and not known, or there are
            too few faces, or faces of one class alone.
    """
    if sightings.mirrored:
        raise about(ValueError("a fit needs each face by itself, without its mirror image."), "mirrored")
    if class_shares is None and (power or before.power):
        raise about(ValueError("fit_prior needs a model whose card has its class shares, under prior."), "fit_prior")
    found = sightings.found
    labels = sightings.labels[found]
    if len(labels) < LEAST_FACES or len(np.unique(labels)) < 2:
        raise ValueError(
            f"a fit needs photographs with at least {LEAST_FACES} faces of at least 2 classes. Received: {len(labels)} "
            f"faces of {len(np.unique(labels))} classes"
        )
    log_shares = np.zeros(sightings.probabilities.shape[1]) if class_shares is None else np.log(class_shares)
    seen = np.log(np.maximum(sightings.probabilities[found], LEAST, dtype=np.float64))
    logits = seen * before.temperature + before.power * log_shares

    def fitted(chosen: np.ndarray) -> Knobs:
        best = _best_power(labels[chosen], logits[chosen], log_shares) if power else before.power
        if not temperature:
            return Knobs(best, before.temperature)
        plain = _probabilities(logits[chosen], log_shares, Knobs(best, 1.0))
        return Knobs(best, fit_temperature(labels[chosen], plain).temperature)

    def outcome(probabilities: np.ndarray) -> Outcome:
        of_all = np.zeros(sightings.probabilities.shape)
        of_all[found] = probabilities
        return Outcome(measure(sightings, of_all), log_loss(labels, probabilities))

    after = fitted(np.ones(len(labels), bool))
    of_folds, unseen = [], np.empty(logits.shape)
    for fold in deal(labels):
        of_folds.append(fitted(~fold))
        unseen[fold] = _probabilities(logits[fold], log_shares, of_folds[-1])
    return Fit(
        sightings.photographs.name,
        {}
        if class_shares is None
        else dict(zip(sightings.photographs.class_names, class_shares.tolist(), strict=True)),
        len(labels),
        power,
        temperature,
        before,
        after,
        tuple(of_folds),
        outcome(_probabilities(logits, log_shares, before)),
        outcome(_probabilities(logits, log_shares, after)),
        outcome(unseen),
    )


def deal(labels: np.ndarray) -> Iterator[np.ndarray]:
    """Deals examples out into :data:`FOLDS` parts that have nearly the same number of each class.

    Args:
        labels: Integer array (N,).

    Yields:
        bool array (N,): which examples are in a part; each is in one.

    Example:
        >>> [int(fold.sum()) for fold in deal(np.array([0] * 7 + [1] * 4))]
        [3, 2, 2, 2, 2]
    """
    order = np.random.default_rng(SEED).permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    parts = np.empty(len(labels), np.int64)
    parts[by_class] = np.arange(len(labels)) % FOLDS
    for part in range(FOLDS):
        yield parts == part


def _best_power(labels: np.ndarray, logits: np.ndarray, log_shares: np.ndarray) -> float:
    counts = np.bincount(labels, minlength=logits.shape[1])
    weights = 1 / counts[labels]
    rows = np.arange(len(labels))

    def loss(power: float) -> float:
        def at(log_temperature: float) -> float:
            probabilities = _probabilities(logits, log_shares, Knobs(power, float(np.exp(log_temperature))))
            of_labels = np.maximum(probabilities[rows, labels], LEAST)
            return float(-np.average(np.log(of_labels), weights=weights))

        return float(minimize_scalar(at, bounds=np.log(_TEMPERATURES), method="bounded").fun)

    return float(POWERS[int(np.argmin([loss(power) for power in POWERS]))])


def _probabilities(logits: np.ndarray, log_shares: np.ndarray, knobs: Knobs) -> np.ndarray:
    """float64 (N, classes) of logits that have the whole prior in them."""
    adjusted = (logits - knobs.power * log_shares) / knobs.temperature
    powers = np.exp(adjusted - adjusted.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
