import math
import re

import numpy as np
import pytest

from emotion_recognition.models.face_refiner.fusion import Fusion, logit


def test_logits_are_weighed_and_added() -> None:
    # logit(0.8) is log(4): 0.5 · log(4) + 2 · 0.25 - 0.5 = log(2), a probability of 2/3.
    scores = Fusion(first=0.5, second=2.0, intercept=-0.5).scores(np.array([0.8]), np.array([0.25]))
    np.testing.assert_allclose(scores, [2 / 3])


def test_scores_of_0_and_1_are_finite_and_huge_logits_are_probabilities() -> None:
    assert logit(np.array([0.0, 1.0])).tolist() == pytest.approx([-math.log(9999), math.log(9999)])
    scores = Fusion(1.0, 1.0, 0.0).scores(np.array([0.0, 1.0]), np.array([-1e6, 1e6]))
    assert scores.tolist() == [0.0, 1.0]


def test_the_fusion_travels_in_the_card() -> None:
    fusion = Fusion(0.6, 0.4, -0.3)
    assert Fusion.from_card(fusion.to_card()) == fusion


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (None, "fusion must hold first, second and intercept. Received: None"),
        ({"first": 1.0, "second": 1.0}, "fusion must hold first, second and intercept. Received: {"),
        ({"first": -0.1, "second": 1.0, "intercept": 0.0}, "first must be within 0..1000. Received: -0.1"),
        ({"first": 1.0, "second": None, "intercept": 0.0}, "second must be within 0..1000. Received: None"),
        ({"first": 1.0, "second": 1.0, "intercept": math.inf}, "intercept must be within -1000..1000. Received: inf"),
    ],
)
def test_cards_that_do_not_state_it_are_refused(entry: object, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        Fusion.from_card({"fusion": entry})
