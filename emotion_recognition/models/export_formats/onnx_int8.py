"""ONNX with int8 weights: a quarter of the size, several times as fast in ONNX Runtime, a little less accurate.

Static quantization: the range of what flows between the convolutions is measured on training images, each filter's
weights get a scale of their own. What stands before the first convolution and after the last one stays float32. The
copy has a card of its own, since it is another model with other figures. OpenCV 4.14 reads it too, and is no faster.
"""

import hashlib
import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.error_about import about
from emotion_recognition.models.card import ASSUMED, card_of_copy, read_card, sha256_of, write_card
from emotion_recognition.models.conventions import read_conventions
from emotion_recognition.models.keras_export import export_graph, silence
from emotion_recognition.models.network_input import NetworkInput, as_stated
from emotion_recognition.models.onnx_copy import CopyEntry
from emotion_recognition.models.onnx_network import OnnxNetwork
from emotion_recognition.models.portable import portable
from emotion_recognition.models.runtimes.registry import row_of

#: Training images that the ranges are measured on.
CALIBRATION_IMAGES = 500

#: What is quantized; pooling too, so that int8 stays int8 from convolution to convolution.
_OPERATIONS = ["Conv", "MaxPool", "MatMul", "Gemm"]

_BATCH_SIZE = 25

#: How far an output of the graph that is quantized may be from the model's own, or as a share of the largest of them.
MAX_DIFFERENCE = 1e-3


def write_copy(path: Path, network: keras.Model, names: Sequence[str], target: Path, images: np.ndarray) -> None:
    """Writes the copy of a model and its card, complete or not at all.

    Args:
        path: The model file.
        network: The network in it, of square images of one size.
        names: Its class names.
        target: The file to write.
        images: uint8 array (N, height, width, channels) of training images; :data:`CALIBRATION_IMAGES` of them, evenly
            spaced, are looked at.

    Raises:
        ValueError: If ONNX Runtime is missing, cannot quantize the network, or does not run the copy or, before it is
            quantized, not as Keras runs the model.
        OSError: If the copy cannot be written.
    """
    row_of("onnxruntime")
    _, image_size, _, channels = network.input_shape
    card = read_card(path) or {"network": network.name, "class_names": list(names), ASSUMED: True}
    conventions = read_conventions(path, len(names))
    taken = as_stated(NetworkInput(image_size, channels), conventions)
    rows = np.linspace(0, len(images) - 1, min(CALIBRATION_IMAGES, len(images)), dtype=int)
    shown = taken.prepare(np.asarray(images[np.unique(rows)]))
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.partial") as name:
        whole = Path(name) / "float32.onnx"
        export_graph(portable(network), whole, "onnx", network.input_shape[1:])
        expected = np.concatenate(
            [
                keras.ops.convert_to_numpy(network(shown[start : start + _BATCH_SIZE], training=False))
                for start in range(0, len(shown), _BATCH_SIZE)
            ]
        )
        exported = OnnxNetwork(whole.read_bytes(), f"The ONNX copy of {path}", "onnxruntime")(shown)
        difference = float(np.abs(exported - expected).max())
        if not difference <= MAX_DIFFERENCE * max(1.0, float(np.abs(expected).max())):
            raise about(
                ValueError(
                    f"ONNX Runtime does not run the ONNX copy of {path} as Keras runs the model: an output differs by "
                    f"{difference:.2g}; no int8 copy was written."
                ),
                "export",
            )
        with replace_when_complete(target) as partial:
            _quantize(whole, partial, shown, path)
            content = partial.read_bytes()
            copy = OnnxNetwork(content, f"The int8 copy of {path}", "onnxruntime")
            received = copy(shown)
            if not np.isfinite(received).all():
                raise ValueError(f"The int8 copy of {path} gives NaN or infinity; no copy was written.")
    entry = CopyEntry(
        sha256=hashlib.sha256(content).hexdigest(),
        model_sha256=sha256_of(path),
        image_size=image_size,
        channels=channels,
        max_difference=float(np.abs(received - expected).max()),
    )
    quantization = {
        "of": path.name,
        "weights": "int8, a scale for each filter",
        "activations": "uint8",
        "training_images": len(shown),
        # How often the copy says the same as the model, on those images.
        "same_class": float(np.mean(received.argmax(axis=1) == expected.argmax(axis=1))),
    }
    write_card(target, {**card_of_copy(card), **entry.to_card(), "quantization": quantization})


def _quantize(whole: Path, target: Path, shown: np.ndarray, path: Path) -> None:
    # Only here: it imports much.
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Shown(CalibrationDataReader):
        def __init__(self, name: str) -> None:
            self._name = name
            self._batches: Iterator[np.ndarray] = iter(np.array_split(shown, -(-len(shown) // _BATCH_SIZE)))

        def get_next(self) -> dict[str, Any] | None:
            batch = next(self._batches, None)
            return None if batch is None else {self._name: batch}

    import onnxruntime

    session = onnxruntime.InferenceSession(str(whole), providers=["CPUExecutionProvider"])
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # it advises against what it was told
    try:
        with silence():
            quantize_static(
                str(whole),
                str(target),
                Shown(session.get_inputs()[0].name),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=_OPERATIONS,
                per_channel=True,
                weight_type=QuantType.QInt8,
                activation_type=QuantType.QUInt8,
            )
    except OSError:
        raise
    # It lets through whatever it runs into.
    except Exception as error:
        raise about(ValueError(f"ONNX Runtime cannot quantize {path}: {error}"), "export") from error
    finally:
        root.setLevel(level)
