import numpy as np
import pytest

from emotion_recognition.training.face_ssd.matching import BACKGROUND, FACE, NOTHING, MatchingSettings, match

#: Intersection over union with the first one: 1, 1/3, 0, 0.
PRIORS = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 0, 30, 10], [60, 60, 70, 70]], float)

ONE_EACH = MatchingSettings(at_least=1)


def targets(
    faces: list[list[float]],
    ignored: list[bool] | None = None,
    settings: MatchingSettings = ONE_EACH,
    priors: np.ndarray = PRIORS,
) -> np.ndarray:
    marks = np.array(ignored if ignored is not None else [False] * len(faces), bool)
    return match(np.array(faces, float).reshape(-1, 4), marks, priors, settings)


def test_prior_boxes_are_on_a_face_unsure_or_on_the_background() -> None:
    received = targets([[0, 0, 10, 10]])
    assert received.dtype == np.float32
    assert received.tolist() == [[FACE, 0, 0, 10, 10], [NOTHING, 0, 0, 0, 0], [BACKGROUND] + [0] * 4, [0] * 5]


@pytest.mark.parametrize(("face", "background", "state"), [(1 / 3, 0.2, FACE), (0.4, 1 / 3, NOTHING), (0.4, 0.34, 0.0)])
def test_the_overlaps_of_the_settings_are_the_borders(face: float, background: float, state: float) -> None:
    """The second prior box overlaps the face by exactly 50 / 150."""
    settings = MatchingSettings(face=face, background=background, at_least=1, least_overlap=0.2)
    assert targets([[0, 0, 10, 10]], settings=settings)[1, 0] == state


def test_a_face_that_no_prior_overlaps_enough_gets_the_best_ones() -> None:
    # 25 / 100 with the first, less than the background's border; nothing with the others.
    assert targets([[0, 0, 5, 5]])[0].tolist() == [FACE, 0, 0, 5, 5]
    # 30 / 220, 80 / 170 and 20 / 230 with the first three.
    face = [[7, 0, 22, 10]]
    assert targets(face, settings=MatchingSettings(at_least=3))[:, 0].tolist() == [0, FACE, 0, 0]
    lower = MatchingSettings(at_least=3, least_overlap=0.1)
    assert targets(face, settings=lower)[:, 0].tolist() == [FACE, FACE, 0, 0]


def test_a_face_that_overlaps_all_too_little_gets_none() -> None:
    # 9 / 100: below the least overlap, so background.
    assert not targets([[0, 0, 3, 3]]).any()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_faces_that_want_one_prior_the_one_that_overlaps_more_gets_it(order: tuple[int, int]) -> None:
    faces = [[0.0, 0, 5, 5], [0.0, 4, 10, 7.5]]  # 25 and 35 of 100
    received = targets([faces[i] for i in order])
    assert received[0].tolist() == [FACE, 0, 4, 10, 7.5]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_prior_stays_with_the_face_that_it_overlaps_enough(order: tuple[int, int]) -> None:
    # 80 / 140 and 90 / 130 with the first two priors; the other face has 30 / 100 with the first and would get it.
    faces = [[2.0, 0, 14, 10], [0.0, 0, 3, 10]]
    received = targets([faces[i] for i in order])
    assert received[:2].tolist() == [[FACE, 2, 0, 14, 10]] * 2
    assert targets([faces[1]])[0].tolist() == [FACE, 0, 0, 3, 10]


def test_each_prior_learns_the_face_that_it_overlaps_most() -> None:
    received = targets([[0, 0, 10, 10], [20, 1, 30, 10]])
    assert received[0].tolist() == [FACE, 0, 0, 10, 10]
    assert received[2].tolist() == [FACE, 20, 1, 30, 10]


def test_prior_boxes_on_an_ignored_face_learn_nothing() -> None:
    assert targets([[0, 0, 10, 10]], [True]).tolist() == [[NOTHING] + [0] * 4] * 2 + [[BACKGROUND] + [0] * 4] * 2


def test_a_face_counts_where_an_ignored_one_overlaps_too() -> None:
    received = targets([[0, 0, 10, 10], [0, 0, 10, 10], [20, 0, 30, 10]], [True, False, True])
    assert received[:, 0].tolist() == [FACE, NOTHING, NOTHING, BACKGROUND]
    assert received[0, 1:].tolist() == [0, 0, 10, 10]
    # Far from the face, the ignored one still keeps its prior from saying "none".
    assert targets([[60, 60, 70, 70], [0, 0, 10, 10]], [False, True])[:, 0].tolist() == [NOTHING, NOTHING, 0, FACE]


def test_a_picture_without_faces_is_all_background() -> None:
    received = targets([])
    assert received.shape == (4, 5)
    assert not received.any()


def test_there_may_be_fewer_priors_than_each_face_should_get() -> None:
    received = targets([[0, 0, 5, 5]], settings=MatchingSettings(at_least=9), priors=PRIORS[:2])
    assert received[:, 0].tolist() == [FACE, BACKGROUND]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"face": 0.25}, r"must rise within 0\.\.1\. Received: 0\.2, 0\.3, 0\.25"),
        ({"face": 1.1}, "must rise"),
        ({"background": 0.1}, "must rise"),
        ({"least_overlap": 0.0}, "must rise"),
        ({"face": float("nan")}, "must rise"),
        ({"at_least": 0}, "at_least must be at least 1. Received: 0"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MatchingSettings(**changes)  # type: ignore[arg-type]
