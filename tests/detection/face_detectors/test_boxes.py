import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_recognition.detection.face_detectors.boxes import Crowding, faces_from_boxes
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.pictures.faces import Face

SETTINGS = DetectionSettings(min_confidence=0.5, max_overlap=0.3)
WIDTH, HEIGHT = 200, 100


def faces(*rows: tuple[float, float, float, float, float]) -> list[Face]:
    """Each row: left, top, right, bottom, score; the picture is 200 pixels wide and 100 high."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return faces_from_boxes(table[:, :4], table[:, 4], (WIDTH, HEIGHT), SETTINGS)


def test_corners_become_x_y_width_height() -> None:
    assert faces((150.2, 10.4, 180.4, 50.6, 0.9)) == [Face((150, 10, 30, 41), 0.9)]


def test_no_boxes_are_no_faces() -> None:
    assert faces() == []


def test_highest_score_comes_first() -> None:
    found = faces((0, 0, 20, 20, 0.6), (50, 0, 70, 20, 0.9), (100, 0, 120, 20, 0.7))
    assert [face.score for face in found] == [0.9, 0.7, 0.6]


def test_the_lowest_score_that_counts_counts() -> None:
    assert [face.score for face in faces((0, 0, 20, 20, 0.5), (50, 0, 70, 20, 0.4999))] == [0.5]


def test_a_box_over_the_border_is_cut_at_it() -> None:
    assert faces((-10, -20, 30, 60, 0.9)) == [Face((0, 0, 30, 60), 0.9)]
    assert faces((180, 70, 215, 125, 0.9)) == [Face((180, 70, 20, 30), 0.9)]


@pytest.mark.parametrize(
    "ghost", [(-40, 10, 20, 50), (10, -40, 50, 20), (190, 10, 230, 50), (10, 90, 50, 130), (1000, 1000, 1200, 1200)]
)
def test_a_box_whose_centre_is_outside_is_dropped(ghost: tuple[float, float, float, float]) -> None:
    assert faces((*ghost, 0.99)) == []


@pytest.mark.parametrize("corners", [(50, 20, 50, 60), (50, 20, 40, 60), (50.1, 20, 50.3, 60)])
def test_a_box_without_a_pixel_is_dropped(corners: tuple[float, float, float, float]) -> None:
    assert faces((*corners, 0.99)) == []


def test_a_box_without_numbers_is_dropped() -> None:
    nan = float("nan")
    assert faces((nan, 0, 20, 20, 0.9), (0, 0, 20, 20, nan), (50, 50, 70, 70, 0.8)) == [Face((50, 50, 20, 20), 0.8)]


def test_a_score_that_rounding_lifts_above_1_is_1() -> None:
    assert faces((0, 0, 20, 20, 1.0000001)) == [Face((0, 0, 20, 20), 1.0)]


def test_of_two_boxes_of_one_face_the_surer_stays() -> None:
    # 40×40 boxes, 10 apart: 30·40 / (2·1600 − 1200) = 0.6 of their union in common.
    assert faces((0, 0, 40, 40, 0.7), (10, 0, 50, 40, 0.8)) == [Face((10, 0, 40, 40), 0.8)]


def test_boxes_of_one_face_vote_on_its_place_and_landmarks() -> None:
    # The first two have 0.6 of their union in common; the third is less than half as sure, the last is elsewhere.
    rows = np.array([(0, 0, 40, 40, 0.7), (10, 0, 50, 40, 0.8), (10, 0, 50, 44, 0.3), (120, 0, 160, 40, 0.6)])
    points = np.arange(4.0)[:, np.newaxis, np.newaxis] * np.full((5, 2), 15.0)
    settings = DetectionSettings(min_confidence=0.2, max_overlap=0.3)
    found = faces_from_boxes(
        rows[:, :4], rows[:, 4], (WIDTH, HEIGHT), settings, landmarks=points, crowding=Crowding(votes=0.6, second=0.3)
    )
    # From left (0·0.7 + 10·0.8) / 1.5 = 5.3 to right (40·0.7 + 50·0.8) / 1.5 = 45.3; landmarks 15·0.8 / 1.5 = 8.
    assert [face.box for face in found] == [(5, 0, 40, 40), (120, 0, 40, 40)]
    assert [face.score for face in found] == [0.8, 0.6]
    for face, place in zip(found, (8.0, 45.0), strict=True):
        np.testing.assert_allclose(np.array(face.landmarks), place)


def test_a_second_face_behind_the_first_is_doubted_by_as_much_as_they_overlap() -> None:
    # 40×40 boxes: 17 apart they share 23 / 57 of their union, 10 apart 0.6.
    rows = np.array([(0, 0, 40, 40, 0.9), (17, 0, 57, 40, 0.8), (10, 60, 50, 100, 0.7), (0, 60, 40, 100, 0.6)])
    crowding = Crowding(votes=1, second=0.5)
    for least, scores in ((0.4, [0.9, 0.7, 0.8 * 34 / 57]), (0.5, [0.9, 0.7])):
        settings = DetectionSettings(min_confidence=least, max_overlap=0.3)
        found = faces_from_boxes(rows[:, :4], rows[:, 4], (WIDTH, HEIGHT), settings, crowding=crowding)
        assert [face.score for face in found] == pytest.approx(scores)
    assert [face.box for face in found] == [(0, 0, 40, 40), (10, 60, 40, 40)]


def test_neighbours_that_overlap_a_little_both_stay() -> None:
    # 40×40 boxes, 30 apart: 10·40 / (3200 − 400) = 0.14 in common.
    assert len(faces((0, 0, 40, 40, 0.7), (30, 0, 70, 40, 0.8))) == 2


@given(st.lists(st.tuples(*[st.floats(-400, 400)] * 4, st.floats(0, 1)), max_size=8))
def test_every_face_lies_inside_the_picture(rows: list[tuple[float, float, float, float, float]]) -> None:
    for face in faces(*rows):
        x, y, width, height = face.box
        assert x >= 0
        assert y >= 0
        assert x + width <= WIDTH
        assert y + height <= HEIGHT
        assert face.score >= SETTINGS.min_confidence


@pytest.mark.parametrize("name", ["min_confidence", "max_overlap"])
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_settings_outside_0_to_1_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} must be within"):
        DetectionSettings(**{name: value})


def test_each_face_keeps_its_own_landmarks_whichever_boxes_are_dropped() -> None:
    rows = np.array(
        [
            (0, 0, 20, 20, 0.4),  # not sure enough
            (100, 10, 130, 50, 0.7),
            (-50, 0, 10, 20, 0.9),  # its centre is outside
            (60, 60, 60, 90, 0.9),  # without a pixel
            (40, 10, 70, 50, 0.6),
            (102, 12, 132, 52, 0.95),  # the same face as the second, surer
            (150, 10, 180, 50, 0.8),
        ]
    )
    # The points of box i are (100 i + k, 1000 i + k).
    points = np.array([[(100 * i + k, 1000 * i + k) for k in range(5)] for i in range(len(rows))], float)
    found = faces_from_boxes(rows[:, :4], rows[:, 4], (WIDTH, HEIGHT), SETTINGS, landmarks=points)
    assert [(face.box[0], face.score) for face in found] == [(102, 0.95), (150, 0.8), (40, 0.6)]
    expected = [tuple((100.0 * i + k, 1000.0 * i + k) for k in range(5)) for i in (5, 6, 4)]
    assert [face.landmarks for face in found] == expected


@pytest.mark.parametrize(
    ("max_overlap", "left"),
    [(0.0, [0, 80]), (0.39, [0, 80]), (0.42, [0, 80, 97]), (0.59, [0, 80, 97]), (0.61, [0, 10, 80, 97])],
)
def test_max_overlap_decides_which_boxes_are_one_face(max_overlap: float, left: list[int]) -> None:
    """Pairs of 40×40 boxes: 10 apart they share 0.6 of their union, 17 apart 23 / 57 = 0.404."""
    rows = np.array([(0, 0, 40, 40, 0.9), (10, 0, 50, 40, 0.8), (80, 0, 120, 40, 0.7), (97, 0, 137, 40, 0.6)], float)
    settings = DetectionSettings(min_confidence=0.5, max_overlap=max_overlap)
    found = faces_from_boxes(rows[:, :4], rows[:, 4], (WIDTH, HEIGHT), settings)
    assert [face.box[0] for face in found] == left
