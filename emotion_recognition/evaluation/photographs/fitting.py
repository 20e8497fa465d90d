"""Fits the prior and the temperature of a model to what it says of labelled photographs.

Of the prior, either one number is fitted or one for each class. The power (Menon et al. 2021, arXiv:2007.07314) is the
one of :data:`POWERS` with the lowest log loss in which every class that occurs has the same weight, whatever its number
of photographs: a smooth stand-in for the mean recall, which jumps with each photograph of a rare class. How sure the
model is in all must not decide it, so each power is judged at the temperature that suits it best.

One number for each class is bias-corrected temperature scaling (Alexandari, Kundaje and Shrikumar 2020,
arXiv:1901.06852): an offset of each class's logit beside the power and the temperature. It is written as the class
shares that probabilities are then divided by, so that whatever uses a prior uses it too. In the log loss that decides,
a class weighs as much as the square root of its number of photographs, between the accuracy and the mean recall;
offsets have a normal prior of standard deviation :data:`OFFSET_DEVIATION`, so that a few photographs change little.

The temperature is then the one with the lowest log loss over the photographs, at that prior. Before:
:mod:`emotion_recognition.evaluation.photographs.looking`; next:
:mod:`emotion_recognition.evaluation.photographs.report` and :mod:`emotion_recognition.evaluation.photographs.keeping`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from emotion_recognition.emotions import class_order
from emotion_recognition.error_about import about
from emotion_recognition.evaluation.calibration import fit_temperature, log_loss
from emotion_recognition.evaluation.photographs.evaluate import PhotographMetrics, measure
from emotion_recognition.evaluation.photographs.looking import Sightings
from emotion_recognition.evaluation.photographs.prior_fits import CLASSES, POWER
from emotion_recognition.models.calibration import LEAST
from emotion_recognition.models.conventions import read_conventions
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.models.prior import MOST_POWER

#: The powers that are tried.
POWERS = tuple(np.linspace(0, MOST_POWER, 41).round(2).tolist())
#: Parts of the photographs for cross-validation, and the seed that deals them out.
FOLDS, SEED = 5, 0
#: Standard deviation of the offsets' prior, nats.
OFFSET_DEVIATION = 0.5
#: Fewer faces say nothing.
LEAST_FACES = 10

_TEMPERATURES = (0.05, 20.0)

#: Log losses that differ by no more are the same, nats.
_AS_GOOD = 1e-7


@dataclass(frozen=True)
class Knobs:
    """The numbers that are fitted.

    Args:
        power: Of the class shares that the probabilities are divided by, 0..2.
        temperature: Above 0.
        class_shares: What they are divided by, in the order of the classes, where those are not the training images'.
    """

    power: float
    temperature: float
    class_shares: tuple[float, ...] | None = None


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
        training_shares: The share of the training images of each class, by its name; empty where it is not known.
        faces: On how many of them a face was found.
        fits_prior: What was fitted of the prior,
            :data:`~emotion_recognition.evaluation.photographs.prior_fits.POWER` or ``CLASSES``; None if nothing was.
        fits_temperature: Whether the temperature was.
        before: The numbers before.
        after: Those that were fitted to all photographs.
        of_folds: Those that were fitted to all but one fold, for each.
        outcome_before: What the numbers before come to.
        outcome_after: What the fitted ones do, on the photographs that they were fitted to.
        cross_validated: The same with each photograph judged by the numbers that were fitted without its fold.
    """

    photographs: str
    training_shares: dict[str, float]
    faces: int
    fits_prior: str | None
    fits_temperature: bool
    before: Knobs
    after: Knobs
    of_folds: tuple[Knobs, ...]
    outcome_before: Outcome
    outcome_after: Outcome
    cross_validated: Outcome


