"""From what a network gives to calibrated probabilities in the order that is asked for.

Raw outputs come in, from whatever runs the network; before: :mod:`emotion_recognition.models.conventions`. Testing,
training's own figures and detection all read outputs here. Needs NumPy alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_recognition.models.calibration import LEAST, apply_temperature
from emotion_recognition.models.prior import Prior

#: How far probabilities of one image may add up to something else than 1: softmax in bfloat16 is off by up to 0.01.
_SUM_TOLERANCE = 0.02

#: What is said of outputs that are no probabilities.
_NOTES = {
    "logits": "gives logits, not probabilities; softmax was applied to them.",
    "sigmoid": "gives a sigmoid score for each class, not probabilities; they were divided by their sum.",
}


@dataclass(frozen=True)
class Postprocessing:
    """How the outputs of one network become probabilities.

    Args:
        output: One of :data:`~emotion_recognition.models.model_options.OUTPUTS`.
        temperature: Above 0; 1 changes nothing.
        order: For each wanted class the index of the network's output for it; None leaves the outputs' order.
        prior: What the network has learned of how frequent classes are, in the order of its outputs; None: unknown.
    """

    output: str = "auto"
    temperature: float = 1.0
    order: tuple[int, ...] | None = None
    prior: Prior | None = None

    def kind_of(self, outputs: np.ndarray) -> str:
        """What outputs are: "probabilities", "logits" or "sigmoid".

        Unless it is stated, it is told from the values: rows of 0..1 that add up to 1 are probabilities, other rows of
        0..1 sigmoid scores; whatever is negative or above 1 is a logit.

        Args:
            outputs: float array (N, classes) with N at least 1.

        Raises:
            ValueError: If the outputs are not what they are stated to be, or NaN or infinity is among them.

        Example:
            >>> told = [[[0.3, 0.7]], [[0.3, 0.9]], [[-0.3, 0.9]]]
            >>> [Postprocessing().kind_of(np.array(outputs)) for outputs in told]
            ['probabilities', 'sigmoid', 'logits']
        """
        if not np.isfinite(outputs).all():
            raise ValueError("the network gives NaN or infinity for some images; its weights are damaged.")
        within = bool(outputs.min() >= 0 and outputs.max() <= 1 + _SUM_TOLERANCE)
        summed = within and bool(np.abs(outputs.sum(axis=1) - 1).max() <= _SUM_TOLERANCE)
        told = "probabilities" if summed else "sigmoid" if within else "logits"
        if self.output == "auto":
            return told
        if self.output == "probabilities" and not summed:
            raise ValueError("the network's outputs must be probabilities that add up to 1, but they do not.")
        if self.output == "sigmoid" and not within:
            raise ValueError("the network's outputs must be sigmoid scores within 0..1, but they are not.")
        return self.output

    def uncalibrated(self, outputs: np.ndarray, kind: str | None = None) -> np.ndarray:
        """Probabilities in the wanted order, without the class prior, before calibration.

        Args:
            outputs: float array (N, outputs) with N at least 1.
            kind: What they are; None tells it by :meth:`kind_of`.

        Returns:
            float array (N, classes), 0..1; every row adds up to 1.
        """
        kind = kind or self.kind_of(outputs)
        if kind == "logits":
            outputs = _softmax(outputs)
        elif kind == "sigmoid":
            outputs = _shares(outputs)
        if self.prior is not None:
            outputs = self.prior.taken_out(outputs)
        return outputs if self.order is None else outputs[:, list(self.order)]

    def calibrated(self, probabilities: np.ndarray) -> np.ndarray:
        """Calibrates probabilities that :meth:`uncalibrated` has given; float array of the same shape."""
        return apply_temperature(probabilities, self.temperature)

    def __call__(self, outputs: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, float array (N, classes), of outputs (N, outputs)."""
        return self.calibrated(self.uncalibrated(outputs))

    def note_on(self, kind: str) -> str | None:
        """What a reader should know of outputs of a kind that was told from their values; None if nothing."""
        return _NOTES.get(kind) if self.output == "auto" else None


def average(probabilities: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of several networks' probabilities.

    Args:
        probabilities: float arrays (N, classes), one per network or view; all of the same shape.

    Returns:
        float32 array (N, classes).
    """
    return np.asarray(np.stack(probabilities).mean(axis=0, dtype=np.float64), dtype=np.float32)


def geometric_mean(probabilities: Sequence[np.ndarray]) -> np.ndarray:
    """What several looks at the same faces come to together: their logits' mean.

    Unlike :func:`average` it gives the same whether a prior is divided out, or a temperature applied, before or after.

    Args:
        probabilities: float arrays (N, classes), one per look; all of the same shape.

    Returns:
        float32 array (N, classes); each row sums to 1.

    Example:
        >>> geometric_mean([np.array([[0.9, 0.1]]), np.array([[0.5, 0.5]])])  # logits 2.2 and 0
        array([[0.75, 0.25]], dtype=float32)
    """
    logits = np.log(np.maximum(np.stack(probabilities), LEAST, dtype=np.float64))
    return np.asarray(_softmax(logits.mean(axis=0)), dtype=np.float32)


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _shares(scores: np.ndarray) -> np.ndarray:
    """Scores over their sum; where all are 0, all classes are equally likely."""
    sums = scores.sum(axis=1, keepdims=True)
    return np.asarray(np.where(sums > 0, scores / np.where(sums > 0, sums, 1), 1 / scores.shape[1]), scores.dtype)
