import json

import numpy as np
import pytest

from emotion_recognition.pictures.faces import Face


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (0, 0, 5, 0), (3, 3, -1, 5)])
def test_an_empty_box_is_no_face(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="box must be at least 1 pixel"):
        Face(box, 0.5)


def test_numbers_of_any_kind_become_pythons_own() -> None:
    face = Face(
        tuple(np.array([1, 2, 30, 40])),
        np.float32(0.5),  # type: ignore[arg-type]
        np.arange(10, dtype=np.float32).reshape(5, 2),  # type: ignore[arg-type]
    )
    assert json.loads(json.dumps([face.box, face.score, face.landmarks])) == [
        [1, 2, 30, 40],
        0.5,
        [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0], [8.0, 9.0]],
    ]
    assert Face((9.6, 20.2, 100.7, 80.1), 1).box == (10, 20, 101, 80)  # type: ignore[arg-type]


@pytest.mark.parametrize("box", [(1, 2, 3), (1, 2, 3, float("nan")), (1, 2, 3, float("inf")), "face", 7])
def test_a_box_of_something_else_is_refused(box: object) -> None:
    with pytest.raises(ValueError, match="box must be four numbers"):
        Face(box, 0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("landmarks", [(1.0, 2.0), ((1, 2, 3),), "eyes"])
def test_landmarks_of_something_else_are_refused(landmarks: object) -> None:
    with pytest.raises(ValueError, match="landmarks must be points"):
        Face((0, 0, 5, 5), 0.5, landmarks)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_landmarks_that_are_nowhere_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="landmarks must be finite"):
        Face((0, 0, 9, 9), 0.5, landmarks=[(1.0, number)] * 5)  # type: ignore[arg-type]


@pytest.mark.parametrize("score", [-0.01, 1.01, float("nan")])
def test_a_score_outside_0_to_1_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="score must be within"):
        Face((0, 0, 5, 5), score)
