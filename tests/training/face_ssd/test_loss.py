"""The loss against numbers computed by hand, and against the runtime's way to read boxes."""

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from emotion_recognition.models.face_ssd.box_coding import decode
from emotion_recognition.models.face_ssd.priors import PriorSettings, make_priors
from emotion_recognition.training.face_ssd.loss import FaceSsdLoss
from emotion_recognition.training.face_ssd.matching import BACKGROUND, FACE, NOTHING

#: Four prior boxes of 4×16 pixels with centres at (4, 4), (12, 4), (4, 12), (12, 12).
PRIORS = PriorSettings((8,), ((8.0,),), 0.25)

#: The first one's corners.
OWN = (2.0, -4.0, 6.0, 12.0)

#: Focal loss at a score of one half: weight × (1/2)² × ln 2.
FACE_AT_HALF, BACKGROUND_AT_HALF = (alpha * 0.25 * math.log(2) for alpha in (0.25, 0.75))


def picture(state: float = FACE, corners: tuple[float, ...] = OWN) -> np.ndarray:
    """Targets (4, 5): the first prior box has a face, or another state, the others are background."""
    made = np.zeros((4, 5), np.float32)
    made[0] = (state, *(corners if state == FACE else (0, 0, 0, 0)))
    return made


def outputs(logits: float = 0.0, offsets: tuple[float, ...] = (0, 0, 0, 0)) -> np.ndarray:
    """Outputs (4, 5): the same logit everywhere, offsets at the first prior box."""
    made = np.zeros((4, 5), np.float32)
    made[:, 0] = logits
    made[0, 1:] = offsets
    return made


def loss_of(targets: list[np.ndarray], received: list[np.ndarray], **options: float) -> float:
    return float(FaceSsdLoss(PRIORS, 16, **options)(np.stack(targets), np.stack(received)))  # type: ignore[arg-type]


def test_scores_of_one_half_and_a_box_that_is_right() -> None:
    assert loss_of([picture()], [outputs()]) == pytest.approx(FACE_AT_HALF + 3 * BACKGROUND_AT_HALF)


def test_a_confident_mistake_costs_its_whole_logit_and_a_confident_truth_next_to_nothing() -> None:
    # p = 1/5 for a face: (4/5)² × ln 5; for the background: (1/5)² × ln(5/4).
    expected = 0.25 * 0.64 * math.log(5) + 3 * 0.75 * 0.04 * math.log(1.25)
    assert loss_of([picture()], [outputs(-math.log(4))]) == pytest.approx(expected, rel=1e-5)
    # Without the focal weight, a wrong logit of 200 costs 200.
    sure = loss_of([picture()], [outputs(-200.0)], gamma=1.0, alpha=0.5)
    assert sure == pytest.approx(0.5 * 200)


def test_alpha_and_gamma_weigh_the_priors() -> None:
    received = loss_of([picture()], [outputs()], alpha=0.9, gamma=3.0)
    assert received == pytest.approx((0.9 + 3 * 0.1) * 0.125 * math.log(2), rel=1e-5)


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        ((10, 0, 0, 0), 1.0),  # beside it, touching: overlap 0, the hull is the union
        ((20, 0, 0, 0), 1 + 1 / 3),  # one width further: a third of the hull is empty
        ((0, 10, 0, 0), 1.0),  # below it, by its own height
        ((5, 0, 0, 0), 1 - 1 / 3),  # half of each in common
        ((0, 0, math.log(2) / 0.2, 0), 0.5),  # twice as wide
        ((0, 0, 0, -math.log(4) / 0.2), 0.75),  # a quarter of the height
        ((0, 20, math.log(2) / 0.2, 0), 1 + 16 / 48 + 16 / 96),  # corners (0, 28, 8, 44)
    ],
)
def test_boxes_cost_one_minus_their_generalised_overlap(offsets: tuple[float, ...], expected: float) -> None:
    scores = FACE_AT_HALF + 3 * BACKGROUND_AT_HALF
    received = loss_of([picture()], [outputs(0.0, offsets)], box_weight=2.0)
    assert received == pytest.approx(scores + 2 * expected, rel=1e-5)


