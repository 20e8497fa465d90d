"""Splits off validation and test parts from examples that come without them, evenly over the classes.

Readers of sources without splits use this; the same seed gives the same parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_recognition.error_about import about
from emotion_recognition.workspace import SPLITS

_VAL, _TEST = SPLITS.index("val"), SPLITS.index("test")


@dataclass(frozen=True)
class SplitShares:
    """How examples are divided where a source does not say.

    Args:
        val: Share that becomes the validation split, 0..1.
        test: Share that becomes the test split, 0..1.
        seed: Start of the random numbers, at least 0.

    Raises:
        ValueError: If a share is not above 0, or both leave nothing for training.
    """

    val: float = 0.1
    test: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.val > 0 and self.test > 0 and self.val + self.test < 1):
            raise about(
                ValueError(
                    "the shares of val and test must be above 0 and together below 1. "
                    f"Received: {self.val:g} and {self.test:g}"
                ),
                "val_share",
                "test_share",
            )
        if self.seed < 0:
            raise about(ValueError(f"the seed must be at least 0. Received: {self.seed}"), "seed")

    def without_effect(self, missing: Sequence[str], of: Sequence[str] = ("val", "test")) -> str | None:
        """A sentence on what was chosen and changes nothing, because a source has a split itself; None if nothing is.

        Args:
            missing: Which of them the source does not have.
            of: The splits that such a source can have beside "train".

        Example:
            >>> SplitShares(val=0.2, seed=3).without_effect(["test"])
            'val_share changes nothing: the source has val itself'
        """
        usual = SplitShares()
        own = [split for split in of if split not in missing]
        chosen = [f"{split}_share" for split in own if getattr(self, split) != getattr(usual, split)]
        chosen += ["seed"] if not missing and self.seed != usual.seed else []
        if not chosen:
            return None
        verb = "change" if len(chosen) > 1 else "changes"
        return f"{' and '.join(chosen)} {verb} nothing: the source has {' and '.join(own)} itself"


def split_off(strata: np.ndarray, share: float, seed: Sequence[int]) -> np.ndarray:
    """Chooses a random part with the same share of each stratum, to the nearest whole example.

    A stratum with at least two examples gives at least one and keeps at least one. The choice in one does not
    depend on what other strata there are.

    Args:
        strata: Integer array (N,), at least 0: the groups that keep their shares, such as classes.
        share: How much of each stratum, 0..1.
        seed: Start of the random numbers.

    Returns:
        Boolean array (N,): which examples are split off.

    Example:
        >>> strata = np.array([0] * 10 + [1] * 20)
        >>> chosen = split_off(strata, 0.1, [0])
        >>> np.bincount(strata[chosen]).tolist()
        [1, 2]
    """
    chosen = np.zeros(len(strata), dtype=bool)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        count = round(share * len(rows))
        if len(rows) > 1:
            count = min(max(count, 1), len(rows) - 1)
        rng = np.random.default_rng([*seed, int(stratum)])
        chosen[rng.permutation(rows)[:count]] = True
    return chosen


def divide(strata: np.ndarray, shares: SplitShares, *, has_val: bool = False, has_test: bool = False) -> np.ndarray:
    """Divides examples into the splits that they lack.

    Strata should be the source's own classes, before any are merged or left out: builds of one source for different
    numbers of classes then have the same images in each split, and a network may move on from one to the other.

    Args:
        strata: Integer array (N,), at least 0.
        shares: The validation and test part, of these examples, and the seed.
        has_val: Whether there are validation examples elsewhere, so that none are split off.
        has_test: The same for test examples.

    Returns:
        uint8 array (N,): index into :data:`emotion_recognition.workspace.SPLITS` of each example.
    """
    splits = np.zeros(len(strata), dtype=np.uint8)
    if not has_test:
        splits[split_off(strata, shares.test, [shares.seed, _TEST])] = _TEST
    if not has_val:
        rest = np.flatnonzero(splits == 0)
        # A share of all examples, taken out of those that test has left.
        share = shares.val if has_test else shares.val / (1 - shares.test)
        splits[rest[split_off(strata[rest], share, [shares.seed, _VAL])]] = _VAL
    return splits
