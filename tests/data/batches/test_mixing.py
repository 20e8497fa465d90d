"""Pairs of training images, mixed."""

import keras
import numpy as np
import pytest

from emotion_recognition.data.batches.mixing import Mixup, mixed


def test_each_image_is_mixed_with_its_counterpart_in_the_reversed_batch() -> None:
    greys = np.array([0, 60, 120, 240], np.float32)
    images = np.broadcast_to(greys[:, None, None, None], (4, 6, 6, 1))
    seen, shares = (keras.ops.convert_to_numpy(each) for each in Mixup(0.5, seed=3)(images, training=True))
    assert seen.shape == (4, 6, 6, 1)
    assert shares.shape == (4, 1)
    assert ((shares >= 0.5) & (shares <= 1)).all()
    assert len(np.unique(shares)) == 4
    expected = shares[:, 0] * greys + (1 - shares[:, 0]) * greys[::-1]
    np.testing.assert_allclose(seen, np.broadcast_to(expected[:, None, None, None], (4, 6, 6, 1)), rtol=1e-5)


def test_nothing_is_mixed_in_testing() -> None:
    images = np.random.default_rng(0).uniform(0, 255, (3, 4, 4, 1)).astype(np.float32)
    seen, shares = Mixup(0.5, seed=3)(images, training=False)
    assert np.array_equal(seen, images)
    assert np.array_equal(shares, np.ones((3, 1)))


def test_other_batches_get_other_shares_and_the_seed_decides_them() -> None:
    images = np.zeros((8, 2, 2, 1), np.float32)
    layer, same = Mixup(1.0, seed=5), Mixup(1.0, seed=5)
    first, second = (np.asarray(layer(images, training=True)[1]) for _ in range(2))
    assert not np.array_equal(first, second)
    assert np.array_equal(same(images, training=True)[1], first)
    # Evenly drawn shares, folded at one half, have a mean of 3/4 and a variance of 1/48.
    many = np.asarray(Mixup(1.0, seed=1)(np.zeros((4000, 1, 1, 1), np.float32), training=True)[1])
    assert many.mean() == pytest.approx(0.75, abs=0.01)
    assert many.var() == pytest.approx(1 / 48, abs=0.002)


def test_targets_are_mixed_like_images() -> None:
    targets = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    shares = np.array([[0.75], [0.5], [0.9]], np.float32)
    expected = [[0.75, 0, 0.25], [0, 1, 0], [0.1, 0, 0.9]]
    np.testing.assert_allclose(mixed(targets, shares), expected, atol=1e-6)


def test_the_layer_is_made_of_its_configuration_again() -> None:
    config = Mixup(0.3, seed=2).get_config()
    assert (config["alpha"], config["seed"]) == (0.3, 2)
    images = np.zeros((4, 2, 2, 1), np.float32)
    again = Mixup.from_config(config)(images, training=True)[1]
    assert np.array_equal(again, Mixup(0.3, seed=2)(images, training=True)[1])
