"""``resnet9``: the small residual network of fast image classifiers, with two shortcuts in nine weighted layers.

Residual learning is from He et al. 2015, arXiv:1512.03385; this arrangement, made to train in minutes, is David Page's
for DAWNBench (2018).
"""

import keras
from keras import layers

from emotion_recognition.models.layers import classifier, input_pixels, normalised_convolution, standardise


def resnet9(*, num_classes: int, image_size: int = 48, channels: int = 1, head_dropout: float = 0.2) -> keras.Model:
    """Builds the network; 6.6 million parameters.

    Args:
        num_classes: Number of outputs.
        image_size: Height and width of the input in pixels, at least 8.
        channels: 1 for grey, 3 for colour.
        head_dropout: Share of the last maps' maxima dropped before the last layer, 0..1.
    """
    pixels = input_pixels(image_size, channels)
    x = normalised_convolution(standardise(pixels), 64)
    x = layers.MaxPooling2D(2)(normalised_convolution(x, 128))
    x = _residual(x, 128)
    for filters in (256, 512):
        x = layers.MaxPooling2D(2)(normalised_convolution(x, filters))
    x = _residual(x, 512)
    # As large a window as the map; a pooling layer for whole maps is exported as an operation that runtimes do slowly.
    x = layers.Flatten()(layers.MaxPooling2D(tuple(x.shape[1:3]))(x))
    return keras.Model(pixels, classifier(x, num_classes, head_dropout), name="resnet9")


def _residual(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Two convolutions whose result is added to what they started from; the shape stays."""
    return layers.Add()([x, normalised_convolution(normalised_convolution(x, filters), filters)])
