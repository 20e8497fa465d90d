"""``vggnet_tiny``: 0.13 million parameters; halves the picture first, then convolves as ``vggnet_wide`` does.

A convolution on 48×48 pixels costs as much as four times as many filters on 24×24. So the first one, whose few filters
look for edges, takes every second place, and everything behind it works on a quarter of the pixels. A network as small
as this learns more from a good model's probabilities than from labels alone, see
:mod:`emotion_recognition.training.distillation`.
"""

import keras

from emotion_recognition.models.layers import averaging_head, convolutions, halving, input_pixels, standardise

#: Filters of the convolution that halves the picture.
STEM = 32

#: Filters and number of convolutions of each block. Multiples of 16 fill a processor's vector units.
BLOCKS = ((32, 2), (64, 2), (96, 1))


def vggnet_tiny(
    *, num_classes: int, image_size: int = 48, channels: int = 1, dropout: float = 0.0, head_dropout: float = 0.1
) -> keras.Model:
    """Builds the network; 0.13 million parameters.

    Args:
        num_classes: Number of outputs.
        image_size: Height and width of the input in pixels, at least 16.
        channels: 1 for grey, 3 for colour.
        dropout: Share of values dropped after each block, 0..1.
        head_dropout: Share of the averages dropped before the last layer, 0..1.
    """
    pixels = input_pixels(image_size, channels)
    x = halving(standardise(pixels), STEM)
    for filters, count in BLOCKS:
        x = convolutions(x, filters, count=count, dropout=dropout)
    return keras.Model(pixels, averaging_head(x, num_classes, head_dropout), name="vggnet_tiny")
