"""What a run of training the second stage leaves: the model, its card with figures on ``val``, its ONNX copy.

Before: :func:`~emotion_recognition.training.stages.fit_stages`; next: detection runs the copy beside the detector's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.detection.face_detectors.face_ssd.refining import face_views
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.evaluation.face_detection.coco import evaluate_with_coco
from emotion_recognition.evaluation.face_detection.fusing import fit_fusion
from emotion_recognition.evaluation.face_detection.scored_picture import LOWEST_CONFIDENCE
from emotion_recognition.evaluation.face_detection.split_score import card_figures, score_split
from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.export_formats.onnx import write_copy
from emotion_recognition.models.face_refiner.fusion import Fusion
from emotion_recognition.models.face_refiner.outputs import NETWORK, FaceView, decode
from emotion_recognition.models.face_ssd.priors import LANDMARKS
from emotion_recognition.models.files import save_network
from emotion_recognition.models.onnx_copy import copy_path
from emotion_recognition.models.onnx_network import OnnxNetwork
from emotion_recognition.models.precision import with_precision
from emotion_recognition.pictures.overlap import corners_of, overlaps
from emotion_recognition.training.face_refiner.start import load_refiner
from emotion_recognition.training.face_ssd.run_card import data_entry
from emotion_recognition.training.face_ssd.saving import CardNotes
from emotion_recognition.training.run_card import package_versions

#: How far an output of the copy may be from the network's own.
TOLERANCE = 1e-3

#: The first stage's score from which on boxes decide the fusion: about those that are looked at again in use. With
#: those from 0.01 on it trusts the second stage too much, and takes away faces that shout or weep.
_FUSED_FROM = 0.05

#: A box that overlaps a true one by at least this is a face.
_SAME_FACE = 0.5


#: Leaves the detector's scores as they are.
FIRST_STAGE_ALONE = Fusion(1.0, 0.0, 0.0)


@dataclass(frozen=True)
class SavedRefiner:
    """What was measured of a second stage as it was saved.

    Args:
        metrics: The detector's figures on ``val`` with both stages, as the card has them.
        why_not_fused: Why the scores are those of the first stage, in words; empty where they are those of both.
    """

    metrics: dict[str, float]
    why_not_fused: str = ""


def save_trained_refiner(
    network: keras.Model,
    path: Path,
    first: Path,
    view: FaceView,
    train: FaceSplit,
    val: FaceSplit,
    entries: Sequence[dict[str, Any]],
    notes: CardNotes,
    more: Mapping[str, Any] | None = None,
) -> SavedRefiner:
    """Saves the second stage with its ONNX copy and its card, which says how its logits and the detector's scores fuse.

    Where nothing can be fitted, because ``val`` has far too few pictures or the detector finds nothing yet, its scores
    stay as they are: that is no reason to lose what was learned.

    Args:
        network: A trained one; it stays as it is.
        path: The ``.keras`` file to write.
        first: The detector that it belongs to.
        view: What it sees.
        train: Pictures it learned from.
        val: Pictures to fit the fusion to and to measure on, with at least one face that counts.
        entries: All stages' entries, earliest first.
        notes: What a person adds to the card.
        more: What the card says of other data that it learned from.

    Returns:
        What was measured.

    Raises:
        ValueError: If OpenCV does not run the copy as Keras runs the network.
        OSError: If a file cannot be written.
    """
    released = with_precision(network, "float32")
    card = {
        "network": NETWORK,
        **notes.to_card(),
        "class_names": ["face"],
        "input": {"size": view.size, "channels": 3, "pixels": "0..255", "colour": "BGR"},
        **view.to_card(),
        **({"landmarks": LANDMARKS} if train.landmarks is not None else {}),
        "detector": first.name,
        "parameters": released.count_params(),
        "stages": list(entries),
        "data": {split.split: data_entry(split) for split in (train, val)} | dict(more or {}),
        "versions": package_versions(),
    }
    save_network(released, path)
    write_card(path, card)
    write_copy(path, released, ["face"], copy_path(path), tolerance=TOLERANCE)
    fusion, why = FIRST_STAGE_ALONE, ""
    try:
        fusion = _fused(path, first, view, val)
    except ValueError as error:
        why = str(error)
    write_card(path, {**(read_card(path) or card), **fusion.to_card()})
    detector = FaceSsdDetector(first, DetectionSettings(min_confidence=LOWEST_CONFIDENCE), second_stage=path)
    confidence = DetectionSettings().min_confidence if notes.confidence is None else notes.confidence
    metrics = card_figures(evaluate_with_coco(score_split(val, detector.detect)), confidence)
    write_card(path, {**(read_card(path) or card), "metrics": {"val": metrics}})
    return SavedRefiner(metrics, why)


def export_refiner(path: Path) -> Path:
    """Writes the ONNX copy of a trained second stage again.

    Args:
        path: The ``.keras`` file; its card lies beside it and gets the copy's SHA-256.

    Returns:
        The ONNX file.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If it is none of this kind, or OpenCV does not run the copy as Keras runs the network.
        OSError: If the copy cannot be written.
    """
    network, _ = load_refiner(path)
    write_copy(path, network, ["face"], copy_path(path), tolerance=TOLERANCE)
    return copy_path(path)


def _fused(path: Path, first_stage: Path, view: FaceView, val: FaceSplit) -> Fusion:
    detector = FaceSsdDetector(first_stage, second_stage=False)
    network = OnnxNetwork(copy_path(path).read_bytes(), str(copy_path(path)))
    first, second, is_face = [], [], []
    for i in range(len(val)):
        image = val.image(i)
        true = corners_of(val.boxes_of(i)[~val.ignored_of(i)])
        for size in (detector.size, 2 * detector.size):  # both are in use
            found = detector.propose(image, size, _FUSED_FROM)
            if found:
                boxes = np.array([face.box for face in found], np.float64)
                logits, better, _ = decode(network(face_views(image, boxes, view)), boxes, view)
                first += [face.score for face in found]
                second += logits.tolist()
                is_face += (overlaps(corners_of(better), true).max(axis=1, initial=0.0) >= _SAME_FACE).tolist()
    return fit_fusion(np.array(first), np.array(second), np.array(is_face, bool))