def test_boxes_are_read_as_detection_reads_them() -> None:
    """The generalised overlap of boxes from :func:`decode`, computed by pixel areas in NumPy."""
    rng = np.random.default_rng(0)
    priors = make_priors(16, 16, PRIORS)
    offsets = rng.normal(0, 4, (4, 4))
    offsets[1, 2:] = 30, -8  # beyond the largest logarithm
    low = rng.uniform(-5, 10, (4, 2))
    truth = np.concatenate([low, low + rng.uniform(2, 15, (4, 2))], axis=1)
    found = decode(offsets, priors, PRIORS.variances)

    def area(boxes: np.ndarray) -> np.ndarray:
        return np.maximum(boxes[:, 2:] - boxes[:, :2], 0).prod(axis=1)

    first, second = np.maximum(found, truth), np.minimum(found, truth)
    common = area(np.concatenate([first[:, :2], second[:, 2:]], axis=1))
    hull = area(np.concatenate([second[:, :2], first[:, 2:]], axis=1))
    union = area(found) + area(truth) - common
    expected = (1 - common / union + (hull - union) / hull).mean()
    targets = np.concatenate([np.ones((4, 1)), truth], axis=1).astype(np.float32)
    received = np.concatenate([np.full((4, 1), 60.0), offsets], axis=1).astype(np.float32)
    assert loss_of([targets], [received], box_weight=1.0) == pytest.approx(expected, rel=1e-4)


def test_what_is_perfect_costs_nothing() -> None:
    perfect = outputs(-60.0)
    perfect[0, 0] = 60.0
    assert loss_of([picture()], [perfect]) == pytest.approx(0, abs=1e-6)


def test_prior_boxes_that_learn_nothing_cost_nothing() -> None:
    scores = [outputs(value) for value in (-9.0, 9.0)]
    for received in scores:
        received[1:, 0] = -60.0
    assert [loss_of([picture(NOTHING)], [received]) for received in scores] == pytest.approx([0, 0], abs=1e-6)
    assert loss_of([picture(BACKGROUND)], [scores[1]]) > 1


def test_the_loss_is_divided_by_the_faces_of_the_whole_batch() -> None:
    crowd = picture()
    crowd[1:3] = [[FACE, *corners] for corners in ((10, -4, 14, 12), (2, 4, 6, 20))]
    batch = [crowd, picture(BACKGROUND), picture()]
    received = loss_of(batch, [outputs(), outputs(), outputs(0.0, (10, 0, 0, 0))])
    expected = (4 * FACE_AT_HALF + (1 + 4 + 3) * BACKGROUND_AT_HALF + 2 * 1.0) / 4
    assert received == pytest.approx(expected, rel=1e-5)


def test_a_batch_without_faces_costs_what_its_scores_cost() -> None:
    empty = [picture(BACKGROUND)] * 2
    # Offsets mean nothing there.
    received = loss_of(empty, [outputs(0.0, (7, -7, 30, -30)), outputs()])
    assert received == pytest.approx(8 * BACKGROUND_AT_HALF, rel=1e-5)


@pytest.mark.parametrize("gamma", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("state", [FACE, BACKGROUND, NOTHING])
@pytest.mark.parametrize("extreme", [0.0, 200.0, -200.0])
def test_loss_and_gradient_are_finite_for_every_output(gamma: float, state: float, extreme: float) -> None:
    received = tf.Variable(np.stack([outputs(extreme, (extreme,) * 4), outputs(-extreme, (0, 0, extreme, -extreme))]))
    with tf.GradientTape() as tape:
        loss = FaceSsdLoss(PRIORS, 16, gamma=gamma)(np.stack([picture(state), picture(state)]), received)
    gradient = tape.gradient(loss, received).numpy()
    assert np.isfinite(float(loss))
    assert np.isfinite(gradient).all()
    if extreme == 0.0:
        # What is wrong is pulled the right way: background down, a face up.
        assert (gradient[:, 1:, 0] > 0).all()
        assert np.sign(gradient[:, 0, 0]).tolist() == [{FACE: -1, BACKGROUND: 1, NOTHING: 0}[state]] * 2


def test_only_prior_boxes_on_faces_move() -> None:
    received = tf.Variable(outputs(0.0, (3, 3, 3, 3))[None])
    for state, moves in ((FACE, True), (BACKGROUND, False), (NOTHING, False)):
        with tf.GradientTape() as tape:
            loss = FaceSsdLoss(PRIORS, 16)(picture(state)[None], received)
        gradient = tape.gradient(loss, received).numpy()[0, :, 1:]
        assert (gradient[0] != 0).any() == moves
        assert not gradient[1:].any()


def test_outputs_of_half_precision_are_computed_in_float32() -> None:
    received: Any = keras.ops.cast(outputs(), "bfloat16")
    loss = FaceSsdLoss(PRIORS, 16)(picture()[None], received[None])
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"
    assert float(loss) == pytest.approx(FACE_AT_HALF + 3 * BACKGROUND_AT_HALF, rel=1e-5)
