"""Writes the ONNX copy of a trained face detector, which is what detection runs, and records it in its card."""

import hashlib
from pathlib import Path

import cv2
import keras
import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.models.card import sha256_of, write_card
from emotion_recognition.models.face_ssd.files import load_face_ssd
from emotion_recognition.models.keras_export import export_graph, silence
from emotion_recognition.models.onnx_copy import copy_path
from emotion_recognition.models.portable import portable

#: How far a logit or an offset of the copy may be from the network's own.
MAX_DIFFERENCE = 1e-3


def export_face_ssd(path: Path) -> Path:
    """Writes the ONNX copy beside a detector, for pictures of every size.

    Args:
        path: The ``.keras`` file; its card lies beside it and gets the copy's SHA-256.

    Returns:
        The ONNX file.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If it has no card of such a network, or OpenCV does not run the copy as Keras runs the model.
        OSError: If the copy cannot be written.
    """
    network, card, priors = load_face_ssd(path)
    multiple = priors.strides[-1]
    copy_path(path).unlink(missing_ok=True)  # should the export fail, an earlier model's must not stay beside this one
    with replace_when_complete(copy_path(path)) as partial:
        signature = [keras.InputSpec(shape=(1, None, None, 3), dtype="float32", name="pixels")]
        export_graph(portable(network), partial, "onnx", (multiple, multiple, 3), input_signature=signature)
        content = partial.read_bytes()
        try:
            with silence():  # OpenCV logs what it then raises
                difference = _difference(network, content, multiple)
        except cv2.error as error:
            reason = " ".join(error.err.split())
            raise ValueError(f"OpenCV does not run the ONNX copy of {path}: {reason}; no copy was written.") from error
        if not difference <= MAX_DIFFERENCE:
            raise ValueError(
                f"OpenCV does not run the ONNX copy of {path} as Keras runs the model: an output differs by "
                f"{difference:.2g}, more than {MAX_DIFFERENCE:g}; no copy was written."
            )
    entry = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "model_sha256": sha256_of(path),
        "max_difference": difference,
    }
    write_card(path, {**card, "onnx": entry})
    return copy_path(path)


def _difference(network: keras.Model, content: bytes, multiple: int) -> float:
    """The largest difference of an output, over pictures of several shapes, one after another; NaN if one is."""
    copy = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
    names = copy.getUnconnectedOutLayersNames()
    rng = np.random.default_rng(0)
    largest = 0.0
    for rows, columns in ((1, 1), (5, 5), (2, 5), (5, 3)):
        pixels = rng.integers(0, 256, (1, rows * multiple, columns * multiple, 3)).astype(np.float32)
        copy.setInput(pixels)
        outputs = {output.shape: np.array(output) for output in copy.forward(names)}
        for expected in map(keras.ops.convert_to_numpy, network(pixels, training=False)):
            if expected.shape not in outputs:
                return float("inf")
            # Not max(), which would leave NaN out.
            largest = float(np.maximum(largest, np.abs(outputs[expected.shape] - expected).max()))
    return largest
