"""The Wilson score interval: how far a measured accuracy may be from the true one by chance.

E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
Statistical Association 22 (1927), 209-212, doi:10.1080/01621459.1927.10502953.
"""

from math import sqrt
from statistics import NormalDist

#: Confidence of every interval that the project reports.
CONFIDENCE = 0.95


def wilson_interval(successes: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval that holds the true proportion with the given confidence, given independent trials.

    Args:
        successes: Number of right answers, 0..trials.
        trials: Number of answers, at least 1.
        confidence: Between 0 and 1, both excluded.

    Returns:
        Lower and upper end, 0..1.

    Raises:
        ValueError: If an argument is out of range.

    Example:
        >>> low, high = wilson_interval(8, 10)
        >>> round(low, 4), round(high, 4)
        (0.4902, 0.9433)
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"successes must be 0..trials, and trials at least 1. Received: {successes} of {trials}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1. Received: {confidence}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate = successes / trials
    centre = rate + z**2 / (2 * trials)
    margin = z * sqrt(rate * (1 - rate) / trials + (z / (2 * trials)) ** 2)
    scale = 1 + z**2 / trials
    return max(0.0, (centre - margin) / scale), min(1.0, (centre + margin) / scale)
