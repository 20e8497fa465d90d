import math

import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.face_ssd.decoding import decode_outputs
from emotion_recognition.models.face_ssd.priors import PriorSettings

TWO_MAPS = PriorSettings((8, 16), ((8.0, 12.0), (20.0,)), 0.25, (0.1, 0.2))


def silent() -> list[np.ndarray]:
    """What a network says that sees no face in an input of 16×32 pixels: 2·4·2 fine boxes, 1·2 coarse ones."""
    outputs = [np.zeros((16, 5), np.float32), np.zeros((2, 5), np.float32)]
    for output in outputs:
        output[:, 0] = -9
    return outputs


def test_one_high_logit_is_the_box_of_its_prior() -> None:
    outputs = silent()
    # Row 1, column 2, second size: the middle is at x = 2.5·8, y = 1.5·8; width 12·√0.25 = 6, height 12/√0.25 = 24.
    outputs[0][(1 * 4 + 2) * 2 + 1] = (math.log(3), 0, 0, 0, 0)
    boxes, scores = decode_outputs(outputs, 16, 32, TWO_MAPS, 0.5)
    np.testing.assert_allclose(boxes, [[20 - 3, 12 - 12, 20 + 3, 12 + 12]], atol=1e-5)
    np.testing.assert_allclose(scores, [0.75], atol=1e-6)


def test_offsets_move_and_stretch_the_prior() -> None:
    outputs = silent()
    # The coarse prior of column 1: middle (24, 8), width 10, height 40.
    outputs[1][1] = (0, 2, -0.5, 5 * math.log(2), 5 * math.log(0.5))
    boxes, scores = decode_outputs(outputs, 16, 32, TWO_MAPS, 0.5)
    # x: 24 + 2·0.1·10 = 26; y: 8 − 0.5·0.1·40 = 6; width 10·2 = 20; height 40/2 = 20.
    np.testing.assert_allclose(boxes, [[16, -4, 36, 16]], atol=1e-4)
    np.testing.assert_allclose(scores, [0.5], atol=1e-7)


def test_only_boxes_that_are_sure_enough_come_out() -> None:
    outputs = silent()
    outputs[0][:3, 0] = [math.log(0.4 / 0.6) - 0.01, math.log(0.4 / 0.6) + 0.01, 50]
    outputs[1][0, 0] = math.nan
    boxes, scores = decode_outputs(outputs, 16, 32, TWO_MAPS, 0.4)
    assert len(boxes) == len(scores) == 2
    np.testing.assert_allclose(scores, [0.4024, 1.0], atol=1e-4)


@pytest.mark.parametrize(("min_confidence", "count"), [(0.0, 18), (1.0, 0)])
def test_the_borders_of_min_confidence(min_confidence: float, count: int) -> None:
    outputs = silent()
    outputs[0][0, 0] = 100
    boxes, scores = decode_outputs(outputs, 16, 32, TWO_MAPS, min_confidence)
    assert (boxes.shape, scores.shape) == ((count, 4), (count,))


def test_no_number_of_a_network_overflows() -> None:
    outputs = silent()
    outputs[0][0] = (1e30, 1e30, -1e30, 1e30, -1e30)
    outputs[0][1] = (-1e30, 0, 0, 0, 0)
    boxes, scores = decode_outputs(outputs, 16, 32, TWO_MAPS, 0.0)
    assert np.isfinite(boxes).all()
    assert (scores[0], scores[1]) == (1.0, 0.0)
