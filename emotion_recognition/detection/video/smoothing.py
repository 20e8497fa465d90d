"""Probabilities over time: smooths those of each identity, so that labels do not flicker.

Tracking comes before, annotation next.
"""

import math
from collections.abc import Mapping


class Smoother:
    """An exponential moving average of each identity's probabilities, in seconds instead of frames.

    What was seen ``seconds`` ago counts 1/e as much as what is seen now, at any frame rate; after a long absence
    the past counts for nothing.

    Args:
        seconds: The time constant; 0 leaves everything as it is.

    Raises:
        ValueError: If it is negative or not a number.

    Example:
        >>> smoother = Smoother(seconds=1.0)
        >>> _ = smoother.update(1, 0.0, {"happy": 1.0, "sad": 0.0})
        >>> smoothed = smoother.update(1, 1.0, {"happy": 0.0, "sad": 1.0})
        >>> round(smoothed["happy"], 3)  # 1/e
        0.368
    """

    def __init__(self, seconds: float) -> None:
        if not 0 <= seconds < math.inf:
            raise ValueError(f"smooth must be a number of seconds, at least 0. Received: {seconds}")
        self.seconds = seconds
        self._past: dict[int, tuple[float, Mapping[str, float]]] = {}

    def update(self, identity: int | None, time: float, probabilities: Mapping[str, float]) -> Mapping[str, float]:
        """Takes what a face shows now.

        Args:
            identity: Whose face it is; None for an unknown one, whose probabilities stay as they are.
            time: Seconds; later than in the call before.
            probabilities: Probability, 0..1, of each emotion.

        Returns:
            The smoothed probabilities, of the same names and the same sum.
        """
        if identity is None or self.seconds == 0:
            return probabilities
        if identity in self._past:
            before, average = self._past[identity]
            kept = math.exp(-max(0.0, time - before) / self.seconds)
            probabilities = {name: kept * average[name] + (1 - kept) * value for name, value in probabilities.items()}
        self._past[identity] = (time, probabilities)
        return probabilities
