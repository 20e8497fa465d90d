"""Rebuilds a network with another numerical precision, or another way to compute it, and the same weights."""

import keras
from keras import layers

from emotion_recognition.models.cloning import clone
from emotion_recognition.models.fused_normalization import FusedBatchNormalization

#: Scaling and probabilities stay exact: bfloat16 has three significant decimal digits.
_ALWAYS_FLOAT32 = (
    layers.InputLayer,
    layers.Rescaling,
    layers.Cropping2D,
    layers.Normalization,
    layers.GroupNormalization,
    layers.Softmax,
)

#: Layers that do the same by name: they put the channels of pixels together before a backbone.
_EXACT_LAYERS = ("as_colour", "blue_first")

#: What the names of other layers begin with that stay exact.
EXACT_PREFIX = "exact_"


def with_precision(network: keras.Model, policy: str, *, fused_normalization: bool = False) -> keras.Model:
    """Returns an uncompiled copy of the network whose layers compute with a dtype policy.

    Args:
        network: A functional or sequential network; networks inside it are rebuilt too.
        policy: "float32", "mixed_bfloat16" or "mixed_float16".
        fused_normalization: Whether batch normalization is computed by one operation, which is faster to train on a
            CPU. Only the copy that is trained should have it; without, a copy has Keras's own layers again.

    Raises:
        ValueError: If Keras does not know the policy.

    Example:
        >>> from emotion_recognition.models import build_network
        >>> network = with_precision(build_network("vggnet", num_classes=7), "mixed_bfloat16")
        >>> network.get_layer("logits").compute_dtype, network.get_layer("probabilities").compute_dtype
        ('bfloat16', 'float32')
    """
    keras.DTypePolicy(policy)  # refuses an unknown one; the layers' own messages name only themselves

    def rebuild(part: keras.Operation) -> keras.Operation:
        config = part.get_config()
        # A bare operation, such as x / 255 leaves in the graph, has no precision of its own.
        if isinstance(part, layers.Layer):
            exact = isinstance(part, _ALWAYS_FLOAT32) or config.get("activation") == "softmax"
            exact = exact or part.name in _EXACT_LAYERS or part.name.startswith(EXACT_PREFIX)
            config["dtype"] = "float32" if exact else policy
        return _kind(part, fused_normalization).from_config(config)

    return clone(network, rebuild, recursive=True)


def _kind(part: keras.Operation, fused_normalization: bool) -> type[keras.Operation]:
    if type(part) in (layers.BatchNormalization, FusedBatchNormalization):
        return FusedBatchNormalization if fused_normalization else layers.BatchNormalization
    return type(part)
