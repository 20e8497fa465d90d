"""The batch-normalization statistics on unchanged images."""

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.training.clean_statistics import clean_statistics, clean_where_better


def network(dropout: float = 0.0) -> keras.Model:
    pixels = keras.Input((2, 2, 1))
    x = layers.Dropout(dropout)(pixels)
    x = layers.BatchNormalization()(x)
    return keras.Model(pixels, layers.Dense(2)(layers.Flatten()(x)))


def test_the_figures_become_those_of_the_images_whatever_dropout_does() -> None:
    images = np.random.default_rng(0).integers(0, 256, (100, 2, 2, 1), dtype=np.uint8)
    model = network(dropout=0.5)
    dense = model.layers[-1].get_weights()
    clean_statistics(model, images, seed=0)
    _, _, mean, variance = model.layers[2].get_weights()
    np.testing.assert_allclose(mean, [images.mean()], rtol=1e-5)
    np.testing.assert_allclose(variance, [images.astype(float).var()], rtol=1e-4)
    for now, then in zip(model.layers[-1].get_weights(), dense, strict=True):
        np.testing.assert_array_equal(now, then)
    assert model.layers[1].rate == 0.5


def test_many_images_come_in_batches_of_the_same_weight() -> None:
    images = np.repeat(np.array([10, 30], np.uint8), 256).reshape(512, 1, 1, 1) * np.ones((1, 2, 2, 1), np.uint8)
    model = network()
    clean_statistics(model, images, seed=1)
    np.testing.assert_allclose(model.layers[2].get_weights()[2], [20], rtol=1e-5)


def test_a_network_without_normalisation_stays_as_it_is() -> None:
    pixels = keras.Input((2, 2, 1))
    model = keras.Model(pixels, layers.Dense(2)(layers.Flatten()(pixels)))
    before = model.get_weights()
    clean_statistics(model, np.zeros((4, 2, 2, 1), np.uint8), seed=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_a_progress_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    model = network()
    images = np.random.default_rng(0).integers(0, 256, (600, 2, 2, 1), dtype=np.uint8)
    clean_statistics(model, images, seed=0)
    silent = model.get_weights()
    clean_statistics(model, images, seed=0, progress=True)
    for received, expected in zip(model.get_weights(), silent, strict=True):
        np.testing.assert_array_equal(received, expected)
    assert capsys.readouterr().out == ""


def test_images_are_standardised_as_the_network_does_it() -> None:
    images = np.random.default_rng(0).integers(0, 256, (100, 2, 2, 1), dtype=np.uint8)
    pixels = keras.Input((2, 2, 1))
    standardise = layers.Normalization(axis=-1)
    x = layers.BatchNormalization(name="normalise")(standardise(pixels))
    model = keras.Model(pixels, layers.Dense(2)(layers.Flatten()(x)))
    standardise.adapt(images.astype(np.float32))
    clean_statistics(model, images, seed=0)
    _, _, mean, variance = model.get_layer("normalise").get_weights()
    np.testing.assert_allclose([mean, variance], [[0], [1]], atol=1e-4)


def bright_or_dark(labels: list[int], split: str) -> Split:
    """Images of 0 are of class 0, images of 200 of class 1."""
    images = np.repeat(np.array(labels, np.uint8) * 200, 4).reshape(-1, 2, 2, 1)
    return Split(images, np.array(labels, np.uint8), ("dark", "bright"), split, "made.csv", "0" * 64)


@pytest.mark.parametrize(
    ("moving", "expected"),
    [
        # The mean between both kinds tells them apart, whatever the variance is; clean ones, (100, 10,000), do so too.
        ((100.0, 10_000.0), (100.0, 10_000.0, True)),
        # With a mean above all of them every image is dark.
        ((900.0, 10_000.0), (100.0, 10_000.0, True)),
    ],
)
def test_statistics_that_are_better_or_as_good_are_kept(
    moving: tuple[float, float], expected: tuple[float, float, bool]
) -> None:
    model = sign_of_the_first_pixel(*moving)
    kept = clean_where_better(model, bright_or_dark([0, 1] * 8, "train").images, bright_or_dark([0, 1], "val"), seed=0)
    _, _, mean, variance = model.get_layer("normalise").get_weights()
    assert (mean[0], variance[0], kept) == (pytest.approx(expected[0]), pytest.approx(expected[1]), expected[2])


def test_statistics_that_are_worse_on_val_are_not_kept() -> None:
    """Seven of eight training images are bright: their mean, 175, lets a val image of 150 look dark, 100 does not."""
    model = sign_of_the_first_pixel(100.0, 10_000.0)
    val = Split(
        np.array([0, 150], np.uint8).reshape(-1, 1, 1, 1) * np.ones((1, 2, 2, 1), np.uint8),
        np.array([0, 1], np.uint8), ("dark", "bright"), "val", "made.csv", "0" * 64,
    )  # fmt: skip
    before = model.get_weights()
    images = bright_or_dark([1] * 14 + [0] * 2, "train").images
    assert not clean_where_better(model, images, val, seed=0)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    clean_statistics(model, images, seed=0)
    assert model.get_layer("normalise").get_weights()[2] == pytest.approx([175.0])


def test_nothing_is_said_of_statistics_that_there_are_not_or_that_are_frozen() -> None:
    frozen = sign_of_the_first_pixel(100.0, 10_000.0)
    frozen.get_layer("normalise").trainable = False
    images, val = bright_or_dark([0, 0, 1], "train").images, bright_or_dark([0, 1], "val")
    assert clean_where_better(frozen, images, val, seed=0) is None
    assert frozen.get_layer("normalise").get_weights()[2] == pytest.approx([100.0])
    pixels = keras.Input((2, 2, 1))
    model = keras.Model(pixels, layers.Dense(2, activation="softmax")(layers.Flatten()(pixels)))
    val = bright_or_dark([0, 1], "val")
    assert clean_where_better(model, val.images, val, seed=0) is None


def sign_of_the_first_pixel(mean: float, variance: float) -> keras.Model:
    """Bright where the first pixel, normalized, is above 0, and the surer the further it is."""
    pixels = keras.Input((2, 2, 1))
    normalise = layers.BatchNormalization(name="normalise")
    x = layers.Flatten()(normalise(pixels))
    dense = layers.Dense(2, activation="softmax")
    model = keras.Model(pixels, dense(x))
    normalise.moving_mean.assign([mean])
    normalise.moving_variance.assign([variance])
    kernel = np.zeros((4, 2), np.float32)
    kernel[0] = (-1, 1)
    dense.set_weights([kernel, np.zeros(2, np.float32)])
    return model
