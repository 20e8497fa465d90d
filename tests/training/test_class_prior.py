"""The class shares that a network has learned from its targets."""

from dataclasses import replace

import numpy as np
import pytest

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.training.saving import class_prior

LABELS = np.array([0, 0, 0, 1], np.uint8)
TRAIN = Split(np.zeros((4, 8, 8, 1), np.uint8), LABELS, ("happy", "sad"), "train", "x.csv", "0" * 64)


def test_the_shares_are_those_of_the_labels_or_of_the_distributions() -> None:
    prior = class_prior(TRAIN, 0.5)
    assert prior is not None
    assert (prior.class_shares, prior.power) == ((0.75, 0.25), 0.5)
    votes = np.array([[0.6, 0.4]] * 3 + [[0.2, 0.8]], np.float32)
    prior = class_prior(replace(TRAIN, distributions=votes, labels_from="ferplus_probability"), 1.0)
    assert prior is not None
    assert prior.class_shares == pytest.approx((0.5, 0.5))


def test_without_a_power_no_class_must_have_images() -> None:
    assert class_prior(replace(TRAIN, labels=np.zeros(4, np.uint8)), 0.0) is None
    with pytest.raises(ValueError, match="there are none of sad"):
        class_prior(replace(TRAIN, labels=np.zeros(4, np.uint8)), 0.5)
