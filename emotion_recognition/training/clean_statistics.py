"""Computes the batch-normalization statistics anew on images as they are, after training on changed ones.

Random changes (turned, shifted, darker images) shift the means and variances inside a network, so the moving ones of
training are a little wrong for real images. The weights stay; only the statistics change. The idea is in Wu and Johnson
2021, arXiv:2105.07576 ("precise batch normalization").
"""

from typing import Any

import keras
import numpy as np
from keras import layers

from emotion_recognition.models.cloning import clone
from emotion_recognition.progress import Progress
from emotion_recognition.training.jit import jit_choice

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
    for layer in normalisations:
        layer.momentum = 0.0  # the moving statistics become those of the last batch
    moving = [variable for layer in normalisations for variable in (layer.moving_mean, layer.moving_variance)]
    sums = [np.zeros(variable.shape, np.float64) for variable in moving]
    looking = _InTraining(copy)
    looking.compile(jit_compile=jit_choice())
    rows = np.random.default_rng(seed).permutation(len(images))[:MOST_IMAGES]
    batches = np.array_split(rows, -(-len(rows) // _BATCH_SIZE))
    bar = Progress("batches for the batch-normalization statistics", len(batches)) if progress else None
    for batch in batches:
        pixels = images[np.sort(batch)].astype(np.float32)
        pixels[::2] = pixels[::2, :, ::-1]
        looking.predict_on_batch(keras.ops.convert_to_tensor(pixels))  # TensorFlow would compile for each array anew
        for total, variable in zip(sums, moving, strict=True):
            total += keras.ops.convert_to_numpy(variable)
        if bar is not None:
            bar.step()
    if bar is not None:
        bar.clear()
    for total, variable in zip(sums, moving, strict=True):
        variable.assign(total / len(batches))
    network.set_weights(copy.get_weights())


class _InTraining(keras.Model):
    """A network that normalizes every batch by its own statistics, also where it only predicts."""

    def __init__(self, network: keras.Model) -> None:
        super().__init__(name="in_training")
        self.network = network

    def call(self, pixels: Any) -> Any:
        return self.network(pixels, training=True)


def _without_dropout(layer: keras.Operation) -> keras.Operation:
    config = layer.get_config()
    if isinstance(layer, layers.Dropout):
        config["rate"] = 0.0
    return type(layer).from_config(config)
