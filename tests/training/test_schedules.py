"""The rate over the steps of a stage."""

import numpy as np
import pytest

from emotion_recognition.training.schedules import PiecewiseLinear, schedule


def rates(name: str, steps: int) -> np.ndarray:
    rate = schedule(name, 0.8, steps)
    return np.array([float(rate(step)) for step in range(steps + 1)])


def test_a_constant_rate_is_a_number() -> None:
    assert schedule("constant", 0.8, 100) == 0.8


def test_one_cycle_rises_falls_and_is_annihilated() -> None:
    cycle = rates("onecycle", 100)
    assert cycle[[0, 45, 90, 100]] == pytest.approx([0.08, 0.8, 0.08, 0.0008], rel=1e-4)
    assert cycle[[15, 60]] == pytest.approx([0.08 + 0.72 / 3, 0.8 - 0.72 / 3], rel=1e-5)


def test_the_cosine_warms_up_and_falls_to_zero() -> None:
    cosine = rates("cosine", 100)
    assert cosine[[0, 5, 100]] == pytest.approx([0, 0.8, 0], abs=1e-6)
    # A third of the way down, the cosine of 60 degrees: (1 + 0.5) / 2 of the highest rate.
    assert float(schedule("cosine", 0.8, 120)(6 + 38)) == pytest.approx(0.6, rel=1e-5)


@pytest.mark.parametrize("name", ["onecycle", "cosine"])
def test_the_shortest_run_has_rates_too(name: str) -> None:
    assert np.isfinite(rates(name, 1)).all()


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="Received: 'steps'"):
        schedule("steps", 0.1, 10)


@pytest.mark.parametrize("points", [[], [(1, 0.1)], [(0, 0.1), (5, 0.2), (5, 0.3)]])
def test_points_must_rise_from_zero(points: list[tuple[int, float]]) -> None:
    with pytest.raises(ValueError, match="steps that rise from 0"):
        PiecewiseLinear(points)
