"""LiteRT, formerly TensorFlow Lite: one file for phones and small boards."""

from collections.abc import Sequence
from pathlib import Path

import keras

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.models.keras_export import export_graph


def write_copy(path: Path, network: keras.Model, names: Sequence[str], target: Path) -> None:
    """Writes the copy of a model, complete or not at all.

    Args:
        path: The model file.
        network: The network in it.
        names: Its class names.
        target: The file to write.

    Raises:
        ValueError: If the converter fails.
        OSError: If the copy cannot be written.
    """
    with replace_when_complete(target) as partial:
        export_graph(network, partial, "litert", network.input_shape[1:])
