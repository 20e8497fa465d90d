"""Saves a trained face detector so that its scores are probabilities, with its figures on ``val`` in its card.

A network, its card and the validation pictures come in; the model file, its card and its ONNX copy go out, and what was
measured. Next: a person reads it, and detection runs the copy.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.evaluation.face_detection.coco import CocoFigures, evaluate_with_coco
from emotion_recognition.evaluation.face_detection.score_calibration import ScoreCalibration, fit_scores
from emotion_recognition.evaluation.face_detection.split_score import FoundFace, card_figures, score_split
from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.face_ssd.export import export_face_ssd
from emotion_recognition.models.face_ssd.network import calibrate_scores
from emotion_recognition.models.files import save_network
from emotion_recognition.models.precision import with_precision

#: From an ONNX file to what finds the faces of a BGR uint8 picture (height, width, 3), those of low scores too.
OpenCopy = Callable[[Path], Callable[[np.ndarray], Sequence[FoundFace]]]


@dataclass(frozen=True)
class SavedDetector:
    """What was measured of a detector as it was saved.

    Args:
        metrics: Its figures on ``val``, as the card has them.
        calibration: What its logits were changed by; None where they were not.
        why_uncalibrated: In words; empty where they were.
    """

    metrics: dict[str, float]
    calibration: ScoreCalibration | None
    why_uncalibrated: str = ""


def save_calibrated(
    network: keras.Model,
    path: Path,
    card: Mapping[str, Any],
    val: FaceSplit,
    *,
    open_copy: OpenCopy,
    confidence: float,
) -> SavedDetector:
    """Saves the detector, measures the copy that is detected with, and changes the scores to probabilities.

    A detector whose scores cannot be calibrated, because it finds nothing yet or has far too few pictures to be
    measured on, is saved as it is: that is no reason to lose what it has learned.

    Args:
        network: A trained one; it stays as it is.
        path: The ``.keras`` file to write; its card and its ONNX copy lie beside it.
        card: Its card without figures.
        val: Pictures to measure on, with at least one face that counts.
        open_copy: Opens the copy.
        confidence: The lowest score that counts for precision and recall.

    Raises:
        ValueError: If OpenCV does not run the copy as Keras runs the network, or ``val`` has no face that counts.
        OSError: If a file cannot be written.
    """
    released = with_precision(network, "float32")

    def measured() -> CocoFigures:
        save_network(released, path)
        write_card(path, card)
        return evaluate_with_coco(score_split(val, open_copy(export_face_ssd(path))))

    figures, calibration, why = measured(), None, ""
    try:
        calibration = fit_scores(figures.matches)
    except ValueError as error:
        why = str(error)
    if calibration is not None:
        calibrate_scores(released, calibration.slope, calibration.intercept)
        figures = measured()
    metrics = card_figures(figures, confidence)
    entries = {
        "metrics": {"val": metrics},
        "score_calibration": None if calibration is None else asdict(calibration),
    }
    # Read anew: the export has put the copy's SHA-256 into it.
    write_card(path, {**(read_card(path) or card), **entries})
    return SavedDetector(metrics, calibration, why)
