import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.face_ssd.close_up import CloseUpSettings, Surroundings, look_again
from emotion_recognition.pictures.faces import Face

PICTURE = np.full((100, 80, 3), 50, np.uint8)
LARGE = Face((10, 10, 60, 80), 0.4)
ONCE = CloseUpSettings(surroundings=(Surroundings(0.2, True, 1.0),))


def found(suspects: list[Face], seen: list[Face], min_confidence: float = 0.6) -> list[Face]:
    return look_again(PICTURE, suspects, lambda view, size: seen, 320, min_confidence, ONCE)


def test_the_surest_look_counts_and_two_are_not_surer_than_one() -> None:
    # The border is a fifth of 100 pixels, so that the same box lies 20 further right and down.
    again = Face((30, 30, 60, 80), 0.65)
    (face,) = found([LARGE], [again])
    assert face == Face(LARGE.box, 0.65)
    assert found([LARGE], [again], 0.66) == []
    assert found([LARGE], [Face((30, 30, 60, 80), 0.3)], 0.41) == []


def test_the_box_is_that_of_the_surer_look_cut_at_the_picture() -> None:
    (face,) = found([LARGE], [Face((25, 15, 75, 110), 0.7, ((50.0, 60.0),) * 5)])
    assert face.box == (5, 0, 75, 100)
    assert face.landmarks == ((30.0, 40.0),) * 5


def test_without_a_suspicion_of_a_large_face_nobody_looks() -> None:
    def never(view: np.ndarray, size: int) -> list[Face]:
        raise AssertionError("looked")

    for suspects in ([], [Face((10, 10, 60, 80), 0.09)], [Face((10, 10, 30, 50), 0.5)]):  # 1,500 of 8,000 pixels
        assert look_again(PICTURE, suspects, never, 320, 0.6, ONCE) == []


def test_a_face_elsewhere_confirms_nothing() -> None:
    assert found([Face((0, 0, 40, 50), 0.5)], [Face((60, 70, 40, 50), 0.95)]) == []
    assert found([LARGE], [Face((0, 0, 15, 15), 0.9)]) == []  # outside the picture


def test_looks_go_on_until_it_is_sure_enough() -> None:
    views = []

    def look(view: np.ndarray, size: int) -> list[Face]:
        views.append((view.shape, size, int(view[0, 0, 0])))
        border = (view.shape[0] - 100) // 2
        return [Face((10 + border, 10 + border, 60, 80), 0.4 + border / 100)]

    (face,) = look_again(PICTURE, [LARGE], look, 320, 0.7, CloseUpSettings())
    assert views == [((140, 120, 3), 320, 50), ((200, 180, 3), 192, 128)]
    assert face.score == pytest.approx(0.9)
    views.clear()
    look_again(PICTURE, [LARGE], look, 320, 0.5, CloseUpSettings())
    assert len(views) == 1
