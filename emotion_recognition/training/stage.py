"""One stage of training: a network is fitted to the training split at one learning rate, or along one schedule.

Stage before: HDF5 splits; next: :mod:`emotion_recognition.training.stages` strings stages together.
"""

import functools
from dataclasses import asdict, replace
from typing import Any

import keras
import numpy as np

from emotion_recognition.data.batches.balance import class_balanced
from emotion_recognition.data.batches.batches import TrainingBatches
from emotion_recognition.data.batches.targets import one_hot, training_targets
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.error_about import about
from emotion_recognition.models.networks.centre_crop import centre_crop_of
from emotion_recognition.training.clean_statistics import clean_where_better
from emotion_recognition.training.compiling import compile_for_saving, compile_network
from emotion_recognition.training.distillation import Teacher, check_teacher
from emotion_recognition.training.extra_heads import ExtraHeads, join_heads, with_extra_heads
from emotion_recognition.training.freezing import frozen
from emotion_recognition.training.resumable_fit import StageResult, fit_resumably
from emotion_recognition.training.resume_point import contents
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.training.teacher_views import ViewsTeacher
from emotion_recognition.training.trainee import trainee_of
from emotion_recognition.workspace import FER2013

#: What the learning rate is divided by from stage to stage.
STAGE_RATIO = 10.0

_VALIDATION_BATCH_SIZE = 256


def next_learning_rate(network: keras.Model, optimizer: str) -> tuple[float, float]:
    """The learning rate that a trained network was fitted with, and a tenth of it for the next stage.

    Args:
        network: The network as loaded from its file.
        optimizer: The next stage's, "adam" or "sgd"; learning rates of different optimizers cannot be compared.

    Raises:
        ValueError: If the network was saved without its optimizer, with another one, or with a schedule in place of
            a learning rate.
    """
    stored = getattr(network, "optimizer", None)
    if stored is None:
        text = "The input model was saved without its optimizer, so its learning rate is unknown; give one"
        raise about(ValueError(text), "learning_rate")
    if type(stored).__name__.lower() != optimizer:
        text = (
            f"The input model was trained with {type(stored).__name__}, whose learning rate says nothing about "
            f"{optimizer}'s; give one, or the same optimizer"
        )
        raise about(ValueError(text), "learning_rate", "optimizer")
    rate = stored.get_config()["learning_rate"]
    if not isinstance(rate, float):
        text = "The input model was trained with a schedule, not with one learning rate; give one"
        raise about(ValueError(text), "learning_rate")
    # Keras stores the learning rate as float32: 0.001 comes back as 0.0010000000475.
    own = float(f"{rate:.6g}")
    return own, own / STAGE_RATIO


def fit_stage(
    network: keras.Model,
    train: Split,
    val: Split,
    settings: StageSettings,
    run: TrainingRun,
    *,
    teacher: Teacher | ViewsTeacher | None = None,
) -> StageResult:
    """Fits a network and leaves it with the weights of its best epoch by validation loss, or of its last one.

    Args:
        network: Takes pixels (N, height, width, channels), 0..255, and gives probabilities. It is compiled here.
        train: Split to learn from.
        val: Split to choose the epoch by.
        settings: What decides the result.
        run: Where the log and the state are written, what came before. The file of the state stays when the stage is
            done; see :func:`~emotion_recognition.training.stages.fit_stages`.
        teacher: What other models say of the training images, or models that are asked about each view of them, learned
            beside the labels; the settings have its weight.

    Raises:
        FileNotFoundError: If there is nothing to resume.
        ValueError: If the unfinished run had other settings, or training diverged; if it freezes more layers than
            there are; a teacher has no weight, or a weight no teacher; or images without labels are to be added to
            training images that are streamed or balanced.
    """
    _check(train, settings, teacher)
    views = teacher if isinstance(teacher, ViewsTeacher) else None
    keras.utils.set_random_seed(settings.seed)
    heads = ExtraHeads(settings.votes_weight, settings.ferplus_weight)
    bare = with_extra_heads(network, heads) if heads else network
    trainee = trainee_of(bare, settings, centre_crop_of(network), views)
    facts = {**asdict(settings), "data": train.source_sha256, "votes_data": train.votes_sha256, **contents(train, val)}
    teachers = [asdict(model) for model in teacher.models] if teacher is not None else []
    facts |= {"teachers": teachers, "unlabelled": None if views is None else views.unlabelled_sha256}
    shown = len(train) + (0 if views is None or views.unlabelled is None else len(views.unlabelled))
    if train.labels_from != FER2013:
        facts["labels"] = train.labels_from
    with frozen(network, settings.freeze):
        steps = settings.epochs * -(-shown // settings.batch_size)
        compile_network(trainee, settings, network.output_shape[-1], steps)
        result = fit_resumably(
            trainee,
            functools.partial(_batches, train, settings, teacher),
            settings,
            facts=facts,
            run=run,
            validation_data=(val.images, one_hot(val.labels, len(val.class_names), trainee.output_shape[-1])),
            validation_batch_size=_VALIDATION_BATCH_SIZE,
        )
        if settings.ferplus_share:
            join_heads(network, bare, settings.ferplus_share)
        more: dict[str, Any] = {}
        if settings.clean_statistics:
            cleaned = clean_where_better(network, train.images, val, settings.seed, progress=run.verbose > 0)
            more |= {} if cleaned is None else {"statistics": "clean" if cleaned else "moving"}
    compile_for_saving(network, settings)
    if not teachers:
        return replace(result, more=more)
    more["teachers"] = teachers
    if views is not None and views.unlabelled is not None:
        more["unlabelled"] = {"images": len(views.unlabelled), "sha256": views.unlabelled_sha256}
    return replace(result, more=more)


def _check(train: Split, settings: StageSettings, teacher: Teacher | ViewsTeacher | None) -> None:
    check_teacher(settings, teacher)
    if settings.teacher_views != isinstance(teacher, ViewsTeacher):
        message = "teacher_views needs a teacher that is asked about views, and such a teacher needs teacher_views."
        raise about(ValueError(message), "teacher_views")
    if not isinstance(teacher, ViewsTeacher) or teacher.unlabelled is None:
        return
    if settings.balance != "none":
        message = f"balance must be none with images without labels. Received: {settings.balance!r}"
        raise about(ValueError(message), "balance", "unlabelled")
    if isinstance(train.images, np.memmap):
        message = "Images without labels are added to training images in memory only, and these stay in their file."
        raise about(ValueError(message), "stream_above", "unlabelled")


def _batches(
    train: Split, settings: StageSettings, teacher: Teacher | ViewsTeacher | None, first_epoch: int
) -> TrainingBatches:
    balanced = None if settings.balance == "none" else class_balanced(train.labels)
    images = train.images
    targets = training_targets(
        train,
        label_smoothing=settings.label_smoothing,
        votes=bool(settings.votes_weight),
        ferplus=bool(settings.ferplus_weight),
    )
    if isinstance(teacher, Teacher):
        targets = teacher.mixed_into(targets, settings)
    elif teacher is not None and teacher.unlabelled is not None:
        images = np.concatenate([images, teacher.unlabelled])
        targets = np.pad(targets, ((0, len(teacher.unlabelled)), (0, 0)))
    return TrainingBatches(
        images,
        targets,
        batch_size=settings.batch_size,
        seed=settings.seed,
        weights=balanced if settings.balance == "weights" else None,
        frequencies=balanced if settings.balance == "sampling" else None,
        first_epoch=first_epoch,
    )
