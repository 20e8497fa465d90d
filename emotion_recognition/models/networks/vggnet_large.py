"""``vggnet_large``: ``vggnet_wide`` with more filters, 64 to 384, for a GPU and as a teacher of smaller networks."""

import keras

from emotion_recognition.models.layers import averaging_head, convolutions, input_pixels, standardise

#: Filters and number of convolutions of each block.
BLOCKS = ((64, 2), (128, 2), (256, 3), (384, 3))


def vggnet_large(
    *, num_classes: int, image_size: int = 48, channels: int = 1, dropout: float = 0.1, head_dropout: float = 0.4
) -> keras.Model:
    """Builds the network; 5.2 million parameters.

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
    return keras.Model(pixels, averaging_head(x, num_classes, head_dropout), name="vggnet_large")
