"""The blocks that the networks are made of."""

from collections.abc import Sequence

import keras
from keras import layers

from emotion_recognition.models.registry import LAST_LAYER

#: Added to the variance of an image's pixels (0..1) before the root: a blank image becomes zeros, not noise.
CONTRAST_EPSILON = 1e-4


def input_pixels(image_size: int, channels: int) -> keras.KerasTensor:
    """The input of every network: pixels as they come, float32 (N, image_size, image_size, channels), 0..255."""
    return keras.Input((image_size, image_size, channels), name="pixels")


def standardise(x: keras.KerasTensor) -> keras.KerasTensor:
    """Scales pixels 0..255 to 0..1, then gives every image a mean of 0 and a standard deviation of 1.

    Scaling belongs to the network, so that training, testing, export and detection cannot differ. Standardising
    each image takes away how bright and how contrasty a photograph is before anything has to be learned.
    """
    x = layers.Rescaling(1 / 255, name="scale", dtype="float32")(x)
    # One group is the whole image. LayerNormalization(axis=[1, 2, 3]) says the same, but Keras loses its axes in .h5.
    return layers.GroupNormalization(
        groups=1, epsilon=CONTRAST_EPSILON, center=False, scale=False, name="standardise", dtype="float32"
    )(x)


def halving(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """One 3×3 convolution that takes every second place: (N, H, W, C) -> (N, H/2, W/2, filters)."""
    x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.BatchNormalization()(x)
    return layers.Activation("relu")(x)


def convolutions(
    x: keras.KerasTensor, filters: int, count: int, dropout: float, *, normalise: bool = True
) -> keras.KerasTensor:
    """One VGG block: ``count`` 3×3 convolutions with batch normalization and ReLU, 2×2 max pooling, dropout.

    (N, H, W, C) -> (N, H/2, W/2, filters). Simonyan and Zisserman 2015, arXiv:1409.1556; batch normalization
    after Ioffe and Szegedy 2015, arXiv:1502.03167.
    """
    for _ in range(count):
        x = normalised_convolution(x, filters, normalise=normalise)
    x = layers.MaxPooling2D(2)(x)
    return layers.Dropout(dropout)(x)


def normalised_convolution(
    x: keras.KerasTensor, filters: int, size: int = 3, *, padding: str = "same", normalise: bool = True
) -> keras.KerasTensor:
    """A convolution with batch normalization in place of a bias, and ReLU: (N, H, W, C) -> (N, H, W, filters)."""
    x = layers.Conv2D(filters, size, padding=padding, use_bias=not normalise, kernel_initializer="he_normal")(x)
    if normalise:
        x = layers.BatchNormalization()(x)
    return layers.Activation("relu")(x)


def dense_head(
    x: keras.KerasTensor, units: Sequence[int], num_classes: int, dropout: float, *, normalise: bool = True
) -> keras.KerasTensor:
    """Feature maps to class probabilities: (N, H, W, C) -> (N, num_classes) through dense layers of these sizes."""
    x = layers.Flatten()(x)
    for size in units:
        x = layers.Dropout(dropout)(x)
        x = layers.Dense(size, use_bias=not normalise, kernel_initializer="he_normal")(x)
        if normalise:
            x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
    return classifier(x, num_classes, dropout)


def averaging_head(x: keras.KerasTensor, num_classes: int, dropout: float) -> keras.KerasTensor:
    """Feature maps to class probabilities through the mean of each map: (N, H, W, C) -> (N, num_classes)."""
    return classifier(layers.GlobalAveragePooling2D()(x), num_classes, dropout)


def classifier(x: keras.KerasTensor, num_classes: int, dropout: float) -> keras.KerasTensor:
    """The end of every network, with the layer that alone depends on the classes: (N, C) -> (N, num_classes)."""
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(num_classes, name=LAST_LAYER)(x)
    return layers.Softmax(name="probabilities", dtype="float32")(x)
