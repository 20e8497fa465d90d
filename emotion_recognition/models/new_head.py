"""Gives a trained network another number of classes and keeps all that it learned but the last layer."""

import keras

from emotion_recognition.error_about import about
from emotion_recognition.models.building import build_network
from emotion_recognition.models.registry import LAST_LAYER, NETWORKS


def with_new_head(network: keras.Model, name: str, num_classes: int) -> keras.Model:
    """Returns an uncompiled network of the same architecture whose last dense layer is new.

    Args:
        network: A network that ``build_network`` made.
        name: Its architecture, one of :data:`~emotion_recognition.models.registry.NETWORKS`.
        num_classes: Outputs of the new network.

    Raises:
        ValueError: If the network is not of that architecture.
    """
    if name not in NETWORKS:
        known = ", ".join(NETWORKS)
        message = f"A new head is for networks that can be built by name, {known}. Received: {name!r}"
        raise about(ValueError(message), "new_head")
    _, height, _, channels = network.input_shape
    fresh = build_network(name, num_classes=num_classes, image_size=height, channels=channels)
    if len(fresh.layers) != len(network.layers):
        raise ValueError(f"The network has {len(network.layers)} layers; {name} has {len(fresh.layers)}.")
    for new, old in zip(fresh.layers, network.layers, strict=True):
        if new.name != LAST_LAYER:
            new.set_weights(old.get_weights())
    return fresh
