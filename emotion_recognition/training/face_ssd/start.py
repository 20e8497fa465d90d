"""What a stage of training the face detector starts from: a new network, or a trained one and its history."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation
from emotion_recognition.data.face_pictures.batches import FaceBatches
from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.error_about import about
from emotion_recognition.models.card import is_number, shortened
from emotion_recognition.models.face_ssd.files import load_face_ssd
from emotion_recognition.models.face_ssd.network import calibrate_scores, face_ssd, with_landmarks
from emotion_recognition.models.face_ssd.priors import NETWORK, PriorSettings, choose_priors, has_landmarks
from emotion_recognition.models.precision import with_precision
from emotion_recognition.training.compiling import fuses_normalization
from emotion_recognition.training.face_ssd.settings import FaceStageSettings
from emotion_recognition.training.face_ssd.stage import COLUMNS
from emotion_recognition.training.log_file import read_log
from emotion_recognition.training.run import log_path
from emotion_recognition.training.stage import STAGE_RATIO
from emotion_recognition.training.start import Start

#: Views whose faces the prior boxes are chosen by.
_VIEWS_FOR_PRIORS = 640

#: What a card's calibration may change the logits by.
_LEAST_SLOPE, _MOST_SLOPE = 1e-3, 1e3


@dataclass(frozen=True, eq=False)
class FaceStart:
    """A network that is ready to be fitted, and its prior boxes.

    Args:
        start: The network, its learning rate and its history.
        priors: What its outputs speak of.
    """

    start: Start
    priors: PriorSettings


def open_face_start(
    train: FaceSplit, settings: FaceStageSettings, *, input_model: Path | None = None, lower_rate: bool = False
) -> FaceStart:
    """Builds a new network with prior boxes that suit the pictures, or loads a trained one.

    Args:
        train: The pictures to learn from.
        settings: Of the stage: learning rate, precision, views, and the seed that a new network's weights are drawn
            from.
        input_model: File of a trained detector to continue from; None for a new network.
        lower_rate: Whether a trained detector is trained at a tenth of its last stage's learning rate, not at
            the settings'.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If it is none of this kind, or its learning rate is unknown.
    """
    keras.utils.set_random_seed(settings.seed)
    rate = settings.learning_rate
    if input_model is None:
        priors = choose_priors(face_sizes(train, settings))
        network = face_ssd(priors, landmarks=train.landmarks is not None)
        text = f"New network {NETWORK} with {network.count_params():,} parameters; learning rate {rate:g}"
        start = Start(network, NETWORK, rate, text)
    else:
        network, card, priors = load_face_ssd(input_model)
        undo_calibration(network, card)
        if train.landmarks is not None and not has_landmarks(card):
            network = with_landmarks(network, priors)
        elif train.landmarks is None and has_landmarks(card):
            text = f"{input_model} finds landmarks, but the training pictures have none to learn from."
            raise about(ValueError(text), "face_landmarks")
        stages = list(card.get("stages", []))
        if lower_rate:
            if not stages:
                text = f"The card of {input_model} tells of no stage, so its learning rate is unknown; give one"
                raise about(ValueError(text), "learning_rate")
            own = stages[-1].get("learning_rate")
            if not is_number(own, 0, 10):
                text = f"The card of {input_model} must state a learning_rate. Received: {shortened(own)}"
                raise about(ValueError(text), "learning_rate")
            rate = float(own) / STAGE_RATIO
        rows = read_log(log_path(input_model), COLUMNS)
        rows = [row for row in rows if row["stage"] <= len(stages)]
        text = f"Input model {input_model}; learning rate {rate:g}"
        start = Start(network, NETWORK, rate, text, input_model.name, False, stages, rows)
    policy = "mixed_bfloat16" if settings.mixed_precision else "float32"
    trained = with_precision(start.network, policy, fused_normalization=fuses_normalization())
    return FaceStart(replace(start, network=trained), priors)


def undo_calibration(network: keras.Model, card: Mapping[str, Any]) -> None:
    """Gives a saved detector the logits back that it was trained with, which the loss expects.

    Args:
        network: The detector as saved.
        card: Its card; one without calibration leaves the network as it is.

    Raises:
        ValueError: If the card's calibration is none.
    """
    calibration = card.get("score_calibration")
    if calibration:
        numbers = calibration if isinstance(calibration, dict) else {}
        slope, intercept = numbers.get("slope"), numbers.get("intercept")
        if not is_number(slope, _LEAST_SLOPE, _MOST_SLOPE) or not is_number(intercept, -_MOST_SLOPE, _MOST_SLOPE):
            raise ValueError(
                f"The card's score_calibration must have a slope, {_LEAST_SLOPE:g}..{_MOST_SLOPE:g}, and an intercept. "
                f"Received: {shortened(calibration)}"
            )
        calibrate_scores(network, 1 / slope, -intercept / slope)


def face_sizes(train: FaceSplit, settings: FaceStageSettings) -> np.ndarray:
    """The widths and heights of faces as training shows them, pixels of the input, float array (N, 2).

    Where the settings have no random changes, the usual ones stand in.

    Raises:
        ValueError: If the views show no face.
    """
    seen: list[np.ndarray] = []

    def remember(faces: np.ndarray, ignored: np.ndarray) -> np.ndarray:
        seen.append((faces[:, 2:] - faces[:, :2])[~ignored])
        return np.zeros(1)

    views = FaceBatches(
        train,
        remember,
        size=settings.size,
        batch_size=settings.batch_size,
        augmentation=settings.augmentation or FaceAugmentation(),
        seed=settings.seed,
    )
    for step in range(min(len(views), -(-_VIEWS_FOR_PRIORS // settings.batch_size))):
        views[step]
    sizes = np.concatenate(seen)
    if not len(sizes):
        raise ValueError("The training pictures show no face that is large enough to learn from.")
    return sizes
