"""Average precision on boxes few enough to interpolate by hand.

COCO's average precision is the mean of 101 precisions, at recalls 0, 0.01, ... 1; each is the highest precision that
any confidence with at least that recall gives. A recall of one half is reached by 51 of them.
"""

import numpy as np
import pytest

from emotion_recognition.evaluation.face_detection.coco import evaluate_with_coco
from emotion_recognition.evaluation.face_detection.scored_picture import ScoredPicture

A, B, ELSEWHERE = (10, 10, 100, 100), (200, 10, 100, 100), (10, 300, 50, 50)


def test_a_perfect_detector_has_one_in_both_figures() -> None:
    figures = evaluate_with_coco([ScoredPicture.of([A, B], [B, A], [0.7, 0.9]), ScoredPicture.of([A], [A], [0.2])])
    assert figures.at_half == pytest.approx(1)
    assert figures.at_half_to_95 == pytest.approx(1)
    assert figures.overlaps == pytest.approx([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])


def test_one_of_two_faces_found() -> None:
    figures = evaluate_with_coco([ScoredPicture.of([A], [A], [0.9]), ScoredPicture.of([B], [], [])])
    assert figures.at_half == pytest.approx(51 / 101)
    assert figures.precisions == pytest.approx([1] * 51 + [0] * 50)
    assert figures.recalls == pytest.approx(np.arange(101) / 100)
    assert figures.confidences == pytest.approx([0.9] * 51 + [0] * 50)


def test_a_second_box_round_a_face_is_a_false_alarm() -> None:
    picture = ScoredPicture.of([A, B], [A, (12, 10, 100, 100), B], [0.9, 0.8, 0.7])
    figures = evaluate_with_coco([picture])
    # Precisions 1, 1/2, 2/3 at recalls 1/2, 1/2, 1.
    assert figures.at_half == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert figures.matches.is_hit.tolist() == [True, False, True]
    counts = figures.matches.counts(0.0)
    assert (counts.hits, counts.false_alarms, counts.misses) == (2, 1, 0)


def test_a_false_alarm_counts_by_its_place_in_the_order_of_scores() -> None:
    surest, least = (
        evaluate_with_coco([ScoredPicture.of([A], [ELSEWHERE, A], [score, 0.5])]).at_half for score in (0.9, 0.1)
    )
    assert (surest, least) == (pytest.approx(0.5), pytest.approx(1))


