import sys

import numpy as np
import pytest

from emotion_recognition.data.audit.label_errors import check_cleanlab, likely_label_errors


def sure(classes: np.ndarray, num_classes: int = 3) -> np.ndarray:
    """Probabilities of a network that is 90 % sure of the given classes."""
    probabilities = np.full((len(classes), num_classes), 0.1 / (num_classes - 1))
    probabilities[np.arange(len(classes)), classes] = 0.9
    return probabilities


def test_swapped_labels_are_found_the_most_doubtful_first() -> None:
    truth = np.arange(90) % 3
    labels = truth.astype(np.uint8)
    labels[[10, 20]] = [(truth[10] + 1) % 3, (truth[20] + 2) % 3]
    probabilities = sure(truth)
    probabilities[20] = 0.01
    probabilities[20, truth[20]] = 0.98
    assert likely_label_errors(labels, probabilities).tolist() == [20, 10]
    assert likely_label_errors(truth.astype(np.uint8), sure(truth)).tolist() == []


def test_classes_without_examples_are_no_trouble() -> None:
    truth = np.arange(60) % 3 + np.where(np.arange(60) % 3 == 2, 2, 0)  # classes 0, 1 and 4 of 7
    labels = truth.astype(np.uint8)
    labels[5] = 0 if truth[5] else 1
    assert likely_label_errors(labels, sure(truth, 7)).tolist() == [5]
    assert likely_label_errors(np.zeros(4, np.uint8), sure(np.zeros(4, int))).tolist() == []


def test_arrays_that_do_not_fit_and_a_missing_package_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for labels, probabilities in (
        (np.zeros(3, np.uint8), sure(np.zeros(4, int))),
        (np.zeros(0, np.uint8), sure(np.zeros(0, int))),
    ):
        with pytest.raises(ValueError, match="probabilities must have a row for each of at least one label"):
            likely_label_errors(labels, probabilities)
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    with pytest.raises(ValueError, match=r"pip install -r requirements-audit.txt"):
        check_cleanlab()
