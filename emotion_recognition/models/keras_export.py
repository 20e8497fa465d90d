"""Keras's own export, in silence and with one kind of error; what every export format begins with."""

import contextlib
import inspect
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np


def export_graph(
    network: keras.Model, target: Path, keras_format: str, input_shape: tuple[int, int, int], **options: Any
) -> None:
    """Writes a network by Keras's own export, in silence.

    Args:
        network: In float32.
        target: File, or folder, to write.
        keras_format: What Keras calls the format.
        input_shape: Height, width and channels of a picture that it can be shown.
        **options: More of Keras's arguments.

    Raises:
        ValueError: If Keras or a converter fails.
        OSError: If the file cannot be written.
    """
    if _takes_itself_for_training(network):
        pixels = keras.Input(network.input_shape[1:])
        network = keras.Model(pixels, network(pixels, training=False), name=network.name)
    network(np.zeros((1, *input_shape), np.float32), training=False)  # Keras exports only what has run
    try:
        with silence():
            network.export(str(target), format=keras_format, verbose=False, **options)
    except OSError:
        raise
    # Keras and the converters let through whatever they ran into: AttributeError, RuntimeError, ImportError ...
    except Exception as error:
        raise ValueError(f"{network.name} cannot be exported as {keras_format}: {error}") from error


def _takes_itself_for_training(network: keras.Model) -> bool:
    """Whether a layer is in training unless it is told otherwise, as those that change images.

    Keras's export tells it nothing; from such a layer on, the whole network then is: batch normalization takes the
    statistics of the batch, and what a layer drops or turns by chance is dropped and turned.
    """
    for layer in network._flatten_layers():
        training = inspect.signature(layer.call).parameters.get("training")
        if training is not None and training.default is True:
            return True
    return False


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Inside the block, nothing reaches standard output or standard error.

    The converters tell on both streams, from Python and from C++, what they do; errors come as exceptions.
    """
    levels = {name: logging.getLogger(name).level for name in ("absl", "tensorflow", "tf2onnx")}
    with warnings.catch_warnings(), tempfile.TemporaryFile() as sink:
        warnings.simplefilter("ignore")
        saved = os.dup(1), os.dup(2)
        for name in levels:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            os.dup2(sink.fileno(), 1)
            os.dup2(sink.fileno(), 2)
            yield
        finally:
            for descriptor, copy in zip((1, 2), saved, strict=True):
                os.dup2(copy, descriptor)
                os.close(copy)
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
