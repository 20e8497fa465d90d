"""Weights for rare classes."""

import numpy as np

from emotion_recognition.data.batches.balance import class_balanced


def test_every_class_that_occurs_has_the_same_sum_and_the_mean_is_one() -> None:
    labels = np.array([0, 0, 0, 0, 2, 2, 5, 0])
    weights = class_balanced(labels)
    sums = [weights[labels == label].sum() for label in (0, 2, 5)]
    np.testing.assert_allclose(sums, 8 / 3, rtol=1e-6)
    assert weights.mean() == 1


def test_equal_classes_weigh_one() -> None:
    assert class_balanced(np.array([0, 1, 2])).tolist() == [1, 1, 1]
