import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_recognition.models.face_ssd.box_coding import decode, decode_landmarks, encode

#: Centre 50, 60; 20 wide, 40 high: from 40, 40 to 60, 80.
PRIOR = np.array([[50.0, 60.0, 20.0, 40.0]])

#: Powers of two, of two different variances.
VARIANCES = (0.125, 0.5)


@pytest.mark.parametrize(
    ("offsets", "corners"),
    [
        ((0, 0, 0, 0), (40, 40, 60, 80)),
        # An offset of 1 moves the centre by an eighth of the prior's width, or height.
        ((1, 0, 0, 0), (42.5, 40, 62.5, 80)),
        ((0, 1, 0, 0), (40, 45, 60, 85)),
        ((-2, -4, 0, 0), (35, 20, 55, 60)),
        # Twice as wide: ln 2 over its variance of a half; the centre stays.
        ((0, 0, 2 * math.log(2), 0), (30, 40, 70, 80)),
        ((0, 0, 0, 2 * math.log(2)), (40, 20, 60, 100)),
        ((8, 0, 2 * math.log(0.5), 2 * math.log(1.5)), (65, 30, 75, 90)),
    ],
)
def test_offsets_and_boxes_by_hand(offsets: tuple[float, ...], corners: tuple[float, ...]) -> None:
    np.testing.assert_allclose(decode(np.array([offsets]), PRIOR, VARIANCES), [corners], atol=1e-9)
    np.testing.assert_allclose(encode(np.array([corners], float), PRIOR, VARIANCES), [offsets], atol=1e-9)


def test_every_row_has_its_own_prior() -> None:
    priors = np.array([[10.0, 10.0, 10.0, 10.0], [100.0, 50.0, 40.0, 80.0]])
    decoded = decode(np.array([[1.0, 0, 0, 0], [1.0, 0, 0, 0]]), priors, (0.1, 0.2))
    np.testing.assert_allclose(decoded, [[6, 5, 16, 15], [84, 10, 124, 90]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_kind_of_number_stays(dtype: type[np.floating]) -> None:
    boxes = decode(np.zeros((1, 4), dtype), PRIOR.astype(dtype), VARIANCES)
    assert boxes.dtype == dtype
    assert encode(boxes, PRIOR.astype(dtype), VARIANCES).dtype == dtype


def test_nothing_in_nothing_out() -> None:
    none = np.zeros((0, 4))
    assert decode(none, none, VARIANCES).shape == encode(none, none, VARIANCES).shape == (0, 4)


def test_sizes_of_an_untrained_network_stay_finite() -> None:
    # No box is more than e⁴ times its prior: 1092 wide, 2184 high; how small it may be has no bound but 0.
    (grown,) = decode(np.array([[0.0, 0.0, 1e4, 1e4]]), PRIOR, VARIANCES)
    np.testing.assert_allclose((grown[2] - grown[0], grown[3] - grown[1]), (20 * math.e**4, 40 * math.e**4))
    (shrunk,) = decode(np.array([[0.0, 0.0, -1e4, -1e4]]), PRIOR, VARIANCES)
    np.testing.assert_allclose(shrunk, [50, 60, 50, 60])


numbers = st.floats(-1000, 1000)
sizes = st.floats(4, 500)
variances = st.floats(0.05, 1)


@given(st.tuples(numbers, numbers, sizes, sizes), st.tuples(numbers, numbers, sizes, sizes), variances, variances)
def test_a_box_comes_back(
    box: tuple[float, ...], prior: tuple[float, ...], centre_variance: float, size_variance: float
) -> None:
    x, y, width, height = box
    # Kept below the largest enlargement that decoding allows, e⁴ = 54.6.
    width, height = min(width, 54 * prior[2]), min(height, 54 * prior[3])
    corners = np.array([[x, y, x + width, y + height]])
    priors, pair = np.array([prior]), (centre_variance, size_variance)
    np.testing.assert_allclose(decode(encode(corners, priors, pair), priors, pair), corners, atol=1e-6)


def test_no_boxes_have_no_landmarks() -> None:
    assert decode_landmarks(np.empty((0, 10)), np.empty((0, 4)), VARIANCES).shape == (0, 5, 2)
