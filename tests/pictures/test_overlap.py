import numpy as np

from emotion_recognition.pictures.overlap import corners_of, overlap, overlaps


def test_overlaps_are_those_of_counted_pixels() -> None:
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 12, (2, 9, 4))
    low, high = np.minimum(corners[..., :2], corners[..., 2:]), np.maximum(corners[..., :2], corners[..., 2:]) + 1
    boxes, others = np.concatenate([low, high], axis=2)
    expected = np.empty((9, 9))
    for i, a in enumerate(boxes):
        for j, b in enumerate(others):
            painted = np.zeros((2, 13, 13), bool)
            painted[0, a[1] : a[3], a[0] : a[2]] = painted[1, b[1] : b[3], b[0] : b[2]] = True
            expected[i, j] = painted.all(axis=0).sum() / painted.any(axis=0).sum()
    assert 0 < (expected > 0).mean() < 1
    np.testing.assert_allclose(overlaps(boxes.astype(float), others.astype(float)), expected, rtol=1e-12)


def test_two_empty_boxes_do_not_overlap() -> None:
    assert overlaps(np.ones((1, 4)), np.ones((1, 4))).tolist() == [[0.0]]


def test_one_pair_is_as_the_pairs_of_arrays() -> None:
    rng = np.random.default_rng(1)
    boxes = rng.integers(1, 9, (6, 4)).tolist()
    expected = [[overlap(tuple(first), tuple(second)) for second in boxes] for first in boxes]
    np.testing.assert_allclose(overlaps(corners_of(boxes), corners_of(boxes)), expected)


def test_no_boxes_have_no_corners() -> None:
    assert corners_of([]).shape == (0, 4)
