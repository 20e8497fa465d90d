"""Rebuilds a network with another numerical precision and the same weights."""

import keras
from keras import layers

#: Scaling and probabilities stay exact: bfloat16 has three significant decimal digits.
_ALWAYS_FLOAT32 = (layers.InputLayer, layers.Rescaling, layers.Normalization, layers.GroupNormalization, layers.Softmax)


def with_precision(network: keras.Model, policy: str) -> keras.Model:
    """Returns an uncompiled copy of the network whose layers compute with a dtype policy.

    Args:
        network: A functional or sequential network.
        policy: "float32", "mixed_bfloat16" or "mixed_float16".

    Raises:
        ValueError: If Keras does not know the policy.

    Example:
        >>> from emotion_recognition.models import build_network
        >>> network = with_precision(build_network("vggnet", num_classes=7), "mixed_bfloat16")
        >>> network.get_layer("logits").compute_dtype, network.get_layer("probabilities").compute_dtype
        ('bfloat16', 'float32')
    """

    def rebuild(layer: layers.Layer) -> layers.Layer:
        config = layer.get_config()
        exact = isinstance(layer, _ALWAYS_FLOAT32) or config.get("activation") == "softmax"
        config["dtype"] = "float32" if exact else policy
        return type(layer).from_config(config)

    copy = keras.models.clone_model(network, clone_function=rebuild)
    copy.set_weights(network.get_weights())
    return copy
