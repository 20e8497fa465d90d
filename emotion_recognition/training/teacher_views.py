"""Teachers that look at the very images that the network sees, changed and mixed, in the compiled training step.

Beyer et al. 2022, arXiv:2106.05237 ("A good teacher is patient and consistent"): what a teacher says of a changed image
is no longer what it has learned by heart, so a student learns more from it, the longer the more. Images without labels
teach too. Model files come in; :mod:`emotion_recognition.training.trainee` puts the layer beside the network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.data.files.unlabelled import read_unlabelled
from emotion_recognition.error_about import about
from emotion_recognition.evaluation.ensemble import Classifier, Ensemble
from emotion_recognition.models.calibration import LEAST
from emotion_recognition.models.card import sha256_of
from emotion_recognition.models.model_options import PIXEL_RANGES
from emotion_recognition.models.network_input import NetworkInput
from emotion_recognition.models.precision import with_precision
from emotion_recognition.training.compiling import fuses_normalization
from emotion_recognition.training.distillation import WITH_THEIR_PRIOR, TeacherModel, check_teacher_files

#: Training images whose outputs tell what kind of outputs a teacher gives.
_ASKED = 64


@dataclass(frozen=True, eq=False)
class ViewsTeacher:
    """One model or several, averaged, that a student asks about each image as it sees it.

    Args:
        models: The models, as the card names them.
        networks: From pixels to probabilities (N, classes), calibrated, in the order of the student's classes; with
            the class prior that they have learned.
        unlabelled: uint8 array (N, height, width, channels), 0..255: more images, of which the teacher alone says
            something; None for none.
        unlabelled_sha256: Of these images' file, 64 hexadecimal digits; None for none.
    """

    models: tuple[TeacherModel, ...]
    networks: tuple[keras.Model, ...]
    unlabelled: np.ndarray | None = None
    unlabelled_sha256: str | None = None


def open_views_teacher(
    paths: Sequence[Path],
    train: Split,
    *,
    student: Path | None = None,
    mixed_precision: bool = False,
    unlabelled: Path | None = None,
) -> ViewsTeacher:
    """Loads trained models as teachers of a training split's classes.

    Args:
        paths: The files of at least one model that Keras reads; several are averaged.
        train: The training split.
        student: The model file that is going to be written, which cannot be its own teacher.
        mixed_precision: Whether they compute in bfloat16.
        unlabelled: File of more images, as a build without labels writes it; None for none.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a model is no classifier of the split's classes, takes images of another shape, or is the
            student's own file; or the other images have another shape.
    """
    check_teacher_files(paths, student)
    ensemble = Ensemble.from_files(paths, train.class_names, WITH_THEIR_PRIOR, named_by="The training split")
    policy = "mixed_bfloat16" if mixed_precision else "float32"
    networks = tuple(_as_teacher(classifier, train, policy) for classifier in ensemble.classifiers)
    models = tuple(TeacherModel(path.name, sha256_of(path)) for path in paths)
    if unlabelled is None:
        return ViewsTeacher(models, networks)
    images = read_unlabelled(unlabelled)
    if images.shape[1:] != train.images.shape[1:]:
        message = f"{unlabelled} must hold images of shape {train.images.shape[1:]}. Received: {images.shape[1:]}"
        raise about(ValueError(message), "unlabelled")
    return ViewsTeacher(models, networks, images, sha256_of(unlabelled))


def _as_teacher(classifier: Classifier, train: Split, policy: str) -> keras.Model:
    """The classifier's network with all that is known of its outputs as layers behind it."""
    network, post = classifier.network, classifier.postprocessing
    if not isinstance(network, keras.Model) or network.input_shape[1:] != train.images.shape[1:]:
        message = f"{classifier.name} must be a Keras model of images of shape {train.images.shape[1:]}"
        raise about(ValueError(message), "teacher", "teacher_views")
    outputs = np.asarray(network.predict_on_batch(classifier.network_input.prepare(train.images[:_ASKED])))
    kind = post.kind_of(outputs)
    if kind == "sigmoid":
        message = f"{classifier.name} gives a sigmoid score for each class, which cannot teach on views"
        raise about(ValueError(message), "teacher_views")
    network = with_precision(network, policy, fused_normalization=fuses_normalization())
    pixels, said = _as_it_takes_them(network, classifier.network_input)
    x = layers.Activation("linear", dtype="float32", name="what_the_teacher_says")(said)
    logits = x if kind == "logits" else ops.log(ops.maximum(x, LEAST))
    order = range(len(train.class_names)) if post.order is None else post.order
    teacher = keras.Model(pixels, ops.softmax(ops.take(logits, list(order), axis=-1) / post.temperature))
    teacher.trainable = False
    return teacher


def _as_it_takes_them(network: keras.Model, taken: NetworkInput) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Pixels 0..255, red first, and what a network says of them when they are made what it takes."""
    low, high = PIXEL_RANGES[taken.pixel_range]
    is_turned = taken.blue_first and taken.channels > 1
    if (low, high) == (0, 255) and not is_turned:
        return network.inputs[0], network.outputs[0]
    pixels = keras.Input(network.input_shape[1:])
    x = layers.Rescaling((high - low) / 255, offset=low)(pixels)
    return pixels, network(ops.flip(x, axis=-1) if is_turned else x)
