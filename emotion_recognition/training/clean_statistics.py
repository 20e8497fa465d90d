"""Computes batch normalisation's figures anew on images as they are, after training on changed ones.

Random changes (turned, shifted, darker images) shift the means and variances inside a network, so the moving figures
of training are a little wrong for real images. The weights stay; only the figures change. The idea is in
Wu and Johnson 2021, arXiv:2105.07576 ("precise batch normalisation").
"""

import keras
import numpy as np
from keras import layers

#: Enough images for stable figures; half of them are seen mirrored, as in training.
MOST_IMAGES = 16_384
_BATCH_SIZE = 256


def clean_statistics(network: keras.Model, images: np.ndarray, seed: int) -> None:
    """Sets the moving mean and variance of every batch normalisation in a network, in place.

    Each becomes the mean of the figures of equally large batches; dropout is off.

    Args:
        network: Takes images as they are.
        images: uint8 array (N, height, width, channels), the training images.
        seed: Which of the images are taken, where there are more than :data:`MOST_IMAGES`.
    """
    # Of the layers alone: Keras would compile the copy too, and look for this project's loss among its own.
    layers_alone = keras.Model(network.input, network.output)
    copy = keras.models.clone_model(layers_alone, clone_function=_without_dropout)
    copy.set_weights(network.get_weights())
    normalisations = [layer for layer in copy.layers if isinstance(layer, layers.BatchNormalization)]
    if not normalisations:
        return
    rows = np.random.default_rng(seed).permutation(len(images))[:MOST_IMAGES]
    batches = np.array_split(rows, -(-len(rows) // _BATCH_SIZE))
    for done, batch in enumerate(batches):
        pixels = images[np.sort(batch)].astype(np.float32)
        pixels[::2] = pixels[::2, :, ::-1]
        for layer in normalisations:
            layer.momentum = done / (done + 1)  # the moving mean becomes the plain mean of all batches so far
        copy(pixels, training=True)
    network.set_weights(copy.get_weights())


def _without_dropout(layer: keras.Operation) -> keras.Operation:
    config = layer.get_config()
    if isinstance(layer, layers.Dropout):
        config["rate"] = 0.0
    return type(layer).from_config(config)
