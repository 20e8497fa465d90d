"""``vggnet_deep``: the standard network with three and four convolutions in its later, cheaper blocks."""

import keras

from emotion_recognition.models.layers import convolutions, dense_head, input_pixels, standardise

#: (filters, convolutions) of each block.
BLOCKS = ((32, 2), (64, 2), (128, 3), (256, 4))


def vggnet_deep(
    *, num_classes: int, image_size: int = 48, channels: int = 1, dropout: float = 0.15, head_dropout: float = 0.4
) -> keras.Model:
    """Builds the network; 3.1 million parameters for 48×48 grey images.

    Args:
        num_classes: Number of outputs.
        image_size: Height and width of the input in pixels, at least 16.
        channels: 1 for grey, 3 for colour.
        dropout: Share of values dropped after each block, 0..1.
        head_dropout: Share dropped before each dense layer, 0..1.
    """
    pixels = input_pixels(image_size, channels)
    x = standardise(pixels)
    for filters, count in BLOCKS:
        x = convolutions(x, filters, count=count, dropout=dropout)
    return keras.Model(pixels, dense_head(x, [256, 128], num_classes, head_dropout), name="vggnet_deep")
