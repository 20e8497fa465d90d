"""Schedules, callbacks, one stage of fitting, staged runs.

Importing this package imports nothing else; each name is imported on first use.
"""

from typing import TYPE_CHECKING

from emotion_recognition.lazy_names import lazy_names

if TYPE_CHECKING:
    from emotion_recognition.training.face_ssd.settings import FaceStageSettings as FaceStageSettings
    from emotion_recognition.training.face_ssd.stage import fit_face_stage as fit_face_stage
    from emotion_recognition.training.face_ssd.start import FaceStart as FaceStart
    from emotion_recognition.training.face_ssd.start import open_face_start as open_face_start
    from emotion_recognition.training.recipes import RECIPES as RECIPES
    from emotion_recognition.training.run import TrainingRun as TrainingRun
    from emotion_recognition.training.settings import StageSettings as StageSettings
    from emotion_recognition.training.stage import fit_stage as fit_stage
    from emotion_recognition.training.stages import RunResult as RunResult
    from emotion_recognition.training.stages import fit_stages as fit_stages
    from emotion_recognition.training.start import Start as Start
    from emotion_recognition.training.start import open_start as open_start

_HOMES = {
    "StageSettings": "training.settings",
    "RECIPES": "training.recipes",
    "Start": "training.start",
    "open_start": "training.start",
    "TrainingRun": "training.run",
    "fit_stage": "training.stage",
    "fit_stages": "training.stages",
    "RunResult": "training.stages",
    "FaceStageSettings": "training.face_ssd.settings",
    "FaceStart": "training.face_ssd.start",
    "open_face_start": "training.face_ssd.start",
    "fit_face_stage": "training.face_ssd.stage",
}
__all__ = list(_HOMES)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
