import numpy as np
import pytest

from emotion_recognition.evaluation.gallery import GalleryRow, choose_gallery

NAMES = ("sad", "happy", "fear")
LABELS = np.array([0, 0, 0, 0, 1, 1])
PROBABILITIES = np.array(
    [
        [0.6, 0.3, 0.1],  # right
        [0.9, 0.1, 0.0],  # right, surer
        [0.1, 0.8, 0.1],  # wrong
        [0.0, 0.0, 1.0],  # wrong, surer
        [0.2, 0.7, 0.1],  # right
        [0.2, 0.7, 0.1],  # right, as sure
    ]
)


def test_the_most_confident_come_first_right_and_wrong_apart() -> None:
    assert choose_gallery(LABELS, PROBABILITIES, NAMES) == [
        GalleryRow("sad", (1, 0), (3, 2)),
        GalleryRow("happy", (4, 5), ()),
        GalleryRow("fear", (), ()),  # a class without images
    ]


def test_no_more_than_asked_for() -> None:
    rows = choose_gallery(LABELS, PROBABILITIES, NAMES, count=1)
    assert [(row.right, row.wrong) for row in rows] == [((1,), (3,)), ((4,), ()), ((), ())]


def test_exact_twins_take_one_place_in_a_list() -> None:
    images = np.zeros((6, 8, 8, 1), np.uint8)
    images[0] = images[1] = 50  # both right: the surer one stays
    images[2], images[3] = 60, 50  # the image of 1 and 0 once more, under a label that makes it wrong
    images[4] = images[5] = 70
    rows = choose_gallery(LABELS, PROBABILITIES, NAMES, images=images)
    assert [(row.right, row.wrong) for row in rows] == [((1,), (3, 2)), ((4,), ()), ((), ())]
    images[0, 7, 7] = 51
    rows = choose_gallery(LABELS, PROBABILITIES, NAMES, images=images, count=2)
    assert rows[0].right == (1, 0)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(6, 2\)"):
        choose_gallery(LABELS, PROBABILITIES, NAMES[:2])
    with pytest.raises(ValueError, match="count must be at least 1"):
        choose_gallery(LABELS, PROBABILITIES, NAMES, count=0)
    with pytest.raises(ValueError, match=r"images must be as many as labels, 6\. Received: 5"):
        choose_gallery(LABELS, PROBABILITIES, NAMES, images=np.zeros((5, 8, 8, 1), np.uint8))
