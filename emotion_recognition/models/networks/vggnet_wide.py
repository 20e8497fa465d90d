"""``vggnet_wide``: 3×3 convolutions with 32, 96, 160 and 256 filters, two or three in a row, and a mean over the map.

Most of its work is done on maps of 24×24 pixels and less, with many filters: there a processor's matrix units are
busiest. In place of the dense layer of ``vggnet``, whose weights are a fifth of that network's, the last maps are
averaged (Lin et al. 2014, arXiv:1312.4400).
"""

import keras

from emotion_recognition.models.layers import averaging_head, convolutions, input_pixels, standardise

#: Filters and number of convolutions of each block.
BLOCKS = ((32, 2), (96, 2), (160, 3), (256, 2))


def vggnet_wide(
    *, num_classes: int, image_size: int = 48, channels: int = 1, dropout: float = 0.0, head_dropout: float = 0.3
) -> keras.Model:
    """Builds the network; 1.7 million parameters.

    Args:
        num_classes: Number of outputs.
        image_size: Height and width of the input in pixels, at least 16.
        channels: 1 for grey, 3 for colour.
        dropout: Share of values dropped after each block, 0..1.
        head_dropout: Share of the averages dropped before the last layer, 0..1.
    """
    pixels = input_pixels(image_size, channels)
    x = standardise(pixels)
    for filters, count in BLOCKS:
        x = convolutions(x, filters, count=count, dropout=dropout)
    return keras.Model(pixels, averaging_head(x, num_classes, head_dropout), name="vggnet_wide")
