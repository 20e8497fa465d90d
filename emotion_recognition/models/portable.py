"""Rewrites a network into operations that every runtime computes alike; the function it computes stays the same.

Exporters write a Keras layer as whatever its backend made of it. OpenCV's DNN module then takes the batch size to be 1
where a graph asks for it, and is wrong about means along several axes. A trained network goes in, one to export comes
out; next: :mod:`emotion_recognition.models.keras_export`.
"""

import math
from typing import Any

import keras
from keras import layers, ops

from emotion_recognition.models.cloning import clone


class FixedReshape(layers.Layer):
    """Reshapes every example to a shape that is known beforehand, so that the graph needs no batch size.

    Args:
        shape: The shape of one example, without the batch.
        **options: Keras's own options of a layer.
    """

    def __init__(self, shape: tuple[int, ...], **options: Any) -> None:
        super().__init__(**options)
        self.shape = shape

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """(N, ...) -> (N, *shape)."""
        return ops.reshape(x, (-1, *self.shape))


class ExampleNormalization(layers.Layer):
    """Gives every example a mean of 0 and a variance of 1, by means along a single axis.

    What ``GroupNormalization(groups=1, center=False, scale=False)`` does.

    Args:
        epsilon: Added to the variance before the root.
        **options: Keras's own options of a layer.
    """

    def __init__(self, epsilon: float, **options: Any) -> None:
        super().__init__(**options)
        self.epsilon = epsilon

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """(N, ...) -> the same shape."""
        shape = x.shape[1:]
        flat = ops.reshape(x, (-1, math.prod(shape)))
        centred = flat - ops.mean(flat, axis=1, keepdims=True)
        # Twice, because some runtimes add up in float32, one by one: what is left of the mean of an image with little
        # contrast would be blown up by the division.
        centred = centred - ops.mean(centred, axis=1, keepdims=True)
        variance = ops.mean(centred * centred, axis=1, keepdims=True)
        return ops.reshape(centred / ops.sqrt(variance + self.epsilon), (-1, *shape))


class Doubling(layers.Layer):
    """What ``UpSampling2D(2)`` does, as a change of depth into space.

    Exporters write a repetition as arithmetic on shapes, which OpenCV 4 does wrongly where height and width are free.
    """

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """(N, H, W, C) -> (N, 2H, 2W, C)."""
        return ops.depth_to_space(ops.concatenate([x] * 4, axis=-1), 2)


class FixedResizing(layers.Layer):
    """What ``Resizing`` does, without its default of being in training.

    Keras exports a network without saying that it is not in training; from a ``Resizing`` on, it then is, and batch
    normalization takes the statistics of the batch.

    Args:
        size: Height and width that images get.
        interpolation: Keras's name of how.
        **options: Keras's own options of a layer.
    """

    def __init__(self, size: tuple[int, int], interpolation: str, **options: Any) -> None:
        super().__init__(**options)
        self.size = size
        self.interpolation = interpolation

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """(N, H, W, C) -> (N, *size, C)."""
        return ops.image.resize(x, self.size, interpolation=self.interpolation, data_format="channels_last")


class WindowPooling(layers.Layer):
    """What ``GlobalAveragePooling2D`` does, as pooling with a window as large as the feature map.

    Args:
        keepdims: Whether height and width stay, as 1.
        **options: Keras's own options of a layer.
    """

    def __init__(self, keepdims: bool, **options: Any) -> None:
        super().__init__(**options)
        self.keepdims = keepdims

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """(N, H, W, C) -> (N, C) or (N, 1, 1, C)."""
        _, height, width, channels = x.shape
        window = (height, width)
        means = ops.average_pool(x, window, strides=window)  # JAX fails on strides that are left out
        return means if self.keepdims else ops.reshape(means, (-1, channels))


def portable(network: keras.Model) -> keras.Model:
    """Returns a copy of a network that computes the same and that other runtimes read rightly.

    Args:
        network: A functional or sequential network in float32, whose input has a known shape but for the batch; height
            and width may be free where no layer flattens them.

    Example:
        >>> from emotion_recognition.models import build_network
        >>> rewritten = portable(build_network("vggnet", num_classes=7))
        >>> type(rewritten.get_layer("standardise")).__name__
        'ExampleNormalization'
    """

    def rebuild(part: keras.Operation) -> keras.Operation:
        if isinstance(part, layers.GroupNormalization) and _is_per_example(part):
            return ExampleNormalization(part.epsilon, name=part.name)
        if isinstance(part, layers.Flatten | layers.Reshape):
            return FixedReshape(tuple(part.output.shape[1:]), name=part.name)
        if isinstance(part, layers.GlobalAveragePooling2D) and part.data_format == "channels_last":
            return WindowPooling(part.keepdims, name=part.name)
        if isinstance(part, layers.UpSampling2D) and _is_doubling(part):
            return Doubling(name=part.name)
        if isinstance(part, layers.Resizing) and _only_resizes(part):
            return FixedResizing((part.height, part.width), part.interpolation, name=part.name)
        return type(part).from_config(part.get_config())

    def call(part: keras.Operation, *inputs: Any, **options: Any) -> Any:
        if isinstance(part, FixedResizing):
            options.pop("training", None)  # the graph keeps the default that Resizing was called with
        return part(*inputs, **options)

    # A sequential network calls no layer while it is built, and takes no such function.
    calls = {} if isinstance(network, keras.Sequential) else {"call_function": call}
    return clone(network, rebuild, recursive=True, **calls)


def _is_per_example(layer: layers.GroupNormalization) -> bool:
    return layer.groups == 1 and not layer.center and not layer.scale


def _is_doubling(layer: layers.UpSampling2D) -> bool:
    return layer.size == (2, 2) and layer.interpolation == "nearest" and layer.data_format == "channels_last"


def _only_resizes(layer: layers.Resizing) -> bool:
    cuts = layer.crop_to_aspect_ratio or layer.pad_to_aspect_ratio or layer.antialias
    return not cuts and layer.data_format == "channels_last"
