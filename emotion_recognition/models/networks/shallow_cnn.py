"""``shallow_cnn``: three convolutions, each followed by batch normalization, ReLU and pooling; the field's baseline."""

import keras

from emotion_recognition.models.layers import convolutions, dense_head, input_pixels, standardise

FILTERS = (32, 64, 128)


def shallow_cnn(
    *, num_classes: int, image_size: int = 48, channels: int = 1, dropout: float = 0.1, head_dropout: float = 0.4
) -> keras.Model:
    """Builds the network; 1.3 million parameters for 48×48 grey images, nearly all of them in its dense layers.

    Args:
        num_classes: Number of outputs.
        image_size: Height and width of the input in pixels, at least 8.
        channels: 1 for grey, 3 for colour.
        dropout: Share of values dropped after each block, 0..1.
        head_dropout: Share dropped before each dense layer, 0..1.
    """
    pixels = input_pixels(image_size, channels)
    x = standardise(pixels)
    for filters in FILTERS:
        x = convolutions(x, filters, count=1, dropout=dropout)
    return keras.Model(pixels, dense_head(x, [256, 128], num_classes, head_dropout), name="shallow_cnn")
