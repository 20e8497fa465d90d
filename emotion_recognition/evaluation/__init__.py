"""Predictions -> metrics -> report.

Importing this package imports nothing else; each name is imported on first use.
"""

from typing import TYPE_CHECKING

from emotion_recognition.lazy_names import lazy_names

if TYPE_CHECKING:
    from emotion_recognition.evaluation.calibration import Reliability as Reliability
    from emotion_recognition.evaluation.calibration import fit_temperature as fit_temperature
    from emotion_recognition.evaluation.calibration import reliability as reliability
    from emotion_recognition.evaluation.ensemble import Ensemble as Ensemble
    from emotion_recognition.evaluation.ensemble import EnsemblePredictions as EnsemblePredictions
    from emotion_recognition.evaluation.evaluate import Evaluation as Evaluation
    from emotion_recognition.evaluation.face_detection.figures import DetectorFigures as DetectorFigures
    from emotion_recognition.evaluation.face_detection.figures import evaluate_detector as evaluate_detector
    from emotion_recognition.evaluation.metrics import ClassMetrics as ClassMetrics
    from emotion_recognition.evaluation.metrics import Metrics as Metrics
    from emotion_recognition.evaluation.metrics import compute_metrics as compute_metrics
    from emotion_recognition.evaluation.photographs.evaluate import PhotographEvaluation as PhotographEvaluation
    from emotion_recognition.evaluation.photographs.evaluate import evaluate_photographs as evaluate_photographs
    from emotion_recognition.evaluation.photographs.labelled import Photographs as Photographs
    from emotion_recognition.evaluation.photographs.labelled import read_photographs as read_photographs
    from emotion_recognition.evaluation.photographs.looking import look_at_photographs as look_at_photographs
    from emotion_recognition.evaluation.prediction_settings import PredictionSettings as PredictionSettings
    from emotion_recognition.evaluation.report import to_json as to_json
    from emotion_recognition.evaluation.report import to_text as to_text

_HOMES = {
    "Ensemble": "evaluation.ensemble",
    "EnsemblePredictions": "evaluation.ensemble",
    "Evaluation": "evaluation.evaluate",
    "PredictionSettings": "evaluation.prediction_settings",
    "to_text": "evaluation.report",
    "to_json": "evaluation.report",
    "compute_metrics": "evaluation.metrics",
    "Metrics": "evaluation.metrics",
    "ClassMetrics": "evaluation.metrics",
    "reliability": "evaluation.calibration",
    "Reliability": "evaluation.calibration",
    "fit_temperature": "evaluation.calibration",
    "read_photographs": "evaluation.photographs.labelled",
    "Photographs": "evaluation.photographs.labelled",
    "look_at_photographs": "evaluation.photographs.looking",
    "evaluate_photographs": "evaluation.photographs.evaluate",
    "PhotographEvaluation": "evaluation.photographs.evaluate",
    "evaluate_detector": "evaluation.face_detection.figures",
    "DetectorFigures": "evaluation.face_detection.figures",
}
__all__ = list(_HOMES)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
