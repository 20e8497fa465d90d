"""The figures of a made-up detector, counted by hand."""

import json
from collections.abc import Sequence

import numpy as np
import pytest

from emotion_recognition.evaluation.face_detection.figures import DetectorFigures, evaluate_detector
from emotion_recognition.evaluation.face_detection.report import to_text
from emotion_recognition.evaluation.face_detection.scored_picture import ScoredPicture

# In a picture of 320 pixels: a share of 8 / 320 = 1/40, 20 / 320 = 1/16, 40 / 320 = 1/8, 80 / 320 = 1/4.
TINY, SMALL, MIDDLE, LARGE = (0, 0, 6, 8), (20, 0, 20, 20), (60, 0, 40, 30), (120, 0, 80, 80)
ELSEWHERE = (220, 220, 50, 50)

PICTURES = [
    ScoredPicture.of([TINY, SMALL, MIDDLE, LARGE], [LARGE, SMALL, ELSEWHERE], [0.9, 0.3, 0.7]),
    # The same box of 80 pixels is half of a picture of 160.
    ScoredPicture.of([LARGE, SMALL], [LARGE], [0.8], [False, True]),
]
MASKS = [["mask", "", "nomask", "mask"], ["", "mask"]]
FACELESS = {"animals": [np.array([0.6, 0.1]), np.array([0.2])], "others": [np.array([])] * 8}


def figures(
    name: str = "mine",
    pictures: Sequence[ScoredPicture] = PICTURES,
    masks: list[list[str]] | None = MASKS,
    faceless: dict[str, list[np.ndarray]] | None = FACELESS,
    milliseconds: float | None = 7.25,
) -> DetectorFigures:
    return evaluate_detector(
        name,
        pictures,
        longer_sides=[320, 160],
        confidence=0.5,
        masks=masks,
        faceless=faceless,
        milliseconds=milliseconds,
    )


def test_counts_at_the_default_confidence() -> None:
    found = figures()
    assert (found.pictures, found.faces, found.ignored) == (2, 5, 1)
    counts = found.default.counts
    assert (counts.confidence, counts.hits, counts.false_alarms, counts.misses) == (0.5, 2, 1, 3)
    assert (counts.precision, counts.recall) == (2 / 3, 2 / 5)
    assert counts.f1 == pytest.approx(2 * (2 / 3) * (2 / 5) / (2 / 3 + 2 / 5))


def test_average_precision_takes_the_boxes_below_it_too() -> None:
    # In the order of scores hit, hit, false, hit: precisions 1, 1, 3/4 at recalls 1/5, 2/5, 3/5.
    assert figures().coco.at_half == pytest.approx((41 + 20 * 3 / 4) / 101)


def test_recall_by_size_counts_each_face_in_its_pictures_measure() -> None:
    point = figures().default
    assert [(group.name, group.faces, group.found) for group in point.by_share] == [
        ("under 1/32", 1, 0),
        ("1/32 to 1/16", 0, 0),
        ("1/16 to 1/8", 1, 0),
        ("1/8 to 1/4", 1, 0),
        ("1/4 and more", 2, 2),
    ]
    assert [(group.faces, group.recall) for group in point.by_pixels] == [(1, 0), (1, 0), (1, 0), (2, 1)]
    assert point.by_share[1].recall is None


def test_recall_by_mask_counts_the_faces_of_which_it_is_known() -> None:
    assert [(group.name, group.faces, group.found) for group in figures().default.by_mask] == [
        ("mask", 2, 1),  # the ignored one is not counted
        ("nomask", 1, 0),
    ]
    assert figures(masks=None).default.by_mask == ()


def test_false_alarms_are_told_by_group_and_together() -> None:
    alarms = figures().default.false_alarms
    assert list(alarms) == ["all", "animals", "others"]
    assert [one.per_picture for one in alarms.values()] == [0.1, 0.5, 0]
    assert list(figures(faceless={"mine": [np.array([0.9])]}).default.false_alarms) == ["mine"]


