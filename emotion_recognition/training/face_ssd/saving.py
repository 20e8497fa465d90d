"""What a run of training the face detector leaves: the model, its card with figures on ``val``, its ONNX copy.

Before: :func:`~emotion_recognition.training.stages.fit_stages`; next: detection runs the copy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.error_about import about
from emotion_recognition.evaluation.face_detection.calibrated_saving import SavedDetector, save_calibrated
from emotion_recognition.evaluation.face_detection.scored_picture import LOWEST_CONFIDENCE
from emotion_recognition.pictures.faces import Face
from emotion_recognition.training.face_ssd.run_card import face_card
from emotion_recognition.training.face_ssd.start import FaceStart
from emotion_recognition.training.stages import RunResult


@dataclass(frozen=True)
class CardNotes:
    """What a person adds to a detector's card.

    Args:
        note: What else a user of the model should know, for instance on what terms the pictures were had.
        confidence: The lowest score of a face that the card states, 0..1; None for detection's own default.

    Raises:
        ValueError: If no detector could be opened with that score.
    """

    note: str | None = None
    confidence: float | None = None

    def __post_init__(self) -> None:
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            message = f"card_confidence must be within 0..1. Received: {self.confidence}"
            raise about(ValueError(message), "card_confidence")

    def to_card(self) -> dict[str, Any]:
        """The card's part, without what was not said."""
        said = {"note": self.note, "min_confidence": self.confidence}
        return {key: value for key, value in said.items() if value is not None}


def save_trained_detector(
    begin: FaceStart, path: Path, train: FaceSplit, val: FaceSplit, done: RunResult, notes: CardNotes
) -> SavedDetector:
    """Saves the detector with calibrated scores, its card and its ONNX copy.

    Args:
        begin: What the run started from; its network has been fitted.
        path: The ``.keras`` file to write.
        train: Pictures it learned from.
        val: Pictures its epochs were chosen by, with at least one face that counts.
        done: What came out of the run so far.
        notes: What a person adds to the card.

    Raises:
        ValueError: If OpenCV does not run the copy as Keras runs the network.
        OSError: If a file cannot be written.
    """
    network, size = begin.start.network, int(done.entries[-1]["size"])
    card = face_card(
        network, begin.priors, size, train, val, done.entries, note=notes.note, min_confidence=notes.confidence
    )
    confidence = DetectionSettings().min_confidence if notes.confidence is None else notes.confidence
    return save_calibrated(network, path, card, val, open_copy=_open_copy, confidence=confidence)


def _open_copy(path: Path) -> Callable[[np.ndarray], list[Face]]:
    return FaceSsdDetector(path, DetectionSettings(min_confidence=LOWEST_CONFIDENCE)).detect
