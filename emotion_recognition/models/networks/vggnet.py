"""``vggnet``: the project's standard network, pairs of 3×3 convolutions with 32, 64, 128 and 256 filters."""

import keras

from emotion_recognition.models.layers import convolutions, dense_head, input_pixels, standardise

FILTERS = (32, 64, 128, 256)


def vggnet(
    *,
    num_classes: int,
    image_size: int = 48,
    channels: int = 1,
    dropout: float = 0.1,
    head_dropout: float = 0.4,
    batch_normalization: bool = True,
) -> keras.Model:
    """Builds the network; 1.5 million parameters for 48×48 grey images.

    Args:
        num_classes: Number of outputs.
        image_size: Height and width of the input in pixels, at least 16.
        channels: 1 for grey, 3 for colour.
        dropout: Share of values dropped after each block, 0..1.
        head_dropout: Share dropped before each dense layer, 0..1.
        batch_normalization: Whether convolutions and the hidden layer have it in place of a bias.
    """
    pixels = input_pixels(image_size, channels)
    x = standardise(pixels)
    for filters in FILTERS:
        x = convolutions(x, filters, count=2, dropout=dropout, normalise=batch_normalization)
    outputs = dense_head(x, [128], num_classes, head_dropout, normalise=batch_normalization)
    return keras.Model(pixels, outputs, name="vggnet")