def test_the_second_working_point_allows_half_an_alarm_in_ten_pictures() -> None:
    found = figures().at_rate
    assert found is not None
    # Ten pictures at 0.05 are half a box, so that none may stay: the confidence is just above 0.6.
    assert 0.6 < found.counts.confidence < 0.6001
    assert found.false_alarms["all"].boxes == 0
    assert found.counts.hits == 2
    low = figures(faceless={"none": [np.array([])]}).at_rate
    assert low is not None
    assert (low.counts.confidence, low.counts.hits, low.counts.false_alarms) == (0, 3, 1)
    assert figures(faceless=None).at_rate is None
    assert figures(faceless={}).at_rate is None


def test_the_json_has_every_figure_and_is_json() -> None:
    content = figures().to_json()
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert content["average_precision_50"] == pytest.approx(56 / 101)
    assert list(content["average_precision_by_overlap"])[::9] == ["0.50", "0.95"]
    assert len(content["curve_50"]["recall"]) == len(content["curve_50"]["precision"]) == 101
    assert content["default"]["recall_by_mask"]["mask"] == {"faces": 2, "found": 1, "recall": 0.5}
    assert content["default"]["recall_by_pixels"]["64 px and more"]["recall"] == 1
    assert content["default"]["false_alarms_without_faces"]["animals"]["per_picture"] == 0.5
    assert content["at_false_alarm_rate"]["rate"] == 0.05
    assert content["milliseconds"] == 7.25
    bare = figures(masks=None, faceless=None, milliseconds=None).to_json()
    assert json.dumps(bare, allow_nan=False)
    assert bare["at_false_alarm_rate"] is None


def test_the_tables_have_a_row_for_each_detector() -> None:
    nothing = [ScoredPicture.of(p.true_boxes, [], [], p.ignored) for p in PICTURES]
    text = to_text([figures(), figures("blind one", nothing, milliseconds=None)])
    blocks = [block.splitlines() for block in text.split("\n\n")]
    assert blocks[0][0] == "2 pictures with 5 faces, 1 ignored"
    assert [line.split() for line in blocks[0][1:]] == [
        ["detector", "AP@0.5", "AP@0.5:0.95", "ms/picture"],
        ["mine", "0.554", "0.554", "7.2"],
        ["blind", "one", "0.000", "0.000"],
    ]
    assert blocks[1][0] == "at the default confidence"
    assert blocks[1][2].split() == ["mine", "0.500", "66.7", "%", "40.0", "%", "50.0", "%", "0.100", "0.500", "0.000"]
    assert blocks[2][0] == "recall by share of the picture's longer side (faces), at the default confidence"
    assert blocks[2][1].endswith("1/8 to 1/4 (1)  1/4 and more (2)")
    assert blocks[2][2].split() == ["mine", "0.0", "%", "0.0", "%", "0.0", "%", "100.0", "%"]  # none for the empty band
    titles = [block[0] for block in blocks]
    assert "recall by mask (faces), at the default confidence" in titles
    assert "at 0.05 false alarms a picture without faces" in titles
    # Columns stand below their names.
    assert {len(line) for line in blocks[3][1:]} == {len(blocks[3][1])}


def test_the_tables_leave_out_what_was_not_measured() -> None:
    text = to_text([figures(masks=None, faceless=None, pictures=PICTURES)])
    assert "mask" not in text
    assert "alarms" not in text


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match=r"longer_sides must be 2.*Received: \[320\]"):
        evaluate_detector("mine", PICTURES, longer_sides=[320], confidence=0.5)
    with pytest.raises(ValueError, match=r"Received: \[320, 0\]"):
        evaluate_detector("mine", PICTURES, longer_sides=[320, 0], confidence=0.5)
    with pytest.raises(ValueError, match=r"masks must have a word for each true box.*Received: 5 words"):
        figures(masks=[["mask"] * 4, ["mask"]])
    with pytest.raises(ValueError, match="at least one picture"):
        evaluate_detector("mine", [], longer_sides=[], confidence=0.5)
