"""Writes what people deploy beside a model, in the formats of :mod:`emotion_recognition.models.export_formats`.

A model file goes in; each copy computes the same probabilities from the same pixels, 0..255. The ONNX copy is what
:class:`~emotion_recognition.EmotionDetector` runs.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.error_about import about
from emotion_recognition.models.export_formats import FORMATS, check_formats
from emotion_recognition.models.files import classes_of, load_network
from emotion_recognition.workspace import beside

if TYPE_CHECKING:
    import numpy as np


def export_model(path: Path, formats: Sequence[str], images: "np.ndarray | None" = None) -> list[Path]:
    """Writes copies of a model beside it and records the ONNX copy in the model's card.

    Args:
        path: The model file.
        formats: Some of :data:`~emotion_recognition.models.export_formats.FORMATS`.
        images: uint8 array (N, height, width, channels) of training images, for the formats that need them.

    Returns:
        The files and folders written, in the order of ``formats``.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If there is no such format, the model is no classifier of square images, or OpenCV does not run
            its ONNX copy as Keras runs the model.
        OSError: If a copy cannot be written.
    """
    check_formats(formats)
    for name in formats:
        if FORMATS[name].needs_images and (images is None or len(images) == 0):
            raise about(ValueError(f"{name} needs images of the training split"), "build_splits")
    network = load_network(path)
    names, _ = classes_of(path, network)
    if len(network.input_shape) != 4 or None in network.input_shape[1:] or len(set(network.input_shape[1:3])) > 1:
        raise ValueError(f"{path} must take square images of one size to be exported. Received: {network.input_shape}")
    written = []
    for name in formats:
        target = beside(path, FORMATS[name].ending)
        FORMATS[name].open()(path, network, names, target, *([images] if FORMATS[name].needs_images else []))
        written.append(target)
    return written


def export_trained(path: Path, formats: Sequence[str], images: "np.ndarray | None" = None) -> tuple[list[Path], str]:
    """Writes the copies of a model that has just been trained: ONNX, where that works, and what was asked for.

    Args:
        path: The model file.
        formats: Some of the formats; may be empty.
        images: As for :func:`export_model`.

    Returns:
        What was written, and why there is no ONNX copy that nobody asked for, or nothing.

    Raises:
        ValueError: If a format that was asked for cannot be written.
        OSError: If a copy cannot be written.
    """
    if "onnx" in formats:
        return export_model(path, formats, images), ""
    written, reason = [], ""
    try:
        written = export_model(path, ["onnx"])
    except ValueError as error:
        reason = f"No ONNX copy, so that detection will need Keras for this model: {error}"
    return written + (export_model(path, formats, images) if formats else []), reason
