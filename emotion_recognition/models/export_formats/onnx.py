"""ONNX: one file that OpenCV, ONNX Runtime and most other runtimes read; checked against Keras before it is kept.

The model's card gets the copy's SHA-256, see :mod:`emotion_recognition.models.onnx_copy`.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.models.card import ASSUMED, read_card, sha256_of, write_card
from emotion_recognition.models.conventions import read_conventions
from emotion_recognition.models.half_storage import halve_onnx
from emotion_recognition.models.keras_export import export_graph
from emotion_recognition.models.network_input import NetworkInput, as_stated
from emotion_recognition.models.onnx_copy import CopyEntry, copy_path, read_copy
from emotion_recognition.models.onnx_network import OnnxNetwork
from emotion_recognition.models.portable import portable

#: How far a probability of the copy may be from the model's own; of outputs above 1, as logits are, as a share of the
#: largest.
MAX_DIFFERENCE = 1e-4


def write_copy(
    path: Path, network: keras.Model, names: Sequence[str], target: Path, *, tolerance: float = MAX_DIFFERENCE
) -> None:
    """Writes the copy of a model, complete or not at all, and records it in the model's card.

    Args:
        path: The model file.
        network: The network in it, of square images of one size.
        names: Its class names.
        target: The file to write.
        tolerance: How far an output of the copy may be from the model's own, or as a share of the largest one above 1.

    Raises:
        ValueError: If the converter fails, or OpenCV does not run the copy as Keras runs the model.
        OSError: If the copy cannot be written.
    """
    _, image_size, _, channels = network.input_shape
    images = probe_images(image_size, channels)
    if len(names) == network.output_shape[-1]:
        # Of another range of pixels, others would say nothing.
        taken = as_stated(NetworkInput(image_size, channels), read_conventions(path, len(names)))
        images = taken.prepare(images.astype(np.uint8))
    _remove_stale_copy(path)
    expected = keras.ops.convert_to_numpy(network(images, training=False))
    with replace_when_complete(target) as partial:
        export_graph(portable(network), partial, "onnx", network.input_shape[1:])
        halve_onnx(partial)
        content = partial.read_bytes()
        copy = OnnxNetwork(content, f"The ONNX copy of {path}")
        # One at a time as well: a graph with a batch size in it fails at one of the two.
        single = np.concatenate([copy(image[None]) for image in images])
        # NumPy, because the built-in max would lose a difference that is NaN.
        difference = float(np.max([np.abs(outputs - expected).max() for outputs in (single, copy(images))]))
        allowed = tolerance * max(1.0, float(np.abs(expected).max()))
        if not difference <= allowed:
            raise ValueError(
                f"OpenCV does not run the ONNX copy of {path} as Keras runs the model: an output differs by "
                f"{difference:.2g}, more than {allowed:.2g}; no copy was written."
            )
        entry = CopyEntry(
            sha256=hashlib.sha256(content).hexdigest(),
            model_sha256=sha256_of(path),
            image_size=image_size,
            channels=channels,
            max_difference=difference,
        )
    card = read_card(path) or {"network": network.name, "class_names": list(names), ASSUMED: True}
    write_card(path, {**card, **entry.to_card()})


def probe_images(image_size: int, channels: int) -> np.ndarray:
    """Images that bring out where a runtime differs: noise of several contrasts and blank images of several greys.

    Returns:
        float32 array (24, image_size, image_size, channels), whole numbers, 0..255.
    """
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (16, image_size, image_size, channels)).astype(np.float32)
    contrast = np.linspace(0.02, 1, 16, dtype=np.float32)[:, None, None, None]
    blank = np.ones((8, image_size, image_size, channels), np.float32)
    greys = np.rint(np.linspace(0, 255, 8, dtype=np.float32))[:, None, None, None]
    return np.concatenate([np.rint(noise * contrast), blank * greys])


def _remove_stale_copy(path: Path) -> None:
    # Should the export fail, the copy of an earlier model must not stay beside this one.
    try:
        read_copy(path)
    except ValueError:
        copy_path(path).unlink(missing_ok=True)
