"""The class prior that a classifier has learned, and how much of it is taken out of its probabilities.

A network trained on few disgusted faces says "disgust" too rarely where they are not as rare. Dividing its
probabilities by the training split's class shares, to some power, takes that out (logit adjustment: Menon et al. 2021,
arXiv:2007.07314). Shares and power are in the model's card; the caller may choose another power. Shares that were
fitted to labelled photographs take the place of the training split's, see
:mod:`emotion_recognition.evaluation.photographs.fitting`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_recognition.error_about import about
from emotion_recognition.models.calibration import LEAST
from emotion_recognition.models.card import is_whole, shortened

#: More than this would turn the prior upside down.
MOST_POWER = 2.0


@dataclass(frozen=True)
class Prior:
    """A class prior and the power that it is divided out to.

    Args:
        class_shares: What probabilities are divided by, above 0, in the order of the network's outputs: each class's
            share of the training images, or what was fitted in its place.
        power: 0 changes nothing, 1 leaves what the network says of classes that are equally frequent; at most 2.
        training_shares: Each class's share of the training images where the others were fitted, else None.

    Raises:
        ValueError: If a share is not above 0 or the power is out of range.
    """

    class_shares: tuple[float, ...]
    power: float
    training_shares: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for name, shares in (("class_shares", self.class_shares), ("training_shares", self.training_shares)):
            if shares is not None and (not shares or not all(LEAST <= share <= 1 for share in shares)):
                raise ValueError(f"{name} must be above 0 and at most 1. Received: {list(shares)}")
        check_power(self.power)

    def taken_out(self, probabilities: np.ndarray) -> np.ndarray:
        """Divides probabilities by the class shares to the power, and by their new sum.

        Args:
            probabilities: float array (N, classes), 0..1, in the order of the shares; every row adds up to 1.

        Returns:
            float array of the same shape and dtype; every row adds up to 1.

        Example:
            >>> Prior((0.8, 0.2), 0.5).taken_out(np.array([[0.8, 0.2]])).round(4)  # 2 : 1, as the roots of 0.8 and 0.2
            array([[0.6667, 0.3333]])
        """
        if not self.power:
            return probabilities
        logits = np.log(np.maximum(probabilities, LEAST, dtype=np.float64)) - self.power * np.log(self.class_shares)
        powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray((powers / powers.sum(axis=-1, keepdims=True)).astype(probabilities.dtype))

    def to_card(self) -> dict[str, Any]:
        """The part of a model's card."""
        learned = {} if self.training_shares is None else {"training_shares": list(self.training_shares)}
        return {"class_shares": list(self.class_shares), "power": self.power, **learned}


def check_power(power: float) -> None:
    """Refuses what is no power of a prior.

    Raises:
        ValueError: If it is not 0..2.
    """
    if not 0 <= power <= MOST_POWER:
        raise about(ValueError(f"prior_power must be 0..{MOST_POWER:g}. Received: {power}"), "prior_power")


def prior_of(card: Mapping[str, Any] | None, classes: int, power: float | None = None) -> Prior | None:
    """The prior in a model's card; None where there is none.

    Args:
        card: The model's card.
        classes: Number of the network's outputs.
        power: What the caller wants in place of the card's.

    Raises:
        ValueError: If the card's prior is none, or the caller wants a power above 0 and the card has no shares.
    """
    entry = (card or {}).get("prior")
    if entry is None:
        if power:
            raise about(
                ValueError("prior_power needs a model whose card has its class shares, under prior."), "prior_power"
            )
        return None
    values = entry if isinstance(entry, Mapping) else {}
    stated, lists = values.get("power"), [values.get(name, []) for name in ("class_shares", "training_shares")]
    if "class_shares" not in values or not all(isinstance(numbers, list) for numbers in lists):
        numbers = [None]
    else:
        numbers = [stated, *lists[0], *lists[1]]
    if not all(map(_is_number, numbers)):
        raise ValueError(
            f"The card's prior must have class_shares and a power, which are numbers. Received: {shortened(entry)}"
        )
    for name, given in zip(("class_shares", "training_shares"), lists, strict=True):
        if name in values and len(given) != classes:
            raise ValueError(f"The card's prior must have {classes} {name}. Received: {len(given)}")
    assert isinstance(stated, int | float)
    divided, learned = (tuple(map(float, given)) for given in lists)
    return Prior(divided, float(stated) if power is None else power, learned or None)


def _is_number(value: object) -> bool:
    return isinstance(value, float) or is_whole(value, -1000, 1000)
