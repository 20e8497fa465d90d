"""Copies of a network in another precision."""

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.models import build_network
from emotion_recognition.models.precision import with_precision

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (4, 16, 16, 1)).astype(np.float32)


def test_a_mixed_copy_computes_in_bfloat16_but_scales_and_answers_in_float32() -> None:
    network = build_network("vggnet", num_classes=7, image_size=16)
    copy = with_precision(network, "mixed_bfloat16")
    dtypes = {layer.name: layer.compute_dtype for layer in copy.layers}
    assert {dtypes[name] for name in ("scale", "standardise", "probabilities")} == {"float32"}
    assert {layer.compute_dtype for layer in copy.layers if isinstance(layer, layers.Conv2D)} == {"bfloat16"}
    assert {variable.dtype for variable in copy.weights} == {"float32"}
    probabilities = np.asarray(copy(PIXELS))
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(probabilities, network(PIXELS), atol=0.02)


def test_there_and_back_is_the_same_network() -> None:
    network = build_network("vggnet", num_classes=7, image_size=16)
    back = with_precision(with_precision(network, "mixed_bfloat16"), "float32")
    np.testing.assert_array_equal(back(PIXELS), network(PIXELS))


def test_the_original_stays_as_it_is() -> None:
    network = build_network("vggnet", num_classes=7, image_size=16)
    copy = with_precision(network, "mixed_bfloat16")
    copy.set_weights([np.zeros(weight.shape) for weight in copy.get_weights()])
    assert network.get_layer("logits").compute_dtype == "float32"
    assert np.abs(network.get_layer("logits").get_weights()[0]).max() > 0


def classifier(x: keras.KerasTensor, pixels: keras.KerasTensor) -> keras.Model:
    return keras.Model(pixels, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))


def test_a_softmax_within_a_dense_layer_stays_float32() -> None:
    pixels = keras.Input((16, 16, 1))
    copy = with_precision(classifier(layers.Conv2D(2, 3)(pixels), pixels), "mixed_bfloat16")
    assert [layer.compute_dtype for layer in copy.layers] == ["float32", "bfloat16", "bfloat16", "float32"]


def test_bare_operations_in_the_graph_are_copied() -> None:
    pixels = keras.Input((16, 16, 1))
    network = classifier(keras.ops.relu(pixels / 255 - 0.5), pixels)
    np.testing.assert_array_equal(with_precision(network, "float32")(PIXELS), network(PIXELS))


def test_networks_within_the_network_get_the_precision_too() -> None:
    inner_pixels, pixels = keras.Input((16, 16, 1)), keras.Input((16, 16, 1))
    inner = keras.Model(inner_pixels, layers.Conv2D(2, 3, name="inner_conv")(inner_pixels), name="inner")
    network = classifier(inner(pixels / 255), pixels)
    copy = with_precision(network, "mixed_bfloat16")
    assert copy.get_layer("inner").get_layer("inner_conv").compute_dtype == "bfloat16"
    np.testing.assert_allclose(copy(PIXELS), network(PIXELS), atol=0.02)


def test_learned_means_and_variances_of_the_input_come_along() -> None:
    pixels = keras.Input((16, 16, 1))
    normalisation = layers.Normalization()
    normalisation.adapt(PIXELS)
    network = classifier(normalisation(pixels), pixels)
    np.testing.assert_array_equal(with_precision(network, "float32")(PIXELS), network(PIXELS))


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="float12"):
        with_precision(build_network("vggnet", num_classes=7, image_size=16), "float12")
