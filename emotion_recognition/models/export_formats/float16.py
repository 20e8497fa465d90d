"""A ``.keras`` file of half the size: the kernels are rounded to float16 and stored so; Keras computes in float32.

The copy is another model with other figures, by very little, and has a card of its own.
"""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from emotion_recognition.models.card import ASSUMED, card_of_copy, read_card, sha256_of, write_card
from emotion_recognition.models.files import save_network
from emotion_recognition.models.half_storage import half, round_weights
from emotion_recognition.models.precision import with_precision


def write_rounded(
    path: Path,
    network: keras.Model,
    names: Sequence[str],
    target: Path,
    *,
    rounded: Callable[[np.ndarray], np.ndarray],
    entry: str,
) -> None:
    """Writes the copy of a model and its card, complete or not at all.

    Args:
        path: The model file.
        network: The network in it.
        names: Its class names.
        target: The file to write.
        rounded: A kernel's values as they shall be.
        entry: The card's entry that says what it is a copy of.

    Raises:
        ValueError: If a weight is too large for float16.
        OSError: If the copy cannot be written.
    """
    card = read_card(path) or {"network": network.name, "class_names": list(names), ASSUMED: True}
    copy = with_precision(network, "float32")
    round_weights(copy, rounded)
    save_network(copy, target)
    origin = {"of": path.name, "model_sha256": sha256_of(path)}
    write_card(target, {**card_of_copy(card), entry: origin})


write_copy = functools.partial(write_rounded, rounded=half, entry="rounded_to_float16")
