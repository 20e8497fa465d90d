"""Labels and probabilities -> accuracy, F1, figures per class, confusion matrix.

Scikit-learn computes them. Before: :mod:`emotion_recognition.evaluation.predictions`; next:
:mod:`emotion_recognition.evaluation.report`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from emotion_recognition.evaluation.wilson import wilson_interval


@dataclass(frozen=True)
class ClassMetrics:
    """The figures of one class.

    Args:
        name: The class.
        precision: Share of right ones among the images predicted as this class, 0..1; 0 if there are none.
        recall: Share of this class's images that were predicted as it, 0..1; 0 if there are none.
        f1: Harmonic mean of precision and recall, 0..1; 0 if both are 0.
        examples: Number of images of this class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    examples: int


@dataclass(frozen=True, eq=False)
class Metrics:
    """The figures of one classifier on one set of images.

    Args:
        examples: Number of images, N.
        correct: Number of images whose most probable class is their label.
        accuracy_interval: Ends of the accuracy's 95 % Wilson interval, 0..1.
        macro_f1: Mean of the F1 of the classes that occur among labels or predictions, each with the same weight, 0..1.
        weighted_f1: The same, each class weighted by its number of images.
        classes: The figures of each class, in label order.
        confusion: int64 array (classes, classes): row = label, column = prediction.
    """

    examples: int
    correct: int
    accuracy_interval: tuple[float, float]
    macro_f1: float
    weighted_f1: float
    classes: tuple[ClassMetrics, ...]
    confusion: np.ndarray

    @property
    def accuracy(self) -> float:
        """Share of right predictions, 0..1."""
        return self.correct / self.examples

    def to_json(self) -> dict[str, Any]:
        """All figures as JSON values; accuracies and the like are 0..1."""
        return {
            "examples": self.examples,
            "correct": self.correct,
            "accuracy": self.accuracy,
            "accuracy_interval_95": list(self.accuracy_interval),
            "macro_f1": self.macro_f1,
            "weighted_f1": self.weighted_f1,
            "classes": {
                row.name: {
                    "precision": row.precision,
                    "recall": row.recall,
                    "f1": row.f1,
                    "examples": row.examples,
                }
                for row in self.classes
            },
            "confusion_matrix": self.confusion.tolist(),
        }


def compute_metrics(labels: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str]) -> Metrics:
    """Computes the figures; the prediction is the most probable class, the first one where several are.

    Args:
        labels: Integer array (N,), indices into ``class_names``.
        probabilities: float array (N, classes).
        class_names: The classes in label order.

    Raises:
        ValueError: If there is no example, a label has no class, or the shapes do not fit together.

    Example:
        >>> figures = compute_metrics(np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]]), ["happy", "sad"])
        >>> figures.accuracy, figures.classes[0].precision
        (0.5, 0.5)
    """
    if len(labels) == 0:
        raise ValueError("labels must hold at least one example. Received: none")
    if probabilities.shape != (len(labels), len(class_names)):
        raise ValueError(
            f"probabilities must be ({len(labels)}, {len(class_names)}), a row for each label and a column for each "
            f"class. Received: {probabilities.shape}"
        )
    if labels.min() < 0 or labels.max() >= len(class_names):
        raise ValueError(f"labels must be 0..{len(class_names) - 1}. Received: {labels.min()}..{labels.max()}")
    indices = range(len(class_names))
    predicted = probabilities.argmax(axis=1)
    confusion = confusion_matrix(labels, predicted, labels=indices)
    assert confusion.sum() == len(labels), "every example must count exactly once"
    precision, recall, f1, examples = precision_recall_fscore_support(
        labels, predicted, labels=indices, zero_division=0
    )
    correct = int(confusion.trace())
    return Metrics(
        examples=len(labels),
        correct=correct,
        accuracy_interval=wilson_interval(correct, len(labels)),
        macro_f1=float(f1[(confusion.sum(axis=0) + confusion.sum(axis=1)) > 0].mean()),
        weighted_f1=float(np.average(f1, weights=examples)),
        classes=tuple(
            ClassMetrics(name, float(precision[i]), float(recall[i]), float(f1[i]), int(examples[i]))
            for i, name in enumerate(class_names)
        ),
        confusion=confusion,
    )
