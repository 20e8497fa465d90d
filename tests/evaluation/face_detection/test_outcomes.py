from emotion_recognition.evaluation.face_detection.outcomes import sort_boxes
from emotion_recognition.evaluation.face_detection.scored_picture import ScoredPicture

A, B, ELSEWHERE = (10.0, 10.0, 100.0, 100.0), (200.0, 10.0, 100.0, 100.0), (10.0, 300.0, 50.0, 50.0)


def test_every_box_of_every_picture_is_sorted() -> None:
    near = (12.0, 10.0, 100.0, 100.0)
    pictures = [
        ScoredPicture.of([A, B], [ELSEWHERE, near], [0.9, 0.8]),
        ScoredPicture.of([], [A], [0.6]),
        ScoredPicture.of([B], [B], [0.5]),
    ]
    assert sort_boxes(pictures, 0.5) == [
        [("face", A), ("missed", B), ("hit", near), ("false alarm", ELSEWHERE)],
        [("false alarm", A)],
        [("face", B), ("hit", B)],
    ]


def test_boxes_below_the_confidence_are_as_if_not_found() -> None:
    assert sort_boxes([ScoredPicture.of([A], [A, ELSEWHERE], [0.4, 0.3])], 0.5) == [[("missed", A)]]


def test_ignored_regions_and_the_boxes_in_them_are_left_out() -> None:
    assert sort_boxes([ScoredPicture.of([A, B], [B], [0.9], [False, True])], 0.5) == [[("missed", A)]]


def test_pictures_that_all_have_no_face_are_sorted_too() -> None:
    assert sort_boxes([ScoredPicture.of([], [A], [0.9]), ScoredPicture.of([B], [B], [0.9], [True])], 0.5) == [
        [("false alarm", A)],
        [],
    ]
    assert sort_boxes([], 0.5) == []


def test_a_box_is_a_hit_from_half_an_overlap_on() -> None:
    """Boxes of the face's width and of a part of its height: the part is the intersection over union."""
    for part, outcomes in ((52, ["hit"]), (48, ["missed", "false alarm"])):
        (found,) = sort_boxes([ScoredPicture.of([A], [(10.0, 10.0, 100.0, float(part))], [0.9])], 0.5)
        assert [name for name, _ in found if name != "face"] == outcomes
