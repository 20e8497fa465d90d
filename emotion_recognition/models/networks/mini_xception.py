"""``mini_xception``: separable convolutions with residual shortcuts; a twenty-fifth of the parameters of ``vggnet``.

Arriaga et al. 2017, arXiv:1710.07557. Their last layer is a 3×3 convolution with a map for each class, of which the
mean is taken. Here the same nine means of the shifted maps are taken first and a dense layer weighs them: the same
function with the same weights, and a last layer that can be replaced like that of every other network.
"""

import keras
from keras import layers

from emotion_recognition.models.layers import classifier, input_pixels, normalised_convolution, standardise

#: Filters of the two convolutions before the modules, and of each module.
STEM = (8, 8)
MODULES = (16, 32, 64, 128)


def mini_xception(
    *, num_classes: int, image_size: int = 48, channels: int = 1, head_dropout: float = 0.0
) -> keras.Model:
    """Builds the network; 58,423 parameters for 7 classes of grey images, as many as published.

    Args:
        num_classes: Number of outputs.
        image_size: Height and width of the input in pixels, at least 16.
        channels: 1 for grey, 3 for colour.
        head_dropout: Share of the last means dropped before the last layer, 0..1.
    """
    pixels = input_pixels(image_size, channels)
    x = standardise(pixels)
    for filters in STEM:
        x = normalised_convolution(x, filters, padding="valid")
    for filters in MODULES:
        x = _module(x, filters)
    # Windows of the map's size at the nine places of a border of one zero: the means of the nine shifted maps.
    means = layers.AveragePooling2D(tuple(x.shape[1:3]), strides=1)(layers.ZeroPadding2D(1)(x))
    return keras.Model(pixels, classifier(layers.Flatten()(means), num_classes, head_dropout), name="mini_xception")


def _module(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Two separable convolutions and a pooling beside a 1×1 convolution: (N, H, W, C) -> (N, H/2, W/2, filters)."""
    shortcut = layers.Conv2D(filters, 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = layers.BatchNormalization()(shortcut)
    x = layers.Activation("relu")(_separable(x, filters))
    x = _separable(x, filters)
    return layers.Add()([layers.MaxPooling2D(3, strides=2, padding="same")(x), shortcut])


def _separable(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)
