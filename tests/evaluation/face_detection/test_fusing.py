import numpy as np
import pytest

from emotion_recognition.evaluation.face_detection.fusing import fit_fusion
from emotion_recognition.models.face_refiner.fusion import logit


def test_the_weights_that_made_the_faces_are_found_again() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.uniform(0.02, 0.98, 40_000), rng.normal(0, 2, 40_000)
    chance = 1 / (1 + np.exp(-(0.7 * logit(first) + 0.4 * second - 0.5)))
    fusion = fit_fusion(first, second, rng.random(40_000) < chance)
    assert (fusion.first, fusion.second, fusion.intercept) == pytest.approx((0.7, 0.4, -0.5), abs=0.05)


def test_perfect_scores_have_finite_weights() -> None:
    fusion = fit_fusion(np.array([0.1, 0.2, 0.8, 0.9]), np.array([-2.0, -1, 1, 2]), np.array([0, 0, 1, 1], bool))
    assert 0 < fusion.first < 10
    assert 0 < fusion.second < 10


def test_without_both_kinds_there_is_nothing_to_fit() -> None:
    with pytest.raises(ValueError, match=r"is_face must have both faces and others\. Received: 2 of 2 faces"):
        fit_fusion(np.array([0.1, 0.9]), np.zeros(2), np.ones(2, bool))


def test_a_stage_that_says_the_opposite_is_refused() -> None:
    first = np.array([0.1, 0.2, 0.8, 0.9] * 5)
    second = np.array([2.0, 1, -1, -2] * 5)
    with pytest.raises(ValueError, match=r"Higher scores of a stage do not mean faces\. Received: weights .*, -"):
        fit_fusion(first, second, np.array([0, 0, 1, 1] * 5, bool))
