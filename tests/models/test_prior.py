"""Taking a class prior out of probabilities, and reading it from a card."""

import numpy as np
import pytest

from emotion_recognition.models.postprocessing import Postprocessing
from emotion_recognition.models.prior import Prior, prior_of


@pytest.mark.parametrize(
    ("power", "expected"),
    [
        (0.0, [0.5, 0.4, 0.1]),
        # divided by 0.64, 0.32 and 0.04: 0.78125, 1.25, 2.5
        (1.0, [0.78125 / 4.53125, 1.25 / 4.53125, 2.5 / 4.53125]),
        # divided by 0.8, √0.32 and 0.2
        (0.5, [0.625 / 1.8321068, 0.7071068 / 1.8321068, 0.5 / 1.8321068]),
    ],
)
def test_probabilities_are_divided_by_the_shares_to_the_power(power: float, expected: list[float]) -> None:
    received = Prior((0.64, 0.32, 0.04), power).taken_out(np.array([[0.5, 0.4, 0.1]], np.float32))
    assert received.dtype == np.float32
    assert received[0] == pytest.approx(expected, abs=1e-6)


def test_shares_are_in_the_order_of_the_outputs_not_of_the_wanted_classes() -> None:
    # Outputs a, b; wanted b, a. Only b is rare: 0.5 / 0.9 against 0.5 / 0.1, one to nine.
    post = Postprocessing(order=(1, 0), prior=Prior((0.9, 0.1), 1.0))
    np.testing.assert_allclose(post(np.array([[0.5, 0.5]])), [[0.9, 0.1]])


def test_the_temperature_comes_after_the_prior() -> None:
    post = Postprocessing(temperature=2.0, prior=Prior((0.9, 0.1), 1.0))
    np.testing.assert_allclose(post(np.array([[0.5, 0.5]])), [[0.25, 0.75]])  # the roots of 1 and 9


def test_a_card_states_shares_and_power_and_the_caller_may_choose_another_power() -> None:
    card = {"prior": {"class_shares": [0.25, 0.75], "power": 0.5}}
    assert prior_of(card, 2) == Prior((0.25, 0.75), 0.5)
    assert prior_of(card, 2, 0.0) == Prior((0.25, 0.75), 0.0)
    assert prior_of({}, 2) is None
    assert prior_of(None, 2, 0.0) is None
    for prior in (Prior((0.25, 0.75), 0.5), Prior((0.25, 0.75), 1.0, (0.5, 0.5))):
        assert prior_of({"prior": prior.to_card()}, 2) == prior


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"class_shares": [0.5], "power": 0.5}, r"must have 2 class_shares\. Received: 1"),
        ({"class_shares": [0.5, 0.0], "power": 0.5}, r"class_shares must be above 0 .* Received: \[0\.5, 0\.0\]"),
        ({"class_shares": [0.5, float("nan")], "power": 0.5}, r"class_shares must be above 0"),
        ({"class_shares": [0.5, 0.5], "power": 3}, r"prior_power must be 0\.\.2\. Received: 3"),
        ({"class_shares": [0.5, 0.5], "power": float("nan")}, r"prior_power must be 0\.\.2\. Received: nan"),
        ({"class_shares": [0.5, "much"], "power": 0.5}, r"must have class_shares and a power"),
        ({"class_shares": [0.5, True], "power": 0.5}, r"must have class_shares and a power"),
        ({"class_shares": 0.5, "power": 0.5}, r"must have class_shares and a power"),
        ({"class_shares": "ab", "power": 0.5}, r"must have class_shares and a power"),
        ({"class_shares": [0.5, 0.5], "training_shares": [0.5], "power": 1}, r"2 training_shares\. Received: 1"),
        ({"class_shares": [0.5, 0.5], "training_shares": [0.5, 0], "power": 1}, r"training_shares must be above 0"),
        ({"class_shares": [0.5, 0.5], "training_shares": "ab", "power": 1}, r"must have class_shares and a power"),
        ({"power": 0.5}, r"must have class_shares and a power"),
        (0.5, r"must have class_shares and a power"),
    ],
)
def test_a_cards_prior_that_is_none_is_refused(entry: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        prior_of({"prior": entry}, 2)


def test_a_power_needs_shares() -> None:
    with pytest.raises(ValueError, match=r"prior_power needs a model whose card has its class shares"):
        prior_of({"class_names": ["a", "b"]}, 2, 0.5)
