"""``deep_cnn``: six convolutions in pairs, twice as many filters as ``shallow_cnn`` has, each pair pooled."""

import keras

from emotion_recognition.models.layers import convolutions, dense_head, input_pixels, standardise

FILTERS = (64, 128, 256)


def deep_cnn(
    *, num_classes: int, image_size: int = 48, channels: int = 1, dropout: float = 0.1, head_dropout: float = 0.4
) -> keras.Model:
    """Builds the network; 3.5 million parameters for 48×48 grey images.

    Args:
        num_classes: Number of outputs.
        image_size: Height and width of the input in pixels, at least 8.
        channels: 1 for grey, 3 for colour.
        dropout: Share of values dropped after each pair, 0..1.
        head_dropout: Share dropped before each dense layer, 0..1.
    """
    pixels = input_pixels(image_size, channels)
    x = standardise(pixels)
    for filters in FILTERS:
        x = convolutions(x, filters, count=2, dropout=dropout)
    return keras.Model(pixels, dense_head(x, [256, 128], num_classes, head_dropout), name="deep_cnn")
