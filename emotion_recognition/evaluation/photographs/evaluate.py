"""Counts how often a classifier is right on labelled photographs, in all and for each source.

A photograph without a found face, or that cannot be read, counts as wrong. Before:
:mod:`emotion_recognition.evaluation.photographs.looking`; next:
:mod:`emotion_recognition.evaluation.photographs.report`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_recognition.evaluation.calibration import Reliability, reliability
from emotion_recognition.evaluation.photographs.looking import Sightings
from emotion_recognition.evaluation.wilson import wilson_interval
from emotion_recognition.models.model_options import ModelOptions

_NO_OPTIONS = ModelOptions()

#: The column of the confusion matrix behind those of the classes.
NO_FACE = "no face"


@dataclass(frozen=True, eq=False)
class PhotographMetrics:
    """The figures of one classifier on some labelled photographs.

    Args:
        class_names: The classes in label order.
        confusion: int64 array (classes, classes + 1): row = label, column = prediction; the last column has the
            photographs without a face that was found, the unreadable ones among them.
        unreadable: How many of them could not be read.
        reliability: How far the probabilities of the faces that were found can be believed; None if there are none.
    """

    class_names: tuple[str, ...]
    confusion: np.ndarray
    unreadable: int
    reliability: Reliability | None

    @property
    def examples(self) -> int:
        """Number of photographs, N."""
        return int(self.confusion.sum())

    @property
    def correct(self) -> int:
        """Number of photographs whose most probable class is their label."""
        return int(self.confusion.trace())

    @property
    def without_face(self) -> int:
        """Number of photographs that could be read and have no face that was found."""
        return int(self.confusion[:, -1].sum()) - self.unreadable

    @property
    def accuracy(self) -> float:
        """Share of right predictions among all photographs, 0..1."""
        return self.correct / self.examples

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """Ends of the accuracy's 95 % Wilson interval, 0..1."""
        return wilson_interval(self.correct, self.examples)

    @property
    def recalls(self) -> np.ndarray:
        """float64 array (classes,): the share of each class's photographs that is right; NaN without any."""
        with np.errstate(invalid="ignore"):
            return self.confusion.diagonal() / self.confusion.sum(axis=1)

    @property
    def mean_recall(self) -> float:
        """The mean of the classes' recall, each class that occurs with the same weight, 0..1."""
        return float(np.nanmean(self.recalls))

    @property
    def calibration_error(self) -> float | None:
        """Expected calibration error of the faces that were found, 0..1; None if there are none."""
        return None if self.reliability is None else self.reliability.expected_error

    def to_json(self) -> dict[str, Any]:
        """All figures as JSON values; rates are 0..1."""
        labels, predicted = self.confusion.sum(axis=1), self.confusion.sum(axis=0)
        right = self.confusion.diagonal()
        return {
            "examples": self.examples,
            "correct": self.correct,
            "accuracy": self.accuracy,
            "accuracy_interval_95": list(self.accuracy_interval),
            "mean_recall": self.mean_recall,
            "expected_calibration_error": self.calibration_error,
            "without_face": self.without_face,
            "unreadable": self.unreadable,
            "classes": {
                name: {
                    "precision": int(right[i]) / int(predicted[i]) if predicted[i] else None,
                    "recall": int(right[i]) / int(labels[i]) if labels[i] else None,
                    "examples": int(labels[i]),
                }
                for i, name in enumerate(self.class_names)
            },
            "predictions": [*self.class_names, NO_FACE],
            "confusion_matrix": self.confusion.tolist(),
        }


@dataclass(frozen=True, eq=False)
class PhotographEvaluation:
    """What came out of showing labelled photographs to a detector.

    Args:
        model_names: File names of the models, without folders.
        options: What the caller said of the models beside their cards.
        sightings: What was seen.
        overall: The figures on all photographs.
        of_sources: Those on the photographs of each source, by its name.
        notes: What the reader should know, a sentence each.
    """

    model_names: tuple[str, ...]
    options: ModelOptions
    sightings: Sightings
    overall: PhotographMetrics
    of_sources: dict[str, PhotographMetrics]
    notes: tuple[str, ...]


def evaluate_photographs(
    sightings: Sightings, model_names: Sequence[str], options: ModelOptions = _NO_OPTIONS
) -> PhotographEvaluation:
    """Counts what was seen on labelled photographs.

    Args:
        sightings: From :func:`~emotion_recognition.evaluation.photographs.looking.look_at_photographs`.
        model_names: File names of the models, without folders.
        options: What the caller said of the models beside their cards.
    """
    photographs = sightings.photographs
    sources = np.array([photograph.source for photograph in photographs.photographs], dtype=object)
    return PhotographEvaluation(
        tuple(model_names),
        options,
        sightings,
        overall=measure(sightings),
        of_sources={source: measure(sightings, among=sources == source) for source in photographs.sources},
        notes=photographs.notes,
    )


def measure(
    sightings: Sightings, probabilities: np.ndarray | None = None, *, among: np.ndarray | None = None
) -> PhotographMetrics:
    """Computes the figures of some photographs.

    Args:
        sightings: What was seen.
        probabilities: float array (N, classes) in place of those of the sightings.
        among: bool array (N,): which photographs; at least one. None takes all.
    """
    names = sightings.photographs.class_names
    probabilities = sightings.probabilities if probabilities is None else probabilities
    chosen = np.ones(len(probabilities), bool) if among is None else among
    labels, found = sightings.labels, sightings.found
    predicted = np.where(found, probabilities.argmax(axis=1), len(names))
    confusion = np.zeros((len(names), len(names) + 1), np.int64)
    np.add.at(confusion, (labels[chosen], predicted[chosen]), 1)
    assert confusion.sum() == chosen.sum(), "every photograph must count exactly once"
    seen = chosen & found
    return PhotographMetrics(
        names,
        confusion,
        unreadable=sum(bool(chosen[i]) for i in sightings.unreadable),
        reliability=reliability(labels[seen], probabilities[seen]) if seen.any() else None,
    )
