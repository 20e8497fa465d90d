"""How far probabilities can be believed: the expected calibration error, and the temperature that lowers it.

Labels and probabilities come in. Guo et al. 2017, arXiv:1706.04599.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from emotion_recognition.models.calibration import LEAST, apply_temperature

#: As in the paper's tables.
BINS = 15

#: Between these the temperature is looked for; a fit that ends at one of them has found none.
_LOWEST, _HIGHEST = 0.05, 20.0


@dataclass(frozen=True, eq=False)
class Reliability:
    """Predictions sorted by how sure they are.

    Args:
        counts: int64 array (bins,): predictions whose confidence lies in each of the equally wide bins of 0..1.
        confidence: float64 array (bins,): their mean confidence, 0..1; NaN for an empty bin.
        accuracy: float64 array (bins,): the share of them that is right, 0..1; NaN for an empty bin.
        variance: float64 array (bins,): the sum of c (1 - c) over their confidences c: the variance of how many are
            right where each is right with a probability of c.
    """

    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    variance: np.ndarray

    @property
    def expected_error(self) -> float:
        """The expected calibration error: the bins' mean distance of confidence and accuracy by count, 0..1."""
        full = self.counts > 0
        gaps = np.abs(self.confidence[full] - self.accuracy[full])
        return float(np.average(gaps, weights=self.counts[full]))

    @property
    def chance_error(self) -> float:
        """The mean expected calibration error, 0..1, of perfectly calibrated predictions that are as sure as these.

        Each is then right with the probability that it states, but few are right exactly as often. The numbers of right
        ones are taken for normally distributed. An error that is no larger says nothing against the probabilities; the
        more examples there are, the smaller it is.
        """
        return float(np.sqrt(2 / np.pi * self.variance).sum() / self.counts.sum())

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON values; empty bins have None."""
        full = self.counts > 0
        return {
            "expected_calibration_error": self.expected_error,
            "expected_calibration_error_by_chance": self.chance_error,
            "counts": self.counts.tolist(),
            "confidence": [float(c) if f else None for c, f in zip(self.confidence, full, strict=True)],
            "accuracy": [float(a) if f else None for a, f in zip(self.accuracy, full, strict=True)],
        }


@dataclass(frozen=True)
class TemperatureFit:
    """A temperature and what it does to the examples that it was fitted on.

    Args:
        temperature: Above 0.
        error_before: Expected calibration error without it, 0..1.
        error_after: The same with it.
        log_loss_before: Mean negative log probability of the label without it, nats.
        log_loss_after: The same with it.
    """

    temperature: float
    error_before: float
    error_after: float
    log_loss_before: float
    log_loss_after: float

    def to_json(self) -> dict[str, Any]:
        """The part of a model's card."""
        return {
            "temperature": self.temperature,
            "split": "val",
            "expected_calibration_error_before": self.error_before,
            "expected_calibration_error_after": self.error_after,
            "log_loss_before": self.log_loss_before,
            "log_loss_after": self.log_loss_after,
        }


def reliability(labels: np.ndarray, probabilities: np.ndarray, bins: int = BINS) -> Reliability:
    """Sorts predictions by the probability of the predicted class.

    Args:
        labels: Integer array (N,), N at least 1.
        probabilities: float array (N, classes).
        bins: Number of bins; bin i has confidences above i / bins, up to and with (i + 1) / bins.

    Raises:
        ValueError: If there is no example or no bin.

    Example:
        >>> sorted_ = reliability(np.array([0, 1]), np.array([[0.9, 0.1], [0.7, 0.3]]), bins=2)
        >>> sorted_.counts.tolist(), round(sorted_.expected_error, 2)  # sure by 0.8 on average, right in half
        ([0, 2], 0.3)
    """
    if len(labels) == 0 or bins < 1:
        raise ValueError(f"There must be an example and a bin. Received: {len(labels)} examples, {bins} bins")
    sure = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        return Reliability(
            counts=counts,
            confidence=np.bincount(place, sure, bins) / counts,
            accuracy=np.bincount(place, right, bins) / counts,
            variance=np.bincount(place, sure * (1 - sure), bins),
        )


def log_loss(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean negative logarithm of the labels' probabilities, nats."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], LEAST)).mean())


def fit_temperature(labels: np.ndarray, probabilities: np.ndarray) -> TemperatureFit:
    """Finds the temperature with the lowest log loss.

    Args:
        labels: Integer array (N,), N at least 1.
        probabilities: float array (N, classes) of examples that the network was not trained on.
    """

    def loss(log_temperature: float) -> float:
        return log_loss(labels, apply_temperature(probabilities, float(np.exp(log_temperature))))

    found = minimize_scalar(loss, bounds=(np.log(_LOWEST), np.log(_HIGHEST)), method="bounded", options={"xatol": 1e-4})
    temperature = round(float(np.exp(found.x)), 4)
    calibrated = apply_temperature(probabilities, temperature)
    return TemperatureFit(
        temperature=temperature,
        error_before=reliability(labels, probabilities).expected_error,
        error_after=reliability(labels, calibrated).expected_error,
        log_loss_before=log_loss(labels, probabilities),
        log_loss_after=log_loss(labels, calibrated),
    )
