"""Copies networks: fresh layers with the same weights, some of them rebuilt otherwise.

Keras's ``clone_model`` copies the layers alone, and ``set_weights`` is not enough for a layer that computes with
constants made from its weights.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers


def clone(
    network: keras.Model,
    rebuild: Callable[[keras.Operation], keras.Operation] | None = None,
    *,
    recursive: bool = False,
    **options: Any,
) -> keras.Model:
    """Returns an uncompiled copy of a network with layers of its own.

    Args:
        network: A functional or sequential network.
        rebuild: From a layer, or a bare operation, to the one that takes its place, with weights of the same shapes;
            None copies each as it is.
        recursive: Whether layers of networks within the network are rebuilt too.
        **options: More arguments of ``keras.models.clone_model``.

    Example:
        >>> pixels = keras.Input((8, 8, 1))
        >>> network = keras.Model(pixels, layers.Conv2D(2, 3)(pixels))
        >>> clone(network).count_params()
        20
    """
    copy = keras.models.clone_model(network, clone_function=rebuild, recursive=recursive, **options)
    copy.set_weights(network.get_weights())
    finalize_normalization(copy)
    return copy


def finalize_normalization(network: keras.Model) -> None:
    """Lets ``Normalization`` layers take over the mean and variance that ``set_weights`` has put into their weights."""
    for layer in network._flatten_layers():
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()
