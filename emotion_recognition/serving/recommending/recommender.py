"""Ranks items for a mood, remembers what was taken, and forgets people who ask for it.

A catalogue comes in from :mod:`emotion_recognition.serving.recommending.catalogue`;
:mod:`emotion_recognition.serving.routes.recommend` serves what comes out.
"""

import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emotion_recognition.serving.recommending.bandit import Bandit
from emotion_recognition.serving.recommending.catalogue import Item
from emotion_recognition.serving.recommending.memory import Memory

#: Recommendations between two times of clearing old ones away.
_PRUNE_EVERY = 1000

#: What a person's own answers weigh against everybody's: half, after as many.
_OWN_ANSWERS = 3


@dataclass(frozen=True)
class Ranking:
    """What was recommended.

    Args:
        name: What feedback calls it.
        items: Items with their scores, best first.
    """

    name: str
    items: Sequence[tuple[Item, float]]


class Recommender:
    """Threads may share one object; they take turns.

    Args:
        catalogue: The items.
        class_names: The emotions in label order.
        memory: Where what is learned is kept.
        seed: Of the random draws.

    Raises:
        ValueError: If MABWiser is not installed.
    """

    def __init__(self, catalogue: Sequence[Item], class_names: Sequence[str], memory: Memory, seed: int = 0) -> None:
        self.catalogue = list(catalogue)
        self.class_names = tuple(class_names)
        self._memory = memory
        self._lock = threading.Lock()
        self._bandit = Bandit(class_names, seed)
        self._since_pruning = 0
        self._own: dict[str, dict[str, list[float]]] = {}
        self._begin()

    def rank(
        self,
        moods: Mapping[str, float],
        *,
        items: Sequence[Item] | None = None,
        person: str | None = None,
        most: int = 10,
    ) -> Ranking:
        """Ranks items.

        Args:
            moods: Probability of each emotion.
            items: In place of the catalogue.
            person: Who has agreed to be remembered; None for anyone.
            most: Items to return.
        """
        items = self.catalogue if items is None else items
        with self._lock:
            scores = self._bandit.scores(moods, {item.id: item.moods for item in items})
            own = self._own.get(person, {}) if person is not None else {}
            for name, rewards in own.items():
                if name in scores:
                    share = len(rewards) / (len(rewards) + _OWN_ANSWERS)
                    scores[name] += share * (sum(rewards) / len(rewards) - scores[name])
            best = sorted(items, key=lambda item: -scores[item.id])[:most]
            name = secrets.token_urlsafe(12)
            self._memory.add_recommendation(name, moods, {item.id: item.moods for item in best}, person)
            self._since_pruning += 1
            if self._since_pruning >= _PRUNE_EVERY:
                self._since_pruning = 0
                self._memory.prune()
        return Ranking(name, [(item, scores[item.id]) for item in best])

    def feedback(self, name: str, item: str, reward: float) -> bool:
        """Takes what was done with a recommended item.

        Args:
            name: The ranking's.
            item: The item's id.
            reward: 0, not taken, to 1, taken.

        Returns:
            False if there was feedback on it already, which stays.

        Raises:
            LookupError: If there is no such ranking, or the item was not in it.
        """
        with self._lock:
            entry = self._memory.add_feedback(name, item, reward)
            if entry is None:
                return False
            self._bandit.learn(entry)
            if entry.person is not None:
                self._own.setdefault(entry.person, {}).setdefault(item, []).append(reward)
            return True

    def forget(self, person: str) -> int:
        """Deletes all that is known of a person, and what was learned from it; returns the number of entries."""
        with self._lock:
            deleted = self._memory.forget(person)
            if deleted:
                self._begin()
            return deleted

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._memory.close()

    def _begin(self) -> None:
        entries = self._memory.all_feedback()
        self._bandit.fit({item.id: item.moods for item in self.catalogue}, entries)
        self._own = {}
        for entry in entries:
            if entry.person is not None:
                self._own.setdefault(entry.person, {}).setdefault(entry.item, []).append(entry.reward)
