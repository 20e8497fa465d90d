"""Copies of networks compute what the networks compute, also where a layer keeps more than its weights."""

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.models.cloning import clone
from emotion_recognition.models.files import save_network
from emotion_recognition.models.networks.backbone_file import backbone_from_file
from emotion_recognition.models.networks.centre_crop import with_centre_crop
from emotion_recognition.models.networks.pixels_for_backbone import BACKBONE_PIXELS
from emotion_recognition.models.new_head import with_new_head

PIXELS = np.random.default_rng(0).uniform(0, 255, (3, 8, 8, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def standardising() -> keras.Model:
    """A classifier that standardises pixels by what it has learned of them, as EfficientNet does."""
    keras.utils.set_random_seed(0)
    pixels = keras.Input((8, 8, 3))
    standardise = layers.Normalization(axis=-1, name="standardise")
    x = layers.Conv2D(4, 3, name="map")(standardise(pixels))
    x = layers.Dense(5, name="logits")(layers.GlobalAveragePooling2D(name="features")(x))
    network = keras.Model(pixels, layers.Softmax(name="probabilities")(x))
    standardise.adapt(PIXELS)
    return network


def features_of(network: keras.Model, layer: str = "features") -> keras.Model:
    return keras.Model(network.inputs[0], network.get_layer(layer).output)


def test_a_copy_computes_the_same(standardising: keras.Model) -> None:
    np.testing.assert_array_equal(clone(standardising)(PIXELS), standardising(PIXELS))


def test_a_new_head_sees_the_same_features(standardising: keras.Model) -> None:
    changed = with_new_head(standardising, "mine", 2)
    np.testing.assert_array_equal(features_of(changed)(PIXELS), features_of(standardising)(PIXELS))


def test_a_centre_crop_shows_the_network_the_same(standardising: keras.Model) -> None:
    larger = np.pad(PIXELS, ((0, 0), (1, 1), (1, 1), (0, 0)))
    np.testing.assert_array_equal(with_centre_crop(standardising, 10, (10, 8))(larger), standardising(PIXELS))


def test_a_backbone_computes_the_same(standardising: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("backbone") / "standardising.keras"
    save_network(standardising, path)
    network = backbone_from_file(path, hidden=0)(num_classes=2, image_size=8, channels=3)
    seen, features = keras.Model(
        network.inputs[0], [network.get_layer(BACKBONE_PIXELS).output, network.get_layer("map").output]
    )(PIXELS)
    np.testing.assert_array_equal(features, features_of(standardising, "map")(seen))
