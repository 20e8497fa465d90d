"""The first layers of a network with a backbone: this project's pixels become what the backbone learned from.

They are part of the network, so that training, testing, export and detection cannot differ. Grey is repeated in three
channels, small images are enlarged, and pixels are scaled as the backbone's authors scaled them.
"""

from dataclasses import dataclass

import keras
from keras import layers, ops

#: The layer whose output the backbone sees; the backbone's own layers follow it.
BACKBONE_PIXELS = "backbone_pixels"

#: Least height and width in pixels that an image is enlarged to unless a size is named.
USUAL_SIZE = 96


@dataclass(frozen=True)
class Scaling:
    """What a backbone expects of RGB pixels 0..255: each channel times a factor, plus an offset.

    Args:
        factor: One for all channels, or one each, in the order in which the backbone takes them.
        offset: The same of what is added.
        blue_first: Whether it takes blue, green, red.
    """

    factor: float | tuple[float, ...] = 1.0
    offset: float | tuple[float, ...] = 0.0
    blue_first: bool = False


_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

#: Pixels as they come.
RAW = Scaling()
#: -1..1, as MobileNet takes them.
SYMMETRIC = Scaling(1 / 127.5, -1.0)
#: Without ImageNet's mean colour and with the blue channel first, as networks from Caffe take them.
CAFFE = Scaling(1.0, (-103.939, -116.779, -123.68), blue_first=True)
#: Standardised by ImageNet's mean and deviation, as networks from Torch take them.
TORCH = Scaling(
    tuple(1 / (255 * deviation) for deviation in _DEVIATION),
    tuple(-mean / deviation for mean, deviation in zip(_MEAN, _DEVIATION, strict=True)),
)


def pixels_for_backbone(
    pixels: keras.KerasTensor, scaling: Scaling, size: tuple[int, int], channels: int = 3
) -> keras.KerasTensor:
    r"""Prepares pixels for a backbone.

    Args:
        pixels: float32 (N, H, W, 1 or 3), 0..255, RGB.
        scaling: What the backbone expects.
        size: Height and width that it gets.
        channels: 1 or 3, which it takes; colour does not become grey.

    Returns:
        (N, \*size, channels), from a layer named :data:`BACKBONE_PIXELS`.
    """
    x = pixels
    if tuple(x.shape[1:3]) != size:
        x = resized(x, size)
    if x.shape[-1] < channels:
        x = layers.Concatenate(name="as_colour", dtype="float32")([x] * channels)
    elif scaling.blue_first:
        red, green, blue = ops.split(x, 3, axis=-1)
        x = layers.Concatenate(name="blue_first", dtype="float32")([blue, green, red])
    return layers.Rescaling(scaling.factor, scaling.offset, name=BACKBONE_PIXELS, dtype="float32")(x)


def resized(x: keras.KerasTensor, size: tuple[int, int]) -> keras.KerasTensor:
    r"""Bilinear resizing: (N, H, W, C) -> (N, \*size, C).

    The operation, not Keras's layer ``Resizing``: that one puts itself, and all layers that run after it, into training
    where a network is called without saying which.
    """
    return ops.image.resize(x, size, interpolation="bilinear", data_format="channels_last")
