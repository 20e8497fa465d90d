import numpy as np
import pytest

from emotion_recognition.evaluation.face_detection.matches import Matches
from emotion_recognition.evaluation.face_detection.score_calibration import fit_scores


def matches(
    scores: list[float] | np.ndarray, is_hit: list[bool] | np.ndarray, excused: tuple[int, ...] = ()
) -> Matches:
    is_excused = np.zeros(len(scores), bool)
    is_excused[list(excused)] = True
    return Matches(np.zeros(0), np.zeros(0, bool), np.asarray(scores, float), np.asarray(is_hit, bool), is_excused)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-logits)))


@pytest.mark.parametrize(("slope", "intercept"), [(2.0, -1.0), (0.5, 0.75), (1.0, 0.0)])
def test_the_slope_and_intercept_that_made_the_hits_are_found(slope: float, intercept: float) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 20_000)
    is_hit = rng.random(20_000) < sigmoid(slope * logits + intercept)
    fitted = fit_scores(matches(sigmoid(logits), is_hit))
    # Three standard errors, as 20,000 boxes have them, and more.
    assert fitted.slope == pytest.approx(slope, abs=0.1)
    assert fitted.intercept == pytest.approx(intercept, abs=0.1)
    assert (fitted.boxes, fitted.hits) == (20_000, is_hit.sum())


def test_two_scores_become_their_shares_of_hits() -> None:
    # A line through two points, exactly: at logit 0 one box of four is a face, at ln 9 four of five are.
    scores = [0.5] * 4 + [0.9] * 5
    fitted = fit_scores(matches(scores, [True, *[False] * 3, *[True] * 4, False]))
    assert fitted.intercept == pytest.approx(np.log(1 / 3), abs=1e-3)
    assert fitted.slope == pytest.approx((np.log(4) - np.log(1 / 3)) / np.log(9), abs=1e-3)
    assert (fitted.boxes, fitted.hits) == (9, 5)


def test_excused_boxes_do_not_count() -> None:
    scores, is_hit = [0.3, 0.3, 0.6, 0.6, 0.6], [True, False, True, True, False]
    alone = fit_scores(matches(scores, is_hit))
    assert fit_scores(matches([*scores, 0.99, 0.01], [*is_hit, False, False], excused=(5, 6))) == alone
    assert fit_scores(matches([*scores, 0.45], [*is_hit, False])) != alone


def test_scores_at_the_ends_of_the_range_are_finite() -> None:
    fitted = fit_scores(matches([0.0, 0.0, 0.5, 0.5, 1.0, 1.0, 1.0], [False, True, False, True, True, True, False]))
    assert np.isfinite([fitted.slope, fitted.intercept]).all()
    assert fitted.slope > 0


@pytest.mark.parametrize(
    ("scores", "is_hit", "excused", "words"),
    [
        ([], [], (), "must have both hits and false alarms. Received: 0 of 0 hits"),
        ([0.2, 0.8], [False, False], (), "Received: 0 of 2 hits"),
        ([0.2, 0.8], [True, True], (), "Received: 2 of 2 hits"),
        ([0.2, 0.8], [False, True], (0,), "Received: 1 of 1 hits"),
        ([0.2, 0.8, 0.7], [True, False, True], (), "Higher scores do not mean faces: .* Received: slope -"),
        ([0.4, 0.4, 0.4, 0.4], [True, False, True, False], (), "Higher scores do not mean faces"),
    ],
)
def test_boxes_that_say_nothing_of_the_scores_are_refused(
    scores: list[float], is_hit: list[bool], excused: tuple[int, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        fit_scores(matches(scores, is_hit, excused))


@pytest.mark.parametrize("hit", [0.8, 0.31, 0.3])
def test_scores_that_part_hits_from_false_alarms_are_refused(hit: float) -> None:
    # The likelihood rises with the slope for ever; wherever the fit stops would be chance.
    words = rf"scores of hits and of false alarms must overlap.* Received: hits from {hit}, false alarms up to 0\.3"
    with pytest.raises(ValueError, match=words):
        fit_scores(matches([0.1, 0.2, 0.3, hit, 0.9], [False, False, False, True, True]))
