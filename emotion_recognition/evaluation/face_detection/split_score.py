"""Shows the pictures of a split to a detector and keeps what it finds beside what is true."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.evaluation.face_detection.coco import CocoFigures
from emotion_recognition.evaluation.face_detection.scored_picture import ScoredPicture


class FoundFace(Protocol):
    """What a detector says of a face."""

    @property
    def box(self) -> tuple[int, int, int, int]:
        """x, y, width and height in pixels."""

    @property
    def score(self) -> float:
        """The detector's confidence, 0..1."""


def score_split(split: FaceSplit, detect: Callable[[np.ndarray], Sequence[FoundFace]]) -> list[ScoredPicture]:
    """Runs a detector on every picture.

    Args:
        split: The pictures.
        detect: From a BGR uint8 picture (height, width, 3) to the faces in it.

    Raises:
        ValueError: If a picture is broken.
    """
    pictures = []
    for i in range(len(split)):
        found = detect(split.image(i))
        pictures.append(
            ScoredPicture.of(split.boxes_of(i), [f.box for f in found], [f.score for f in found], split.ignored_of(i))
        )
    return pictures


def card_figures(figures: CocoFigures, confidence: float) -> dict[str, float]:
    """What a card says of a detector on a split, as JSON values.

    Args:
        figures: Its figures.
        confidence: The lowest score that counts for precision and recall.
    """
    counts = figures.matches.counts(confidence)
    return {
        "average_precision_50": round(figures.at_half, 4),
        "average_precision_50_95": round(figures.at_half_to_95, 4),
        "confidence": confidence,
        "precision": round(counts.precision, 4),
        "recall": round(counts.recall, 4),
    }
