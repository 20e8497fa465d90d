"""One stage of training the second stage: the network is fitted to views of patches.

Before: :mod:`emotion_recognition.training.face_refiner.proposing`; next: a saved network, fused with the detector.
"""

import functools
import hashlib
from dataclasses import asdict, dataclass

import keras

from emotion_recognition.data.face_pictures.patch_batches import PatchBatches
from emotion_recognition.data.face_pictures.patches import Patches
from emotion_recognition.training.compiling import build_optimizer
from emotion_recognition.training.face_refiner.loss import RefinerLoss
from emotion_recognition.training.face_refiner.settings import RefinerSettings
from emotion_recognition.training.jit import jit_choice
from emotion_recognition.training.resumable_fit import StageResult, fit_resumably
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.schedules import schedule

COLUMNS = ("stage", "epoch", "learning_rate", "loss", "val_loss", "seconds")

_VALIDATION_BATCH_SIZE = 256


@dataclass(frozen=True, eq=False)
class CutSplit:
    """The patches of one split.

    Args:
        patches: What was cut out.
        content: SHA-256 of what they were cut from, and by which detector.
    """

    patches: Patches
    content: str

    def __add__(self, others: "CutSplit") -> "CutSplit":
        return CutSplit(
            self.patches + others.patches, hashlib.sha256(f"{self.content} {others.content}".encode()).hexdigest()
        )


def fit_refiner(
    network: keras.Model, train: CutSplit, val: CutSplit, settings: RefinerSettings, run: TrainingRun
) -> StageResult:
    """Fits a network and leaves it with the weights of its best epoch by validation loss, or of its last one.

    Args:
        network: As :func:`~emotion_recognition.models.face_refiner.network.face_refiner` builds it.
        train: Patches to learn from.
        val: Patches to choose the epoch by; their views are the same in every epoch.
        settings: What decides the result.
        run: Where the log and the state are written, what came before. The file of the state stays when the stage is
            done.

    Raises:
        FileNotFoundError: If there is nothing to resume.
        ValueError: If there are no faces, or nothing else; or the unfinished run had other settings, or training
            diverged.
    """
    keras.utils.set_random_seed(settings.seed)
    steps = settings.epochs * -(-settings.views // settings.batch_size)
    # Shares all layers; the network itself stays uncompiled, so that it can be copied and saved.
    trainee = keras.Model(network.inputs, network.outputs, name=network.name)
    trainee.compile(
        optimizer=build_optimizer(settings, schedule(settings.schedule, settings.learning_rate, steps)),
        loss=RefinerLoss(settings.box_weight, settings.landmark_weight),
        jit_compile=jit_choice(),
    )
    trainee.optimizer.build(trainee.trainable_variables)
    return fit_resumably(
        trainee,
        functools.partial(_batches, train.patches, settings, settings.batch_size, settings.views),
        settings,
        facts={**asdict(settings), "train": train.content, "val": val.content},
        run=run,
        columns=COLUMNS,
        validation_data=_batches(val.patches, settings, _VALIDATION_BATCH_SIZE, None),
    )


def _batches(
    patches: Patches, settings: RefinerSettings, batch_size: int, views: int | None, first_epoch: int = 0
) -> PatchBatches:
    return PatchBatches(
        patches,
        settings.changes,
        size=settings.view.size,
        context=settings.view.context,
        batch_size=batch_size,
        views=views,
        seed=settings.seed,
        first_epoch=first_epoch,
    )
