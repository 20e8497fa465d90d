"""The figures, on confusion matrices small enough to count by hand."""

import json

import numpy as np
import pytest

from emotion_recognition.evaluation.metrics import compute_metrics

NAMES = ("happy", "sad", "fear")


def one_hot(predicted: list[int], classes: int = 3) -> np.ndarray:
    return np.eye(classes, dtype=np.float32)[predicted]


LABELS = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2, 2], np.uint8)
PREDICTED = [0, 0, 0, 1, 1, 2, 2, 2, 0, 0]


def test_the_figures_are_those_counted_by_hand() -> None:
    metrics = compute_metrics(LABELS, one_hot(PREDICTED), NAMES)
    assert metrics.confusion.tolist() == [[3, 1, 0], [0, 1, 1], [2, 0, 2]]
    assert (metrics.examples, metrics.correct, metrics.accuracy) == (10, 6, 0.6)
    happy, sad, fear = metrics.classes
    assert (happy.name, happy.precision, happy.recall, happy.examples) == ("happy", 3 / 5, 3 / 4, 4)
    assert (sad.name, sad.precision, sad.recall, sad.examples) == ("sad", 1 / 2, 1 / 2, 2)
    assert (fear.name, fear.precision, fear.recall, fear.examples) == ("fear", 2 / 3, 2 / 4, 4)
    # F1 = 2 · right / (predicted + labelled): 6/9, 2/4, 4/7
    assert [row.f1 for row in metrics.classes] == pytest.approx([6 / 9, 2 / 4, 4 / 7])
    assert metrics.macro_f1 == pytest.approx((6 / 9 + 2 / 4 + 4 / 7) / 3)
    assert metrics.weighted_f1 == pytest.approx((4 * 6 / 9 + 2 * 2 / 4 + 4 * 4 / 7) / 10)
    assert metrics.accuracy_interval == pytest.approx((0.3127, 0.8318), abs=1e-4)


def test_a_class_without_images_or_predictions_has_no_part_in_the_mean_and_warns_nobody() -> None:
    metrics = compute_metrics(np.array([0, 0, 1]), one_hot([0, 0, 0]), NAMES)
    sad, fear = metrics.classes[1:]
    assert (sad.precision, sad.recall, sad.f1, sad.examples) == (0, 0, 0, 1)
    assert (fear.precision, fear.recall, fear.f1, fear.examples) == (0, 0, 0, 0)
    assert metrics.macro_f1 == pytest.approx(0.8 / 2)  # of happy and sad, as in scikit-learn
    assert metrics.confusion.shape == (3, 3)


def test_the_most_probable_class_counts_however_unsure() -> None:
    probabilities = np.array([[0.34, 0.33, 0.33], [0.3, 0.3, 0.4]])
    assert compute_metrics(np.array([0, 2]), probabilities, NAMES).accuracy == 1


def test_between_equals_the_first_class_is_taken() -> None:
    assert compute_metrics(np.array([0]), np.full((1, 3), 1 / 3), NAMES).correct == 1


def test_the_json_has_every_figure_and_is_json() -> None:
    content = compute_metrics(LABELS, one_hot(PREDICTED), NAMES).to_json()
    assert json.loads(json.dumps(content, allow_nan=False)) == content
    assert content["accuracy"] == 0.6
    assert content["classes"]["sad"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "examples": 2}
    assert content["confusion_matrix"] == [[3, 1, 0], [0, 1, 1], [2, 0, 2]]
    assert set(content) == {
        "examples",
        "correct",
        "accuracy",
        "accuracy_interval_95",
        "macro_f1",
        "weighted_f1",
        "classes",
        "confusion_matrix",
    }


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one example"):
        compute_metrics(np.array([], np.uint8), np.empty((0, 3)), NAMES)
    with pytest.raises(ValueError, match=r"probabilities must be \(2, 3\).*Received: \(1, 3\)"):
        compute_metrics(np.array([0, 1]), one_hot([0]), NAMES)
    with pytest.raises(ValueError, match=r"Received: \(1, 2\)"):
        compute_metrics(np.array([0]), one_hot([0], 2), NAMES)
    with pytest.raises(ValueError, match=r"labels must be 0\.\.2. Received: 1\.\.3"):
        compute_metrics(np.array([1, 3]), one_hot([0, 1]), NAMES)
