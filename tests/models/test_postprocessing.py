"""Outputs of every kind become calibrated probabilities in the wanted order."""

import numpy as np
import pytest

from emotion_recognition.models.postprocessing import Postprocessing, average, geometric_mean
from emotion_recognition.models.prior import Prior


def test_average_by_hand() -> None:
    first, second = np.array([[0.2, 0.8], [1.0, 0.0]]), np.array([[0.6, 0.4], [0.5, 0.5]])
    mean = average([first, second])
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean, [[0.4, 0.6], [0.75, 0.25]])


def test_probabilities_stay_as_they_are() -> None:
    outputs = np.array([[0.2, 0.8], [1.0, 0.0]], np.float32)
    assert Postprocessing().uncalibrated(outputs) is outputs


def test_logits_by_hand() -> None:
    # e^0, e^ln 3 and e^-inf, nearly: 1/4, 3/4 and 0.
    received = Postprocessing()(np.array([[0.0, np.log(3), -50.0]]))
    np.testing.assert_allclose(received, [[0.25, 0.75, 0]], atol=1e-12)


def test_sigmoid_scores_by_hand() -> None:
    received = Postprocessing()(np.array([[0.9, 0.3, 0.3], [0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(received, [[0.6, 0.2, 0.2], [1 / 3, 1 / 3, 1 / 3]])


def test_what_is_stated_counts_more_than_the_values() -> None:
    outputs = np.array([[0.0, 1.0]])  # as probabilities sure; as logits 1 : e
    np.testing.assert_allclose(Postprocessing("logits")(outputs), [[1 / (1 + np.e), np.e / (1 + np.e)]])
    np.testing.assert_allclose(Postprocessing("probabilities")(outputs), outputs)


@pytest.mark.parametrize(
    ("output", "row", "words"),
    [
        ("probabilities", [0.4, 0.4], "must be probabilities that add up to 1"),
        ("sigmoid", [-0.1, 0.4], "must be sigmoid scores within 0..1"),
        ("auto", [np.nan, 0.4], "NaN or infinity"),
    ],
)
def test_outputs_that_are_not_what_is_stated_are_refused(output: str, row: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Postprocessing(output)(np.array([row]))


def test_the_order_comes_before_the_temperature_and_both_hold() -> None:
    # Square roots of 0.64 and 0.36, over their sum, in the other order.
    received = Postprocessing(temperature=2.0, order=(1, 0))(np.array([[0.64, 0.36]]))
    np.testing.assert_allclose(received, [[0.6 / 1.4, 0.8 / 1.4]])


def test_only_what_was_told_from_the_values_is_worth_a_note() -> None:
    assert Postprocessing().note_on("probabilities") is None
    assert Postprocessing().note_on("logits") == "gives logits, not probabilities; softmax was applied to them."
    assert "divided by their sum" in str(Postprocessing().note_on("sigmoid"))
    assert Postprocessing("sigmoid").note_on("sigmoid") is None


@pytest.mark.parametrize(
    ("row", "kind"),
    [([0.5, 0.5], "probabilities"), ([0.5, 0.6], "sigmoid"), ([0.5, 0.4], "sigmoid"), ([0.5, 1.1], "logits")],
)
def test_rows_must_add_up_to_one_to_be_probabilities(row: list[float], kind: str) -> None:
    assert Postprocessing().kind_of(np.array([[0.3, 0.7], row])) == kind
    if kind != "probabilities":
        with pytest.raises(ValueError, match="must be probabilities that add up to 1"):
            Postprocessing("probabilities").kind_of(np.array([[0.3, 0.7], row]))


def test_looks_are_averaged_as_logits() -> None:
    # Odds of 4 and 9 in favour of the first come to 6, their geometric mean.
    mean = geometric_mean([np.array([[0.8, 0.2]]), np.array([[0.9, 0.1]])])
    np.testing.assert_allclose(mean, [[6 / 7, 1 / 7]], rtol=1e-6)
    assert np.all(np.isfinite(geometric_mean([np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])])))


def test_a_prior_and_a_temperature_come_before_or_after_the_mean_of_looks() -> None:
    draw = np.random.default_rng(0)
    looks = [draw.dirichlet(np.ones(4), 5) for _ in range(2)]
    prior = Prior((0.1, 0.2, 0.3, 0.4), 0.7)
    adjusted = Postprocessing(temperature=1.7, prior=prior)
    before = geometric_mean([adjusted(look) for look in looks])
    np.testing.assert_allclose(before, adjusted(geometric_mean(looks)), atol=1e-6)
