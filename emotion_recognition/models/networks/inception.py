"""``inception``: modules of parallel 1×1, 3×3 and 5×5 convolutions, as in GoogLeNet, scaled to small images.

Szegedy et al. 2014, arXiv:1409.4842; batch normalization after every convolution as in Ioffe and Szegedy 2015,
arXiv:1502.03167. The first two of GoogLeNet's five poolings are left out, and so are its two auxiliary classifiers.
"""

from typing import NamedTuple

import keras
from keras import layers

from emotion_recognition.models.layers import averaging_head, input_pixels, normalised_convolution, standardise


class Module(NamedTuple):
    """Filters of each branch: 1×1; 1×1 before 3×3; 1×1 before 5×5; 1×1 behind the pooling."""

    one: int
    three: tuple[int, int]
    five: tuple[int, int]
    pooled: int


#: The modules between two poolings.
STAGES = (
    (Module(32, (32, 48), (8, 16), 16), Module(48, (48, 64), (12, 24), 24)),
    (Module(64, (64, 96), (16, 32), 32), Module(80, (80, 128), (16, 48), 32)),
    (Module(128, (96, 192), (24, 64), 64),),
)


def inception(*, num_classes: int, image_size: int = 48, channels: int = 1, head_dropout: float = 0.4) -> keras.Model:
    """Builds the network; 0.65 million parameters.

    Args:
        num_classes: Number of outputs.
        image_size: Height and width of the input in pixels, at least 16.
        channels: 1 for grey, 3 for colour.
        head_dropout: Share of the averages dropped before the last layer, 0..1.
    """
    pixels = input_pixels(image_size, channels)
    x = normalised_convolution(standardise(pixels), 32)
    x = normalised_convolution(x, 64)
    for modules in STAGES:
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        for module in modules:
            x = _inception(x, module)
    return keras.Model(pixels, averaging_head(x, num_classes, head_dropout), name="inception")


def _inception(x: keras.KerasTensor, module: Module) -> keras.KerasTensor:
    """(N, H, W, C) -> (N, H, W, the filters of all branches)."""
    pooled = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    branches = [
        normalised_convolution(x, module.one, 1),
        normalised_convolution(normalised_convolution(x, module.three[0], 1), module.three[1], 3),
        normalised_convolution(normalised_convolution(x, module.five[0], 1), module.five[1], 5),
        normalised_convolution(pooled, module.pooled, 1),
    ]
    return layers.Concatenate()(branches)
