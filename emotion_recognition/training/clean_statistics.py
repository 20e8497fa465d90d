"""Computes the batch-normalization statistics anew on images as they are, after training on changed ones.

Random changes (turned, shifted, darker images) shift the means and variances inside a network, so the moving ones of
training are a little wrong for real images. The weights stay; only the statistics change. The idea is in Wu and Johnson
2021, arXiv:2105.07576 ("precise batch normalization"). A network that has long learned from mixed and much changed
images may have got used to their statistics, so the validation split decides: see :func:`clean_where_better`.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.evaluation.calibration import fit_temperature
from emotion_recognition.models.cloning import clone
from emotion_recognition.progress import Progress
from emotion_recognition.training.jit import jit_choice

#: Enough images for stable statistics; half of them are seen mirrored, as in training.
MOST_IMAGES = 16_384
_BATCH_SIZE = 256


def clean_where_better(
    network: keras.Model, images: np.ndarray, val: Split, seed: int, *, progress: bool = False
) -> bool | None:
    """Computes the statistics anew, in place, and keeps them unless the network is worse on ``val`` with them.

    Worse is a higher log loss, each at the temperature that suits it best, because a temperature is fitted anyway.

    Args:
        network: Gives probabilities (N, classes) of images as they are.
        images: As for :func:`clean_statistics`.
        val: The validation split.
        seed: As for :func:`clean_statistics`.
        progress: As for :func:`clean_statistics`.

    Returns:
        Whether the new ones were kept; None where there are none but frozen ones.
    """
    statistics = _statistics(_normalisations(network))
    if not statistics:
        return None
    before = [np.array(keras.ops.convert_to_numpy(variable)) for variable in statistics]
    loss = _log_loss(network, val)
    clean_statistics(network, images, seed, progress=progress)
    if _log_loss(network, val) <= loss:
        return True
    for variable, value in zip(statistics, before, strict=True):
        variable.assign(value)
    return False


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
    normalisations = _normalisations(copy)
    if not normalisations:
        return
    for layer in normalisations:
        layer.momentum = 0.0  # the moving statistics become those of the last batch
    moving = _statistics(normalisations)
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


def _normalisations(network: keras.Model) -> list[layers.BatchNormalization]:
    """Those that are not frozen; frozen ones keep what they have."""
    return [each for each in network.layers if isinstance(each, layers.BatchNormalization) and each.trainable]


def _statistics(normalisations: Sequence[layers.BatchNormalization]) -> list[keras.Variable]:
    return [variable for layer in normalisations for variable in (layer.moving_mean, layer.moving_variance)]


def _log_loss(network: keras.Model, val: Split) -> float:
    """Nats, at the temperature with which it is lowest."""
    looking = keras.Model(network.input, network.output)
    looking.compile(jit_compile=jit_choice())
    probabilities = [
        keras.ops.convert_to_numpy(
            looking.predict_on_batch(
                keras.ops.convert_to_tensor(val.images[start : start + _BATCH_SIZE].astype(np.float32))
            )
        )
        for start in range(0, len(val), _BATCH_SIZE)
    ]
    return fit_temperature(val.labels, np.concatenate(probabilities).astype(np.float32)).log_loss_after


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
