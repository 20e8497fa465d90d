"""``vggnet_small``: 0.57 million parameters; ``vggnet_tiny`` with more filters and one convolution more.

Between that one, which is for the smallest machines, and ``vggnet_wide``, which takes four times as many operations.
"""

import keras

from emotion_recognition.models.layers import averaging_head, convolutions, halving, input_pixels, standardise

#: Filters of the convolution that halves the picture.
STEM = 32

#: Filters and number of convolutions of each block. Multiples of 16 fill a processor's vector units.
BLOCKS = ((48, 2), (96, 2), (128, 3))


def vggnet_small(
    *, num_classes: int, image_size: int = 48, channels: int = 1, dropout: float = 0.0, head_dropout: float = 0.2
) -> keras.Model:
    """Builds the network; 0.57 million parameters.

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
    return keras.Model(pixels, averaging_head(x, num_classes, head_dropout), name="vggnet_small")
