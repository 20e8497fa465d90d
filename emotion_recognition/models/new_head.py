"""Gives a trained network another number of classes and keeps all that it learned but the last layer."""

import keras

from emotion_recognition.error_about import about
from emotion_recognition.models.cloning import finalize_normalization
from emotion_recognition.models.registry import LAST_LAYER, NETWORKS


def with_new_head(network: keras.Model, name: str, num_classes: int) -> keras.Model:
    """Returns an uncompiled network of the same architecture whose last dense layer is new.

    Args:
        network: A functional network with a dense layer named
            :data:`~emotion_recognition.models.registry.LAST_LAYER`, as ``build_network`` makes them.
        name: What it is called.
        num_classes: Outputs of the new network.

    Raises:
        ValueError: If the network has no such layer.
    """
    last = next((layer for layer in network.layers if layer.name == LAST_LAYER), None)
    if not isinstance(last, keras.layers.Dense):
        known = ", ".join(NETWORKS)
        message = (
            f"A new head is for networks that can be built by name, {known}, and others with a dense layer named "
            f"{LAST_LAYER!r}. Received: {name!r}"
        )
        raise about(ValueError(message), "new_head")

    def rebuild(part: keras.Operation) -> keras.Operation:
        config = part.get_config()
        if part is last:
            config["units"] = num_classes
        return type(part).from_config(config)

    fresh = keras.models.clone_model(network, clone_function=rebuild)
    for new, old in zip(fresh.layers, network.layers, strict=True):
        if new.name != LAST_LAYER:
            new.set_weights(old.get_weights())
    finalize_normalization(fresh)
    return fresh
