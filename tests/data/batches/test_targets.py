"""What a network learns to say, from labels and votes."""

from dataclasses import replace

import numpy as np
import pytest

from emotion_recognition.data.batches.targets import one_hot, training_targets
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.emotions import class_names

VOTES = np.array([[6, 0, 0, 0, 2, 0, 0, 0, 2, 0], [0] * 10], np.uint8)


def split(votes: np.ndarray | None = None) -> Split:
    images = np.zeros((2, 4, 4, 1), np.uint8)
    return Split(images, np.array([2, 0], np.uint8), ("a", "b", "c", "d"), "train", "x.csv", "0" * 64, votes)


def test_labels_become_ones() -> None:
    assert training_targets(split()).tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]
    assert training_targets(split()).dtype == np.float32


def test_distributions_go_before_labels() -> None:
    shares = np.array([[0.25, 0, 0.75, 0], [0.5, 0.5, 0, 0]], np.float32)
    received = training_targets(replace(split(), distributions=shares), label_smoothing=0.2)
    np.testing.assert_allclose(received, [[0.25, 0.05, 0.65, 0.05], [0.45, 0.45, 0.05, 0.05]], rtol=1e-6)


def test_smoothing_spreads_a_share_over_all_classes() -> None:
    expected = [[0.05, 0.05, 0.85, 0.05], [0.85, 0.05, 0.05, 0.05]]
    np.testing.assert_allclose(training_targets(split(), label_smoothing=0.2), expected, rtol=1e-6)


def test_the_shares_of_the_votes_follow_behind_the_classes() -> None:
    targets = training_targets(split(VOTES), votes=True)
    assert targets.shape == (2, 14)
    np.testing.assert_allclose(targets[0, 4:], [0.6, 0, 0, 0, 0.2, 0, 0, 0, 0.2, 0])
    assert not targets[1, 4:].any()


def test_votes_that_are_not_there_are_asked_for() -> None:
    with pytest.raises(ValueError, match=r"train split has no votes, so they cannot be learned"):
        training_targets(split(), votes=True)


def test_one_hot_has_zeros_behind_the_classes() -> None:
    assert one_hot(np.array([1]), 2, 5).tolist() == [[0, 1, 0, 0, 0]]


def test_the_distribution_that_votes_make_follows_behind_the_votes() -> None:
    votes = np.zeros((2, 10), np.uint8)
    votes[0, [4, 5]] = 6, 3  # nine of them for anger and disgust: 2/3 and 1/3
    votes[1, 9] = 10  # not a face: no distribution
    split = Split(
        np.zeros((2, 48, 48, 1), np.uint8),
        np.array([0, 3], np.uint8),
        class_names(7),
        "train",
        "x",
        "0" * 64,
        votes,
        "1" * 64,
    )
    targets = training_targets(split, votes=True, ferplus=True)
    assert targets.shape == (2, 7 + 10 + 7)
    assert targets[0, 17:].round(4).tolist() == pytest.approx([0.6667, 0.3333, 0, 0, 0, 0, 0], abs=1e-4)
    assert not targets[1, 17:].any()
