from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.emotions import class_names
from emotion_recognition.evaluation.likely_errors import find_likely_errors


def split(name: str, classes: np.ndarray, labels: np.ndarray) -> Split:
    """Evenly grey images, as bright as the brightness model takes each class to be."""
    images = np.broadcast_to((255 * classes / 6).astype(np.uint8)[:, None, None, None], (len(classes), 8, 8, 1)).copy()
    return Split(images, labels.astype(np.uint8), class_names(7), name, "x.csv", "ab" * 32)


def test_labels_that_the_network_contradicts_are_found_with_the_class_it_sees(brightness_model: Path) -> None:
    classes = np.arange(70) % 7
    wrong = classes.copy()
    wrong[12] = 1
    splits = {"train": split("train", classes, classes), "val": split("val", classes, wrong)}
    assert find_likely_errors(brightness_model, splits) == {"train": [], "val": [(12, 5)]}


def test_a_model_with_other_classes_is_refused(brightness_model: Path) -> None:
    six = Split(np.zeros((6, 8, 8, 1), np.uint8), np.arange(6, dtype=np.uint8), class_names(6), "val", "x", "ab" * 32)
    with pytest.raises(ValueError, match=r"brightness\.keras has 7 classes"):
        find_likely_errors(brightness_model, {"val": six})
    with pytest.raises(FileNotFoundError, match=r"missing\.keras"):
        find_likely_errors(brightness_model.with_name("missing.keras"), {"val": six})
