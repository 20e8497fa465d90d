"""Predictions for images without labels, as the competition wants them: a CSV with one emotion per row.

Before: :mod:`emotion_recognition.data.files.unlabelled` has the images; this is the last stage.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.emotions import FER2013_EMOTIONS, check_same_classes
from emotion_recognition.evaluation.network_input import input_of
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.evaluation.predictions import average, predict
from emotion_recognition.models.calibration import apply_temperature, temperature_of
from emotion_recognition.models.card import read_card
from emotion_recognition.models.files import classes_of, load_network


def predict_labels(
    paths: Sequence[Path],
    images: np.ndarray,
    class_names: Sequence[str],
    settings: PredictionSettings,
    *,
    progress: bool = False,
) -> np.ndarray:
    """Predicts the class of every image; the calibrated probabilities of several models are averaged.

    Args:
        paths: At least one model file. All are loaded and checked before the first one predicts.
        images: uint8 array (N, height, width, 1 or 3), 0..255.
        class_names: The classes that every model must have, in label order.
        settings: Batch size, pixel range, views.
        progress: Whether to show a progress bar, where standard error is a terminal.

    Returns:
        int64 array (N,), labels of the classes, in the images' order.

    Raises:
        FileNotFoundError: If a model is missing.
        ValueError: If a model cannot be read, has other classes or cannot take the images; the message names it.
    """
    networks = []
    for path in paths:
        network = load_network(path)
        names, _ = classes_of(path, network)
        check_same_classes(class_names, "the choice of classes", names, f"the model {path}")
        networks.append(network)
    probabilities = []
    for path, network in zip(paths, networks, strict=True):
        try:
            input_of(network)
            predicted = predict(network, images, settings, progress=progress).probabilities
            # As in a report, so that several models agree on the same emotion here and there.
            probabilities.append(apply_temperature(predicted, temperature_of(read_card(path))))
        except ValueError as error:
            raise ValueError(f"{path} cannot predict these images: {error}") from error
    return np.asarray(average(probabilities).argmax(axis=1))


def write_submission(path: Path, labels: np.ndarray, class_names: Sequence[str]) -> None:
    """Writes a line for each image, in their order, and nothing else; complete or not at all.

    Args:
        path: The CSV to write or replace.
        labels: Integer array (N,), indices into ``class_names``.
        class_names: The classes in label order. Where all of them are FER2013's emotions, their indices in FER2013,
            0..6, are written, whatever their labels; otherwise the classes' names.

    Raises:
        OSError: If the file cannot be written.
    """
    known = all(name in FER2013_EMOTIONS for name in class_names)
    values = [str(FER2013_EMOTIONS.index(name)) if known else name for name in class_names]
    with replace_when_complete(path) as partial:
        partial.write_text("".join(f"{values[label]}\n" for label in labels), encoding="utf-8")
