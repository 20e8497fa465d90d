import math

import keras
import numpy as np
import pytest

from emotion_recognition.training.face_refiner.loss import RefinerLoss


def loss_of(target: list[float], said: list[float], **weights: float) -> float:
    loss = RefinerLoss(**weights)
    return float(keras.ops.convert_to_numpy(loss(np.array([target], np.float32), np.array([said], np.float32))))


FACE = [1.0, 1.0, 0.1, 0.0, 0.2, 0.0, *[0.05] * 10]
RIGHT = [0.0, 0.1, 0.0, 0.2, 0.0, *[0.05] * 10]


def test_a_right_box_leaves_the_cross_entropy() -> None:
    assert loss_of(FACE, RIGHT) == pytest.approx(math.log(2))
    assert loss_of(FACE, [3.0, *RIGHT[1:]]) == pytest.approx(math.log(1 + math.exp(-3)))
    assert loss_of([0.0] * 16, [3.0, *RIGHT[1:]]) == pytest.approx(math.log(1 + math.exp(3)))


def test_errors_of_boxes_and_landmarks_are_weighed() -> None:
    # One of four numbers is off by 0.1: 0.1 - 0.02 / 2 over 4; one of ten by 0.0025: 0.0025² / 2 / 0.005 over 10.
    box = [*RIGHT[:1], 0.2, *RIGHT[2:]]
    assert loss_of(FACE, box, box_weight=3.0) == pytest.approx(math.log(2) + 3 * 0.09 / 4, rel=1e-5)
    point = [*RIGHT[:14], 0.0525]
    expected = math.log(2) + 8 * 0.0025**2 / 2 / 0.005 / 10
    assert loss_of(FACE, point, landmark_weight=8.0) == pytest.approx(expected, rel=1e-5)


def test_what_is_unknown_costs_nothing() -> None:
    far = [0.0, *[7.0] * 14]
    assert loss_of([0.0] * 16, far) == pytest.approx(math.log(2))
    without_landmarks = [1.0, 0.0, *FACE[2:6], *[0.0] * 10]
    assert loss_of(without_landmarks, [*RIGHT[:5], *[9.0] * 10]) == pytest.approx(math.log(2))


def test_the_loss_is_the_mean_of_the_views() -> None:
    targets, said = np.array([FACE, [0.0] * 16], np.float32), np.array([[2.0, *RIGHT[1:]]] * 2, np.float32)
    received = float(keras.ops.convert_to_numpy(RefinerLoss()(targets, said)))
    assert received == pytest.approx((math.log(1 + math.exp(-2)) + math.log(1 + math.exp(2))) / 2, rel=1e-5)
