"""Puts a network's outputs into another order of classes, so that it can be trained on data that has that order."""

from collections.abc import Sequence

import keras
from keras import layers


def reorder_outputs(network: keras.Model, order: Sequence[int]) -> None:
    """Changes the weights of a classifier's last dense layer in place.

    Args:
        network: A classifier that ends in a dense layer, with or without an activation behind it.
        order: For each new output the index of the old one.

    Raises:
        ValueError: If it ends otherwise.

    Example:
        >>> pixels = keras.Input((2,))
        >>> network = keras.Model(pixels, layers.Dense(2, bias_initializer="zeros")(pixels))
        >>> reorder_outputs(network, (1, 0))
    """
    last = network.layers[-1]
    while isinstance(last, layers.Softmax | layers.Activation):
        network = keras.Model(network.inputs, last.input)
        last = network.layers[-1]
    if isinstance(last, keras.Model):
        reorder_outputs(last, order)
        return
    if not isinstance(last, layers.Dense):
        raise ValueError(
            f"network must end in a dense layer for its outputs to be reordered. Received: {type(last).__name__}"
        )
    last.set_weights([weight[..., list(order)] for weight in last.get_weights()])
