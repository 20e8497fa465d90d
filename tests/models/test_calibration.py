"""Temperatures in cards and on probabilities."""

from typing import Any

import numpy as np
import pytest

from emotion_recognition.models.calibration import apply_temperature, temperature_of


def test_a_temperature_of_two_takes_square_roots() -> None:
    # 0.64, 0.36 -> 0.8, 0.6 -> divided by 1.4
    received = apply_temperature(np.array([[0.64, 0.36], [0.5, 0.5]], np.float32), 2.0)
    np.testing.assert_allclose(received, [[0.8 / 1.4, 0.6 / 1.4], [0.5, 0.5]], rtol=1e-6)
    assert received.dtype == np.float32


def test_one_half_squares() -> None:
    np.testing.assert_allclose(apply_temperature(np.array([0.75, 0.25]), 0.5), [0.9, 0.1])


def test_zero_and_one_stay_as_they_are() -> None:
    np.testing.assert_allclose(apply_temperature(np.array([1.0, 0.0, 0.0]), 1.5), [1, 0, 0], atol=1e-7)


def test_one_changes_nothing_at_all() -> None:
    probabilities = np.array([0.1, 0.9], np.float32)
    assert apply_temperature(probabilities, 1.0) is probabilities


@pytest.mark.parametrize("card", [None, {}, {"calibration": {}}])
def test_without_one_the_temperature_is_one(card: dict[str, Any] | None) -> None:
    assert temperature_of(card) == 1.0


def test_it_is_read_from_the_card() -> None:
    assert temperature_of({"calibration": {"temperature": 1.3}}) == 1.3


@pytest.mark.parametrize("value", [0, -1.0, "1.2", None, True, float("nan"), float("inf"), 1e-320, 1e6, 10**400, [1.2]])
def test_a_bad_one_in_a_card_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="temperature above 0"):
        temperature_of({"calibration": {"temperature": value}})


@pytest.mark.parametrize("temperature", [0.0, -2.0, float("nan")])
def test_a_bad_one_is_not_applied(temperature: float) -> None:
    with pytest.raises(ValueError, match="temperature must be above 0"):
        apply_temperature(np.array([0.5, 0.5]), temperature)
