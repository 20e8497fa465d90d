"""The Wilson interval, against SciPy and a value worked out by hand."""

from math import sqrt

import pytest
from scipy.stats import binomtest

from emotion_recognition.evaluation.wilson import wilson_interval


@pytest.mark.parametrize(
    ("successes", "trials"), [(2554, 3589), (0, 7), (7, 7), (1, 1), (0, 1), (1, 2), (8, 10), (3588, 3589)]
)
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_it_is_scipys(successes: int, trials: int, confidence: float) -> None:
    expected = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    assert wilson_interval(successes, trials, confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_half_right_by_hand() -> None:
    # For a rate of 1/2 the formula shrinks to 1/2 ± z / (2 · sqrt(n + z²)).
    margin = 1.959964 / (2 * sqrt(100 + 1.959964**2))
    assert wilson_interval(50, 100) == pytest.approx((0.5 - margin, 0.5 + margin), abs=1e-6)


@pytest.mark.parametrize(
    ("successes", "trials", "confidence"),
    [(1, 0, 0.95), (0, 0, 0.95), (-1, 5, 0.95), (6, 5, 0.95), (1, 2, 0), (1, 2, 1)],
)
def test_what_is_out_of_range_is_refused(successes: int, trials: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="Received"):
        wilson_interval(successes, trials, confidence)
