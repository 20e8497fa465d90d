import pytest

from emotion_recognition.pictures.faces import Face


@pytest.mark.parametrize("box", [(0, 0, 0, 5), (0, 0, 5, 0), (3, 3, -1, 5)])
def test_an_empty_box_is_no_face(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="box must be at least 1 pixel"):
        Face(box, 0.5)


@pytest.mark.parametrize("score", [-0.01, 1.01, float("nan")])
def test_a_score_outside_0_to_1_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="score must be within"):
        Face((0, 0, 5, 5), score)
