"""Puts the scores of the detector's two stages together.

Scores and logits go in, probabilities come out. Needs NumPy alone. The numbers are fitted on ``val`` by
:mod:`emotion_recognition.evaluation.face_detection.fusing`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from emotion_recognition.models.card import is_number, shortened

#: Nearer to 0 or 1 than this, the first stage's score says nothing but its rounding.
_CLOSEST = 1e-4

_CARD_ENTRY = "fusion"

#: What a card may state.
_MOST = 1e3


@dataclass(frozen=True)
class Fusion:
    """Logistic regression on both stages' logits; it travels in the second stage's card.

    Args:
        first: What the logit of the first stage's score is multiplied by.
        second: What the second stage's logit is multiplied by.
        intercept: What is added.

    Raises:
        ValueError: If a number is not finite, or higher scores of a stage would mean fewer faces.
    """

    first: float
    second: float
    intercept: float

    def __post_init__(self) -> None:
        for name in ("first", "second", "intercept"):
            value = getattr(self, name)
            least = -_MOST if name == "intercept" else 0
            if not is_number(value, least, _MOST):
                raise ValueError(f"{name} must be within {least:g}..{_MOST:g}. Received: {shortened(value)}")

    def scores(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The probability that there is a face.

        Args:
            first: float array (N,): the first stage's scores, 0..1.
            second: float array (N,): the second stage's logits.

        Returns:
            float64 array (N,), 0..1.

        Example:
            >>> Fusion(1.0, 1.0, 0.0).scores(np.array([0.5, 0.8]), np.array([0.0, 0.0])).round(3).tolist()
            [0.5, 0.8]
        """
        logits = self.first * logit(first) + self.second * np.asarray(second, np.float64) + self.intercept
        # tanh instead of exp, which overflows for a logit far below zero.
        return np.asarray(0.5 + 0.5 * np.tanh(logits / 2))

    def to_card(self) -> dict[str, Any]:
        """The card's part that :meth:`from_card` reads."""
        return {_CARD_ENTRY: asdict(self)}

    @classmethod
    def from_card(cls, card: Mapping[str, Any]) -> "Fusion":
        """Reads the numbers from a card.

        Raises:
            ValueError: If the card does not state them.
        """
        entry = card.get(_CARD_ENTRY)
        if not isinstance(entry, dict) or set(entry) != {"first", "second", "intercept"}:
            raise ValueError(f"{_CARD_ENTRY} must hold first, second and intercept. Received: {shortened(entry)}")
        return cls(**entry)


def logit(scores: np.ndarray) -> np.ndarray:
    """The logits of scores, float64 array (N,); those of 0 and 1 are large, but finite."""
    kept = np.clip(np.asarray(scores, np.float64), _CLOSEST, 1 - _CLOSEST)
    return np.asarray(np.log(kept / (1 - kept)))
