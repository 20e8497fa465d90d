"""Outputs in another order of classes."""

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.models.output_order import reorder_outputs

PIXELS = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)


def outputs(network: keras.Model) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(network(PIXELS, training=False)))


@pytest.mark.parametrize("ending", ["activation", "softmax layer", "nested", "logits"])
def test_the_outputs_change_places_and_nothing_else(ending: str) -> None:
    pixels = keras.Input((5,))
    x = layers.Dense(3, activation="softmax" if ending == "activation" else None, bias_initializer="normal")(pixels)
    network = keras.Model(pixels, layers.Softmax()(x) if ending == "softmax layer" else x)
    if ending == "nested":
        outer = keras.Input((5,))
        network = keras.Model(outer, network(outer))
    before = outputs(network)
    reorder_outputs(network, (2, 0, 1))
    np.testing.assert_allclose(outputs(network), before[:, [2, 0, 1]], atol=1e-6)


def test_another_ending_is_refused() -> None:
    pixels = keras.Input((4, 4, 3))
    network = keras.Model(pixels, layers.GlobalAveragePooling2D()(pixels))
    with pytest.raises(ValueError, match=r"must end in a dense layer .*Received: GlobalAveragePooling2D"):
        reorder_outputs(network, (2, 0, 1))
