"""What must be the same in every process, and on every machine, for the rows of a collection to belong together."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.detection.detector_plan import DetectorPlan
from emotion_recognition.detection.face_detectors.face_ssd.refiner_file import refiner_path
from emotion_recognition.models.card import sha256_of
from emotion_recognition.models.onnx_copy import copy_path
from emotion_recognition.models.runtimes.registry import row_of
from emotion_recognition.workspace import beside

if TYPE_CHECKING:
    from emotion_recognition.detection.emotion_detector import EmotionDetector

#: Hexadecimal digits of a hash that the tables show: enough to tell models apart, short enough to read.
_DIGITS = 16


@dataclass(frozen=True)
class Fingerprint:
    """Hashes, 16 hexadecimal digits each.

    Args:
        model: Of the models' files and cards, and of what the caller says of them.
        detector: Of the face detector's files, its second stage's included, its size and its settings.
    """

    model: str
    detector: str


def fingerprint_of(plan: DetectorPlan, opened: "EmotionDetector") -> Fingerprint:
    """The hashes of a detector.

    Args:
        plan: What it was opened by.
        opened: The detector.
    """
    model = hashlib.sha256()
    for path in plan.models:
        copy = copy_path(path)
        for part in (copy if copy.is_file() else path, _card_of(path)):
            model.update(_hash_of(part).encode())
    # What "auto" is here, which may be something else elsewhere.
    runtime = row_of(plan.runtime).name
    options = [plan.num_emotions, plan.classes, asdict(plan.options), plan.mirrored, plan.embeddings, runtime]
    model.update(json.dumps(options).encode())
    finder = opened.face_detector
    files = [finder.description]
    if finder.path is not None:
        second = refiner_path(finder.path)
        files = [_hash_of(part) for part in (finder.path, _card_of(finder.path), second, _card_of(second))]
    detector = json.dumps([finder.name, files, plan.detector_size, plan.any_direction, asdict(finder.settings)])
    return Fingerprint(model.hexdigest()[:_DIGITS], hashlib.sha256(detector.encode()).hexdigest()[:_DIGITS])


def _card_of(path: Path) -> Path:
    return beside(path, ".json")


def _hash_of(path: Path) -> str:
    return sha256_of(path) if path.is_file() else ""