def test_a_box_that_fits_badly_counts_at_low_overlaps_only() -> None:
    # Intersection over union 62.5 / 100: enough at 0.5, 0.55 and 0.6, three of the ten.
    figures = evaluate_with_coco([ScoredPicture.of([A], [(10, 10, 100, 62.5)], [0.9])])
    assert figures.average_precisions == pytest.approx([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    assert (figures.at_half, figures.at_half_to_95) == (pytest.approx(1), pytest.approx(0.3))


def test_a_box_takes_the_face_that_it_overlaps_most() -> None:
    near = (40, 10, 100, 100)  # overlaps A by 70 / 130 too
    figures = evaluate_with_coco([ScoredPicture.of([A, near], [(38, 10, 100, 100), A], [0.9, 0.8])])
    assert figures.matches.found_at.tolist() == [0.8, 0.9]


def test_an_ignored_face_is_neither_missed_nor_a_false_alarm() -> None:
    ignored = [False, True]
    missed = ScoredPicture.of([A, B], [A], [0.9], ignored)
    twice = ScoredPicture.of([A, B], [A, B, B, ELSEWHERE], [0.5, 0.9, 0.8, 0.1], ignored)
    assert evaluate_with_coco([missed]).at_half == pytest.approx(1)
    figures = evaluate_with_coco([twice])
    assert figures.at_half == pytest.approx(1)
    assert figures.matches.is_excused.tolist() == [False, True, True, False]
    assert figures.matches.counted.tolist() == [True, False]
    assert np.isnan(figures.matches.found_at[1])
    counts = figures.matches.counts(0.0)
    assert (counts.hits, counts.false_alarms, counts.misses) == (1, 1, 0)


def test_a_small_box_inside_an_ignored_region_is_left_out_and_one_half_outside_is_not() -> None:
    inside, outside = (220, 30, 20, 20), (288, 30, 30, 20)  # 12 / 30 of the second lie in B
    figures = evaluate_with_coco([ScoredPicture.of([A, B], [inside, outside], [0.9, 0.8], [False, True])])
    assert figures.matches.is_excused.tolist() == [True, False]


def test_a_counted_face_comes_before_an_ignored_one_that_fits_better() -> None:
    picture = ScoredPicture.of([A, (10, 10, 100, 80)], [(10, 10, 100, 80)], [0.9], [False, True])
    assert evaluate_with_coco([picture]).matches.is_hit.tolist() == [True]


def test_more_boxes_than_cocos_limit_count() -> None:
    faces = [(20 * column, 20 * row, 15, 15) for column in range(37) for row in range(3)]
    figures = evaluate_with_coco([ScoredPicture.of(faces, faces, np.linspace(0.1, 0.9, 111))])
    assert figures.at_half == pytest.approx(1)
    assert figures.matches.counts(0.0).hits == 111


def test_faces_of_any_size_count() -> None:
    tiny, huge = (0, 0, 0.5, 0.5), (0, 0, 2e5, 2e5)
    assert evaluate_with_coco([ScoredPicture.of([b], [b], [1]) for b in (tiny, huge)]).at_half == pytest.approx(1)


def test_boxes_in_a_picture_without_faces_are_false_alarms() -> None:
    figures = evaluate_with_coco([ScoredPicture.of([A], [A], [0.5]), ScoredPicture.of([], [B], [0.9])])
    assert figures.at_half == pytest.approx(0.5)


def test_a_detector_that_finds_nothing_has_zero() -> None:
    figures = evaluate_with_coco([ScoredPicture.of([A], [], []), ScoredPicture.of([], [], [])])
    assert (figures.at_half, figures.at_half_to_95) == (0, 0)
    assert figures.matches.scores.shape == figures.matches.is_hit.shape == (0,)


def test_leaving_out_boxes_below_a_confidence_changes_no_other_match() -> None:
    draw = np.random.default_rng(0)
    pictures = []
    for _ in range(20):
        truth = draw.uniform((0, 0, 10, 10), (100, 100, 60, 60), (6, 4))
        found = np.concatenate([truth + draw.normal(0, 4, truth.shape), draw.uniform(10, 60, (6, 4))])
        pictures.append(ScoredPicture.of(truth, found, draw.random(12), draw.random(6) < 0.3))
    whole = evaluate_with_coco(pictures).matches
    for confidence in (0.2, 0.5, 0.8):
        sure = [
            ScoredPicture.of(p.true_boxes, p.found_boxes[keep], p.scores[keep], p.ignored)
            for p, keep in ((p, p.scores >= confidence) for p in pictures)
        ]
        alone = evaluate_with_coco(sure).matches
        assert alone.counts(0.0).hits == whole.counts(confidence).hits > 0
        assert alone.counts(0.0).false_alarms == whole.counts(confidence).false_alarms > 0
        assert np.array_equal(alone.is_found(0.0), whole.is_found(confidence))


def test_it_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    evaluate_with_coco([ScoredPicture.of([A], [A], [0.9])])
    assert capfd.readouterr() == ("", "")


def test_without_a_picture_or_a_face_that_counts_there_is_no_figure() -> None:
    with pytest.raises(ValueError, match=r"at least one picture\. Received: none"):
        evaluate_with_coco([])
    with pytest.raises(ValueError, match=r"face that counts.*Received: 2 pictures, 1 ignored boxes"):
        evaluate_with_coco([ScoredPicture.of([], [A], [0.9]), ScoredPicture.of([A], [A], [0.9], [True])])
