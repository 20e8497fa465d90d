"""A ``.keras`` file of a quarter of the size: kernels are rounded to multiples of a step; Keras computes in float32.

The copy is another model with other figures, by very little, and has a card of its own.
"""

from collections.abc import Sequence
from pathlib import Path

import keras

from emotion_recognition.models.export_formats.float16 import write_rounded
from emotion_recognition.models.half_storage import in_steps


def write_copy(path: Path, network: keras.Model, names: Sequence[str], target: Path) -> None:
    """Writes the copy of a model and its card, complete or not at all.

    Args:
        path: The model file.
        network: The network in it.
        names: Its class names.
        target: The file to write.

    Raises:
        ValueError: If a weight is too large for float16.
        OSError: If the copy cannot be written.
    """
    write_rounded(path, network, names, target, in_steps, "rounded_to_steps")
