import math
import re

import numpy as np
import pytest

from emotion_recognition.models.face_refiner.outputs import FaceView, decode


def test_zeros_leave_a_square_box_as_it_is_and_put_all_points_in_its_middle() -> None:
    logits, boxes, points = decode(np.zeros((1, 15)), np.array([[10.0, 20.0, 30.0, 30.0]]), FaceView())
    assert logits.tolist() == [0.0]
    assert boxes.tolist() == [[10.0, 20.0, 30.0, 30.0]]
    assert points.tolist() == [[[25.0, 35.0]] * 5]


def test_numbers_are_shares_of_the_view_and_logarithms_of_the_box_s_size() -> None:
    # A box of 16×25 has the size 20; with a context of 2 the view is 40 pixels wide, its middle at (108, 62.5).
    said = np.zeros((1, 15))
    said[0, :5] = -3.0, 0.1, -0.05, math.log(1.5), math.log(0.5)
    said[0, 5:9] = -0.2, 0.3, 0.5, -0.5
    logits, boxes, points = decode(said, np.array([[100.0, 50.0, 16.0, 25.0]]), FaceView(64, 2.0))
    assert logits.tolist() == [-3.0]
    # 4 pixels to the right, 2 upwards; 30 wide, 10 high.
    np.testing.assert_allclose(boxes, [[112 - 15, 60.5 - 5, 30, 10]])
    np.testing.assert_allclose(points[0, :3], [[100, 74.5], [128, 42.5], [108, 62.5]])


def test_an_untrained_network_s_boxes_are_finite() -> None:
    _, boxes, _ = decode(np.full((1, 15), 1e6), np.array([[0.0, 0.0, 10.0, 10.0]]), FaceView())
    np.testing.assert_allclose(boxes[0, 2:], 10 * math.e)


def test_the_view_travels_in_the_card() -> None:
    assert FaceView.from_card(FaceView(48, 1.25).to_card()) == FaceView(48, 1.25)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (None, "view must hold a size and a context. Received: None"),
        ({"size": 64}, "view must hold a size and a context. Received: {'size': 64}"),
        ({"size": 60, "context": 1.5}, "size must be a multiple of 16 within 32..256. Received: 60"),
        ({"size": 16, "context": 1.5}, "size must be a multiple of 16 within 32..256. Received: 16"),
        ({"size": "64", "context": 1.5}, "size must be a multiple of 16 within 32..256. Received: '64'"),
        ({"size": 64, "context": 0.5}, "context must be within 1..4. Received: 0.5"),
        ({"size": 64, "context": float("nan")}, "context must be within 1..4. Received: nan"),
    ],
)
def test_cards_that_do_not_say_it_are_refused(entry: object, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        FaceView.from_card({"view": entry})
