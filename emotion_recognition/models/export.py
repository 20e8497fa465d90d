"""Writes what people deploy beside a model: ONNX, LiteRT, TensorFlow's SavedModel.

A model file goes in; each copy computes the same probabilities from the same pixels, 0..255. The ONNX copy is what
:class:`~emotion_recognition.EmotionDetector` runs.
"""

import contextlib
import hashlib
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.export_formats import FORMATS, MAX_DIFFERENCE, check_formats
from emotion_recognition.models.files import classes_of, load_network
from emotion_recognition.models.onnx_copy import CopyEntry, copy_path, read_copy, sha256_of
from emotion_recognition.models.onnx_network import OnnxNetwork
from emotion_recognition.models.portable import portable
from emotion_recognition.workspace import beside


def export_model(path: Path, formats: Sequence[str]) -> list[Path]:
    """Writes copies of a model beside it and records the ONNX copy in the model's card.

    Args:
        path: The model file.
        formats: Some of :data:`~emotion_recognition.models.export_formats.FORMATS`.

    Returns:
        The files and folders written, in the order of ``formats``.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If there is no such format, the model is no classifier of square images, or OpenCV does not run
            its ONNX copy as Keras runs the model.
        OSError: If a copy cannot be written.
    """
    check_formats(formats)
    network = load_network(path)
    names, _ = classes_of(path, network)
    if len(network.input_shape) != 4 or None in network.input_shape[1:] or len(set(network.input_shape[1:3])) > 1:
        raise ValueError(f"{path} must take square images of one size to be exported. Received: {network.input_shape}")
    written = []
    for name in formats:
        target = beside(path, FORMATS[name])
        if name == "onnx":
            _export_onnx(path, network, names)
        elif name == "litert":
            with replace_when_complete(target) as partial:
                _export(network, partial, "litert")
        else:
            _replace_folder(target, lambda partial: _export(network, partial, "tf_saved_model"))
        written.append(target)
    return written


def export_trained(path: Path, formats: Sequence[str]) -> tuple[list[Path], str]:
    """Writes the copies of a model that has just been trained: ONNX, where that works, and what was asked for.

    Args:
        path: The model file.
        formats: Some of the formats; may be empty.

    Returns:
        What was written, and why there is no ONNX copy that nobody asked for, or nothing.

    Raises:
        ValueError: If a format that was asked for cannot be written.
        OSError: If a copy cannot be written.
    """
    if "onnx" in formats:
        return export_model(path, formats), ""
    written, reason = [], ""
    try:
        written = export_model(path, ["onnx"])
    except ValueError as error:
        reason = f"No ONNX copy, so that EmotionDetector.py will need Keras for this model: {error}"
    return written + (export_model(path, formats) if formats else []), reason


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


def _export_onnx(path: Path, network: keras.Model, names: Sequence[str]) -> None:
    _, image_size, _, channels = network.input_shape
    images = probe_images(image_size, channels)
    _remove_stale_copy(path)
    expected = keras.ops.convert_to_numpy(network(images, training=False))
    with replace_when_complete(copy_path(path)) as partial:
        _export(portable(network), partial, "onnx")
        content = partial.read_bytes()
        copy = OnnxNetwork(content, f"The ONNX copy of {path}")
        # One at a time as well: a graph with a batch size in it fails at one of the two.
        single = np.concatenate([copy(image[None]) for image in images])
        # NumPy, because the built-in max would lose a difference that is no number.
        difference = float(np.max([np.abs(outputs - expected).max() for outputs in (single, copy(images))]))
        if not difference <= MAX_DIFFERENCE:
            raise ValueError(
                f"OpenCV does not run the ONNX copy of {path} as Keras runs the model: a probability differs by "
                f"{difference:.2g}, more than {MAX_DIFFERENCE:g}; no copy was written."
            )
        entry = CopyEntry(
            sha256=hashlib.sha256(content).hexdigest(),
            model_sha256=sha256_of(path),
            image_size=image_size,
            channels=channels,
            max_difference=difference,
        )
    card = read_card(path) or {"network": network.name, "class_names": list(names)}
    write_card(path, {**card, **entry.to_card()})


def _export(network: keras.Model, target: Path, keras_format: str) -> None:
    export_graph(network, target, keras_format, network.input_shape[1:])


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
    network(np.zeros((1, *input_shape), np.float32), training=False)  # Keras exports only what has run
    try:
        with silence():
            network.export(str(target), format=keras_format, verbose=False, **options)
    except OSError:
        raise
    # Keras and the converters let through whatever they ran into: AttributeError, RuntimeError, ImportError ...
    except Exception as error:
        raise ValueError(f"{network.name} cannot be exported as {keras_format}: {error}") from error


def _remove_stale_copy(path: Path) -> None:
    # Should the export fail, the copy of an earlier model must not stay beside this one.
    try:
        read_copy(path)
    except ValueError:
        copy_path(path).unlink(missing_ok=True)


def _replace_folder(target: Path, write: Callable[[Path], None]) -> None:
    """Writes a folder, complete or not at all."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.partial") as temporary:
        partial = Path(temporary) / target.name
        write(partial)
        if target.exists():
            target.rename(Path(temporary) / "earlier")
        partial.rename(target)


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
