import numpy as np
import pytest

from emotion_recognition.evaluation.face_detection.false_alarms import confidence_for, count_false_alarms

SCORES = [np.array([0.9, 0.5, 0.3]), np.array([]), np.array([0.7]), np.array([0.2])]


def test_boxes_and_pictures_are_counted_from_the_confidence_on() -> None:
    alarms = count_false_alarms(SCORES, 0.5)
    assert (alarms.pictures, alarms.boxes, alarms.pictures_with_any) == (4, 3, 2)
    assert alarms.to_json() == {"pictures": 4, "boxes": 3, "pictures_with_any": 2, "per_picture": 0.75}


def test_no_picture_has_no_rate() -> None:
    assert count_false_alarms([], 0.5).per_picture is None


@pytest.mark.parametrize(("rate", "kept"), [(0.0, 0), (0.24, 0), (0.25, 1), (0.5, 2), (0.75, 3), (1.0, 4)])
def test_the_confidence_keeps_as_many_boxes_as_the_rate_allows(rate: float, kept: int) -> None:
    assert count_false_alarms(SCORES, confidence_for(SCORES, rate)).boxes == kept


def test_where_all_boxes_may_stay_every_confidence_is_low_enough() -> None:
    assert confidence_for(SCORES, 1.25) == 0
    assert confidence_for([np.array([])], 0.0) == 0


def test_of_boxes_with_the_same_score_all_stay_or_all_go() -> None:
    scores = [np.array([0.9, 0.6, 0.6, 0.6]), np.array([0.1])]
    assert count_false_alarms(scores, confidence_for(scores, 1.0)).boxes == 1


def test_a_rate_that_floating_point_puts_just_below_a_whole_number_allows_it() -> None:
    # 0.05 × 60 pictures are 3 boxes; 0.07 × 100 is 7.000000000000001, 0.29 × 100 is 28.999999999999996.
    scores = [np.array([score]) for score in np.linspace(0.1, 0.9, 100)]
    assert count_false_alarms(scores, confidence_for(scores, 0.29)).boxes == 29


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at least one picture\. Received: none"):
        confidence_for([], 0.1)
    with pytest.raises(ValueError, match=r"per_picture must be at least 0\. Received: -1"):
        confidence_for(SCORES, -1)
    with pytest.raises(ValueError, match=r"Received: nan"):
        confidence_for(SCORES, float("nan"))
