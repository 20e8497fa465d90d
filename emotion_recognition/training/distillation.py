"""What trained models say of each training image, as targets for a smaller network (knowledge distillation).

Hinton, Vinyals and Dean 2015, arXiv:1503.02531: the probabilities of a good model say more of an image than its label
does, the more so where they are softened. Model files and the training split come in; the mixed targets go to
:mod:`emotion_recognition.training.stage`.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.error_about import about
from emotion_recognition.evaluation.ensemble import Ensemble
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.models.calibration import apply_temperature
from emotion_recognition.models.card import sha256_of
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.training.settings import StageSettings

#: What a student learns is the classes as they are in the training split; a prior is taken out of it afterwards.
WITH_THEIR_PRIOR = ModelOptions(prior_power=0.0)

#: A random change mirrors half of the images, and what is shown then has the same target.
_BOTH_WAYS = PredictionSettings(tta="flip")


@dataclass(frozen=True)
class TeacherModel:
    """One of the teachers, as the card of the student names it.

    Args:
        name: Its file name.
        sha256: Of its file, 64 hexadecimal digits.
    """

    name: str
    sha256: str


@dataclass(frozen=True, eq=False)
class Teacher:
    """What one model or several, averaged, say of each image of a training split.

    Args:
        models: The models.
        probabilities: float32 array (N, classes), in the order of the split's images and classes; the mean over each
            image and its mirror image, calibrated, with the class prior that the models have learned.
    """

    models: tuple[TeacherModel, ...]
    probabilities: np.ndarray

    def mixed_into(self, targets: np.ndarray, settings: StageSettings) -> np.ndarray:
        """The targets of a student: the labels' and the teacher's, softened.

        Args:
            targets: float32 array (N, columns); the classes come first and add up to 1, other heads' columns stay.
            settings: Weight and temperature.

        Returns:
            float32 array of the same shape.

        Raises:
            ValueError: If they are targets of another number of images.
        """
        if len(targets) != len(self.probabilities):
            raise ValueError(
                f"The teacher has seen {len(self.probabilities)} training images. Received: {len(targets)}"
            )
        classes = self.probabilities.shape[1]
        softened = apply_temperature(self.probabilities, settings.teacher_temperature)
        weight = np.float32(settings.teacher_weight)
        mixed = targets.copy()
        mixed[:, :classes] = (1 - weight) * targets[:, :classes] + weight * softened
        return mixed


def ask_teacher(
    paths: Sequence[Path],
    train: Split,
    *,
    kept: Path | None = None,
    student: Path | None = None,
    progress: bool = False,
) -> Teacher:
    """Shows every training image and its mirror image to trained models, once.

    Args:
        paths: The files of at least one model; several are averaged.
        train: The training split.
        kept: File that keeps the probabilities, so that a resumed run learns from the very same ones; read where it is
            of the same models and images, else written.
        student: The model file that is going to be written, which cannot be its own teacher.
        progress: Whether to show on standard error how far it is.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If one is no classifier of the split's classes, or is the student's own file.
        OSError: If the probabilities cannot be kept.
    """
    check_teacher_files(paths, student)
    models = tuple(TeacherModel(path.name, sha256_of(path)) for path in paths)
    key = " ".join([train.content_sha256(), *(model.sha256 for model in models)])
    shape = (len(train), len(train.class_names))
    probabilities = None if kept is None else _read_kept(kept, key, shape)
    if probabilities is None:
        ensemble = Ensemble.from_files(paths, train.class_names, WITH_THEIR_PRIOR, named_by="The training split")
        probabilities = ensemble.predict(train.images, _BOTH_WAYS, progress=progress).probabilities
        if kept is not None:
            with replace_when_complete(kept) as partial, partial.open("wb") as file:
                np.savez(file, key=np.array(key), probabilities=probabilities)
    return Teacher(models, probabilities)


def check_teacher_files(paths: Sequence[Path], student: Path | None) -> None:
    """Refuses no teacher at all, one that is not there, and the student itself.

    Args:
        paths: Of the teachers' models.
        student: The model file that is going to be written; None for none.

    Raises:
        FileNotFoundError: If a teacher is not there.
        ValueError: If there is none, or one is the student.
    """
    if not paths:
        raise about(ValueError("At least one teacher is needed. Received: none"), "teacher")
    for path in paths:
        if student is not None and path.resolve() == student.resolve():
            message = f"{path} is the model that is going to be written, so it cannot be its own teacher"
            raise about(ValueError(message), "teacher", "output_model")
        if not path.is_file():
            raise about(FileNotFoundError(f"There is no model {path}."), "teacher")


def check_teacher(settings: StageSettings, teacher: object | None) -> None:
    """Refuses a weight without a teacher, and a teacher without a weight.

    Raises:
        ValueError: If so.
    """
    if bool(settings.teacher_weight) != (teacher is not None):
        has = "no teacher" if teacher is None else "a teacher"
        message = f"teacher_weight must be above 0 with a teacher and 0 without. Received: {settings.teacher_weight:g}"
        raise about(ValueError(f"{message}, {has}"), "teacher", "teacher_weight")


def _read_kept(path: Path, key: str, shape: tuple[int, int]) -> np.ndarray | None:
    """What was kept, or None where it is of other models or images, or damaged: then it is made again."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            if str(kept["key"]) != key:
                return None
            probabilities: np.ndarray = kept["probabilities"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    right = probabilities.shape == shape and probabilities.dtype == np.float32
    return probabilities if right and bool(np.isfinite(probabilities).all()) else None
