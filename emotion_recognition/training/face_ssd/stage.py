"""One stage of training the face detector: the network is fitted to views of the training pictures.

Before: the pictures' HDF5 splits; next: a saved detector, measured on ``val``.
"""

import functools
from collections.abc import Sequence
from dataclasses import asdict

import keras
import numpy as np
from keras import layers

from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation
from emotion_recognition.data.face_pictures.batches import FaceBatches
from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.error_about import about
from emotion_recognition.models.face_ssd.priors import (
    LANDMARK_OUTPUTS_PER_BOX,
    OUTPUTS_PER_BOX,
    PriorSettings,
    make_priors,
)
from emotion_recognition.training.compiling import build_optimizer
from emotion_recognition.training.devices import device_count
from emotion_recognition.training.face_ssd.loss import FaceSsdLoss
from emotion_recognition.training.face_ssd.matching import match
from emotion_recognition.training.face_ssd.settings import FaceStageSettings
from emotion_recognition.training.jit import jit_choice
from emotion_recognition.training.resumable_fit import StageResult, fit_resumably
from emotion_recognition.training.resume_point import contents
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.schedules import schedule

COLUMNS = ("stage", "epoch", "learning_rate", "loss", "val_loss", "seconds")

_VALIDATION_BATCH_SIZE = 25


def fit_face_stage(
    network: keras.Model,
    train: FaceSplit,
    val: FaceSplit,
    settings: FaceStageSettings,
    run: TrainingRun,
    *,
    priors: PriorSettings,
) -> StageResult:
    """Fits a network and leaves it with the weights of its best epoch by validation loss, or of its last one.

    Args:
        network: As :func:`~emotion_recognition.models.face_ssd.network.face_ssd` builds it.
        train: Pictures to learn from.
        val: Pictures to choose the epoch by.
        settings: What decides the result.
        run: Where the log and the state are written, what came before. The file of the state stays when the stage is
            done.
        priors: The network's prior boxes.

    Raises:
        FileNotFoundError: If there is nothing to resume.
        ValueError: If the unfinished run had other settings, or training diverged; or several devices are to share a
            batch on TensorFlow, where none knows how many faces the others have.
    """
    if device_count() > 1 and keras.backend.backend() == "tensorflow":
        message = f"devices must be 1 for a face detector on TensorFlow; use JAX. Received: {device_count()}"
        raise about(ValueError(message), "devices")
    keras.utils.set_random_seed(settings.seed)
    trainee = with_rows(network, settings.size, len(priors.strides))
    landmarks = len(network.outputs) > len(priors.strides)
    steps = settings.epochs * -(-len(train) // settings.batch_size)
    trainee.compile(
        optimizer=build_optimizer(settings, schedule(settings.schedule, settings.learning_rate, steps)),
        loss=FaceSsdLoss(
            priors,
            settings.size,
            alpha=settings.alpha,
            gamma=settings.gamma,
            box_weight=settings.box_weight,
            landmark_weight=settings.landmark_weight,
        ),
        jit_compile=jit_choice(),
    )
    trainee.optimizer.build(trainee.trainable_variables)
    facts = {**asdict(settings), "priors": asdict(priors), "data": train.source_sha256, **contents(train, val)}
    return fit_resumably(
        trainee,
        functools.partial(
            _batches, train, priors, settings, settings.augmentation, settings.batch_size, landmarks=landmarks
        ),
        settings,
        facts=facts,
        run=run,
        columns=COLUMNS,
        validation_data=_batches(val, priors, settings, None, _VALIDATION_BATCH_SIZE, landmarks=landmarks),
    )


def with_rows(network: keras.Model, size: int, maps: int | None = None) -> keras.Model:
    """Returns a network that shares all layers and puts its outputs in one tensor, a row for each prior box.

    Args:
        network: Fully convolutional, one output a feature map, then maybe one more of each for landmarks.
        size: Height and width of the input in pixels.
        maps: How many feature maps there are; None where there are no landmarks.

    Returns:
        From (N, size, size, 3) to (N, P, 5), with landmarks (N, P, 15).
    """
    maps = len(network.outputs) if maps is None else maps
    pixels = keras.Input((size, size, 3), name="pixels")
    outputs = network(pixels)
    rows = _rows(outputs[:maps], OUTPUTS_PER_BOX)
    if len(outputs) > maps:
        landmarks = _rows(outputs[maps:], LANDMARK_OUTPUTS_PER_BOX)
        rows = layers.Concatenate(axis=2, dtype="float32")([rows, landmarks])
    return keras.Model(pixels, rows, name=network.name)


def _rows(outputs: Sequence[keras.KerasTensor], numbers: int) -> keras.KerasTensor:
    """Outputs (N, H, W, numbers × boxes) of several maps -> (N, P, numbers)."""
    rows = [layers.Reshape((-1, numbers), dtype="float32")(output) for output in outputs]
    return layers.Concatenate(axis=1, dtype="float32")(rows)


def _batches(
    split: FaceSplit,
    priors: PriorSettings,
    settings: FaceStageSettings,
    augmentation: FaceAugmentation | None,
    batch_size: int,
    first_epoch: int = 0,
    *,
    landmarks: bool,
) -> FaceBatches:
    boxes = make_priors(settings.size, settings.size, priors)
    corners = np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], axis=1)
    return FaceBatches(
        split,
        lambda faces, ignored, points=None: match(faces, ignored, corners, settings.matching, points),
        size=settings.size,
        batch_size=batch_size,
        augmentation=augmentation,
        seed=settings.seed,
        first_epoch=first_epoch,
        with_landmarks=landmarks,
    )