def tuning_of(model: Path, class_names: Sequence[str], options: ModelOptions) -> tuple[Knobs, np.ndarray | None]:
    """The numbers that a model is used with, and the training images' class shares in its card.

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
    divided, learned = np.array(prior.class_shares), np.array(prior.training_shares or prior.class_shares)
    if order is not None:
        divided, learned = divided[list(order)], learned[list(order)]
    fitted = None if prior.training_shares is None else tuple(divided.tolist())
    return Knobs(prior.power, conventions.temperature, fitted), learned


def fit_to_photographs(
    sightings: Sightings, before: Knobs, training_shares: np.ndarray | None, *, prior: str | None, temperature: bool
) -> Fit:
    """Fits the numbers of the one model that has seen the photographs.

    Args:
        sightings: What was seen by a single model, each face once.
        before: The numbers by which it was seen.
        training_shares: float array (classes,), above 0: the shares of the training images, in the order of the
            classes. None, where they are not known, allows for no power but 0.
        prior: What to fit of it, :data:`~emotion_recognition.evaluation.photographs.prior_fits.POWER` or ``CLASSES``;
            None leaves it as it is.
        temperature: Whether to fit the temperature.

    Raises:
        ValueError: If faces were averaged with their mirror images, the shares are needed and not known, or there are
            too few faces, or faces of one class alone.
    """
    if sightings.mirrored:
        raise about(ValueError("a fit needs each face by itself, without its mirror image."), "mirrored")
    if training_shares is None and (prior or before.power):
        raise about(ValueError("fit_prior needs a model whose card has its class shares, under prior."), "fit_prior")
    found = sightings.found
    labels = sightings.labels[found]
    if len(labels) < LEAST_FACES or len(np.unique(labels)) < 2:
        raise ValueError(
            f"a fit needs photographs with at least {LEAST_FACES} faces of at least 2 classes. Received: {len(labels)} "
            f"faces of {len(np.unique(labels))} classes"
        )
    log_shares = np.zeros(sightings.probabilities.shape[1]) if training_shares is None else np.log(training_shares)
    seen = np.log(np.maximum(sightings.probabilities[found], LEAST, dtype=np.float64))
    logits = seen * before.temperature + _prior_logits(log_shares, before)

    def fitted(chosen: np.ndarray) -> Knobs:
        best = before
        if prior == POWER:
            best = Knobs(_best_power(labels[chosen], logits[chosen], log_shares), before.temperature)
        elif prior == CLASSES:
            shares = _best_shares(labels[chosen], logits[chosen], log_shares)
            best = Knobs(1.0, before.temperature, tuple(shares.tolist()))
        if not temperature:
            return best
        plain = _probabilities(logits[chosen], log_shares, replace(best, temperature=1.0))
        return replace(best, temperature=fit_temperature(labels[chosen], plain).temperature)

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
        if training_shares is None
        else dict(zip(sightings.photographs.class_names, training_shares.tolist(), strict=True)),
        len(labels),
        prior,
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

    losses = np.array([loss(power) for power in POWERS])
    # Of powers that are as good as each other but for the minimizer's precision, the least.
    return float(POWERS[int(np.argmax(losses <= losses.min() + _AS_GOOD))])


def _best_shares(labels: np.ndarray, logits: np.ndarray, log_shares: np.ndarray) -> np.ndarray:
    """float64 (classes,), above 0, adding up to 1: what the probabilities are best divided by."""
    rows, classes = np.arange(len(labels)), logits.shape[1]
    weights = 1 / np.sqrt(np.bincount(labels, minlength=classes)[labels])
    weights /= weights.sum()
    precision = 1 / (len(labels) * OFFSET_DEVIATION**2)

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        """The weighted log loss and its gradient at log inverse temperature, power and offsets."""
        scale, power, offsets = np.exp(values[0]), values[1], values[2:]
        adjusted = logits - power * log_shares + offsets
        probabilities = _softmax(scale * adjusted)
        wrong = probabilities.copy()
        wrong[rows, labels] -= 1
        wrong *= scale * weights[:, None]
        by_offset = wrong.sum(axis=0)
        of_labels = np.log(np.maximum(probabilities[rows, labels], LEAST))
        gradient = [np.sum(wrong * adjusted), -by_offset @ log_shares, *(by_offset + precision * offsets)]
        return float(precision / 2 * offsets @ offsets - weights @ of_labels), np.array(gradient)

    low, high = np.log(_TEMPERATURES)
    limits = [(-high, -low), (0.0, MOST_POWER), *[(None, None)] * classes]
    best = minimize(loss, np.zeros(2 + classes), jac=True, method="L-BFGS-B", bounds=limits).x
    return _softmax(best[1] * log_shares - best[2:])


def _prior_logits(log_shares: np.ndarray, knobs: Knobs) -> np.ndarray:
    return knobs.power * (log_shares if knobs.class_shares is None else np.log(knobs.class_shares))


def _probabilities(logits: np.ndarray, log_shares: np.ndarray, knobs: Knobs) -> np.ndarray:
    """float64 (N, classes) of logits that have the whole prior in them."""
    return _softmax((logits - _prior_logits(log_shares, knobs)) / knobs.temperature)


def _softmax(adjusted: np.ndarray) -> np.ndarray:
    powers = np.exp(adjusted - adjusted.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
