"""Computes the batch-normalization statistics anew on images as they are, after training on changed ones.

Random changes (turned, shifted, darker images) shift the means and variances inside a network, so the moving ones of
training are a little wrong for real images. The weights stay; only the statistics change. The idea is in Wu and Johnson
2021, arXiv:2105.07576 ("precise batch normalization").
"""

import keras
import numpy as np
from keras import layers

from emotion_recognition.models.cloning import clone
from emotion_recognition.progress import Progress

#: Enough images for stable statistics; half of them are seen mirrored, as in training.
MOST_IMAGES = 16_384
_BATCH_SIZE = 256


def clean_statistics(network: keras.Model, images: np.ndarray, seed: int, *, progress: bool = False) -> None:
    """Sets the moving mean and variance of every batch normalization that is not frozen, in place.

    Each becomes the mean over equally large batches; dropout is off.

    Args:
        network: Takes images as they are.
        images: uint8 array (N, height, width, channels), the training images.
        seed: Which of the images are taken, where there are more than :data:`MOST_IMAGES`.
        progress: Whether to show how far it is: a bar on a terminal, a line now and then elsewhere.
    """
    # Of the layers alone: Keras would compile the copy too, and look for this project's loss among its own.
    layers_alone = keras.Model(network.input, network.output)
    copy = clone(layers_alone, _without_dropout)
    # Frozen ones keep what they have.
    normalisations = [each for each in copy.layers if isinstance(each, layers.BatchNormalization) and each.trainable]
    if not normalisations:
        return
    rows = np.random.default_rng(seed).permutation(len(images))[:MOST_IMAGES]
    batches = np.array_split(rows, -(-len(rows) // _BATCH_SIZE))
    bar = Progress("batches for the batch-normalization statistics", len(batches)) if progress else None
    for done, batch in enumerate(batches):
        pixels = images[np.sort(batch)].astype(np.float32)
        pixels[::2] = pixels[::2, :, ::-1]
        for layer in normalisations:
            layer.momentum = done / (done + 1)  # the moving mean becomes the plain mean of all batches so far
        copy(pixels, training=True)
        if bar is not None:
            bar.step()
    if bar is not None:
        bar.clear()
    network.set_weights(copy.get_weights())


def _without_dropout(layer: keras.Operation) -> keras.Operation:
    config = layer.get_config()
    if isinstance(layer, layers.Dropout):
        config["rate"] = 0.0
    return type(layer).from_config(config)
