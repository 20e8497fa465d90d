"""What detection in the browser needs: the networks' ONNX files, and the numbers of their cards in one JSON file.

The page's ``on-device.js`` reads it; ``tests/serving`` holds its results against those of the library.
"""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emotion_recognition.detection.drawing.palette import palette
from emotion_recognition.detection.face_detectors.face_ssd.card import read_face_ssd
from emotion_recognition.detection.face_detectors.face_ssd.close_up import CloseUpSettings
from emotion_recognition.detection.face_detectors.face_ssd.detector import CROWDING, FaceSsdDetector
from emotion_recognition.detection.face_detectors.face_ssd.refiner_file import RefinerFile, read_refiner, refiner_path
from emotion_recognition.detection.face_detectors.face_ssd.refining import LEAST_SCORE, SAME_FACE, SHARE
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.models.conventions import read_conventions
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.models.onnx_copy import read_copy
from emotion_recognition.pictures.close_up import NEARLY_WHOLE
from emotion_recognition.pictures.upright import LEAST_TURN

DESCRIPTION, DETECTOR, CLASSIFIER = "device.json", "face_ssd.onnx", "classifier.onnx"

#: The detector's second stage, which not every one has.
REFINER = "face_refiner.onnx"


def device_files(model: Path, detector: Path, options: ModelOptions | None = None) -> dict[str, bytes]:
    """The files that the page loads to detect in the browser, by name.

    Args:
        model: An emotion model with an ONNX copy that takes grey pixels 0..255.
        detector: The project's own face detector; the second stage beside it, if there is one, comes along.
        options: What the caller says of the model beside its card.

    Raises:
        ValueError: If one is of another kind.
        OSError: If a file is missing or cannot be read.
    """
    copy = read_copy(model)
    if copy is None:
        raise ValueError(f"{model} has no ONNX copy.")
    conventions = read_conventions(model, len(copy.card["class_names"]), options or ModelOptions(), card=copy.card)
    is_grey = copy.entry.channels == 1 and conventions.pixel_range == "0..255"
    if not is_grey or conventions.interpolation != "auto":
        raise ValueError(f"{model} must take grey pixels 0..255, resized as usual, to run in a browser.")
    file = read_face_ssd(detector)
    refiner = read_refiner(refiner_path(file.path))
    min_confidence = file.min_confidence if refiner is None else refiner.min_confidence
    prior = conventions.prior
    description = {
        "detector": {
            "size": file.size,
            "strides": list(file.priors.strides),
            "sizes": [list(sizes) for sizes in file.priors.sizes],
            "aspect_ratio": file.priors.aspect_ratio,
            "variances": list(file.priors.variances),
            "min_confidence": DetectionSettings.min_confidence if min_confidence is None else min_confidence,
            "max_overlap": DetectionSettings.max_overlap,
            "crowding": dataclasses.asdict(CROWDING),
            "landmarks": file.landmarks,
            "least_turn": LEAST_TURN,
            "framing": dataclasses.asdict(FaceSsdDetector.framing),
            "nearly_whole": NEARLY_WHOLE,
            "close_ups": dataclasses.asdict(CloseUpSettings()),
            "refiner": None if refiner is None else _described(refiner),
        },
        "classifier": {
            "name": model.stem,
            "image_size": copy.entry.image_size,
            "class_names": list(conventions.class_names),
            "output": conventions.output,
            "class_shares": None if prior is None else list(prior.class_shares),
            "prior_power": 0.0 if prior is None else prior.power,
            "temperature": conventions.temperature,
        },
        "colours": colours(conventions.class_names),
    }
    files = {
        DESCRIPTION: json.dumps(description).encode(),
        DETECTOR: file.content,
        CLASSIFIER: copy.content,
    }
    return files if refiner is None else {**files, REFINER: refiner.copy.content}


def _described(refiner: RefinerFile) -> dict[str, Any]:
    return {
        **dataclasses.asdict(refiner.view),
        **dataclasses.asdict(refiner.fusion),
        "landmarks": refiner.landmarks,
        "least_score": LEAST_SCORE,
        "share": SHARE,
        "same_face": SAME_FACE,
    }


def colours(class_names: Sequence[str]) -> dict[str, str]:
    """A colour for each emotion as the page writes it.

    Example:
        >>> colours(("happy",))
        {'happy': '#fac428'}
    """
    return {name: f"#{red:02x}{green:02x}{blue:02x}" for name, (blue, green, red) in palette(class_names).items()}
