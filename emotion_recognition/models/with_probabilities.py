"""Gives a network from outside the project the end that training needs: class probabilities.

Any functional or sequential classifier goes in; next: :mod:`emotion_recognition.training.start`.
"""

import keras
from keras import layers


def with_probabilities(network: keras.Model) -> keras.Model:
    """Returns a network that gives probabilities: the same one, or the same with a softmax behind its logits.

    Args:
        network: A functional or sequential classifier, (N, height, width, channels) -> (N, classes), whose last layer
            is a softmax or has no activation.

    Raises:
        ValueError: If it is no such classifier.

    Example:
        >>> pixels = keras.Input((8, 8, 1))
        >>> logits = layers.Dense(3)(layers.Flatten()(pixels))
        >>> with_probabilities(keras.Model(pixels, logits)).layers[-1].name
        'probabilities'
    """
    outputs = getattr(network, "outputs", None)
    if not outputs:
        raise ValueError(
            f"network must be a functional or sequential keras.Model that knows its input. "
            f"Received: {type(network).__name__}"
        )
    if len(network.inputs) != 1 or len(outputs) != 1 or len(outputs[0].shape) != 2:
        shapes = ", ".join(str(tuple(output.shape)) for output in outputs)
        raise ValueError(
            f"network must have one input and one output (N, classes). Received: {len(network.inputs)} inputs, {shapes}"
        )
    end = _end_of(network)
    activation = getattr(end, "activation", None)
    if type(end).__name__ == "Softmax" or activation is keras.activations.softmax:
        return network
    if activation not in (None, keras.activations.linear):
        raise ValueError(
            f"network must end in a softmax or in logits without an activation. Received: {end.name} with "
            f"{keras.activations.serialize(activation)}"
        )
    probabilities = layers.Softmax(name="probabilities", dtype="float32")(outputs[0])
    return keras.Model(network.inputs[0], probabilities, name=network.name)


def _end_of(network: keras.Model) -> keras.Operation:
    """The operation that gives the output, also where it stands in a network within the network."""
    end = network.outputs[0]._keras_history.operation
    return _end_of(end) if isinstance(end, keras.Model) else end
