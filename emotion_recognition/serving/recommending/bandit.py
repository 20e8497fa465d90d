"""Learns which item is taken in which mood: a contextual bandit, by MABWiser.

Linear Thompson sampling (Agrawal & Goyal 2013, arXiv:1209.3352) with the emotions' probabilities as context. If the
chance that an item is taken depends on the true mood, then, given the probabilities, it is linear in them, so this
model is not too simple. An item that is new begins as if its catalogue's mood tags had been confirmed a few times.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from emotion_recognition.serving.recommending.memory import Feedback

#: How to get the library.
HOW_TO_GET = "pip install -r requirements-recommend.txt"

#: How widely scores are drawn around what is expected: more tries more. Ridge penalty of each item's regression.
ALPHA, PENALTY = 0.25, 1.0

#: As many imagined answers for each mood stand for an item's tags.
TAG_WEIGHT = 2

#: Items that are not in the server's catalogue and are learned all the same, the latest ones: the time of every answer
#: grows with their number. Others are judged by their tags.
MOST_OTHERS = 500


class Bandit:
    """Scores items in a mood.

    Args:
        class_names: The emotions, in the order of the context.
        seed: Of the random draws.

    Raises:
        ValueError: If MABWiser is not installed.
    """

    def __init__(self, class_names: Sequence[str], seed: int = 0) -> None:
        self._names, self._seed = tuple(class_names), seed
        check_can_recommend()
        self._mab: Any = None
        #: The items that are learned; others are judged by their tags.
        self.learned: set[str] = set()
        self._most = 0

    def fit(self, tags: Mapping[str, Sequence[str]], feedback: Iterable[Feedback]) -> None:
        """Begins anew.

        Args:
            tags: For each item's id the moods in its catalogue.
            feedback: What has been learned so far, oldest first.
        """
        from mabwiser.mab import MAB, LearningPolicy

        feedback = list(feedback)
        others: dict[str, Sequence[str]] = {}
        for entry in reversed(feedback):
            if entry.item not in tags and len(others) < MOST_OTHERS:
                others.setdefault(entry.item, entry.tags)
        items = {**others, **tags}
        feedback = [entry for entry in feedback if entry.item in items]
        policy = LearningPolicy.LinTS(alpha=ALPHA, l2_lambda=PENALTY)
        self._mab = MAB(list(items), policy, seed=self._seed)
        self.learned, self._most = set(items), len(tags) + MOST_OTHERS
        entries = [entry for item, moods in items.items() for entry in self._imagined(item, moods)]
        self._mab.fit(*self._arrays([*entries, *feedback]))

    def learn(self, entry: Feedback) -> None:
        """Takes one feedback more; of a new item beyond :data:`MOST_OTHERS` nothing is learned before the next fit."""
        entries = [entry]
        if entry.item not in self.learned:
            if len(self.learned) >= self._most:
                return
            self.learned.add(entry.item)
            self._mab.add_arm(entry.item)
            entries = [*self._imagined(entry.item, entry.tags), entry]
        self._mab.partial_fit(*self._arrays(entries))

    def scores(self, moods: Mapping[str, float], items: Mapping[str, Sequence[str]]) -> dict[str, float]:
        """The drawn expectation of each item's reward; an unknown item's follows from its moods.

        Args:
            moods: Probability of each emotion.
            items: For each item's id the moods in its catalogue.
        """
        drawn = self._mab.predict_expectations(self._context(moods)[np.newaxis])
        return {
            item: float(drawn[item]) if item in self.learned else self._by_tags(moods, tags)
            for item, tags in items.items()
        }

    def _by_tags(self, moods: Mapping[str, float], tags: Sequence[str]) -> float:
        # What the regression says after the imagined answers, a one-hot context each.
        share = TAG_WEIGHT / (TAG_WEIGHT + PENALTY)
        return share * sum(float(moods.get(name, 0.0)) * _liking(name, tags) for name in self._names)

    def _imagined(self, item: str, tags: Sequence[str]) -> list[Feedback]:
        return [Feedback(item, _liking(name, tags), {name: 1.0}, tags) for name in self._names] * TAG_WEIGHT

    def _context(self, moods: Mapping[str, float]) -> np.ndarray:
        return np.array([float(moods.get(name, 0.0)) for name in self._names])

    def _arrays(self, entries: Sequence[Feedback]) -> tuple[list[str], list[float], np.ndarray]:
        contexts = np.stack([self._context(entry.moods) for entry in entries])
        return [entry.item for entry in entries], [entry.reward for entry in entries], contexts


def check_can_recommend() -> None:
    """Refuses to go on without the library.

    Raises:
        ValueError: If it is not installed.
    """
    try:
        import mabwiser  # noqa: F401
    except ImportError as error:
        raise ValueError(f"Recommendations need the package mabwiser; install it with: {HOW_TO_GET}") from error


def _liking(mood: str, tags: Sequence[str]) -> float:
    """How much an item is imagined to be liked in a mood: it suits its moods, or all alike where it has none."""
    return (1.0 if mood in tags else 0.0) if tags else 0.5
