"""The batch-normalization statistics on unchanged images."""

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.training.clean_statistics import clean_statistics


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
