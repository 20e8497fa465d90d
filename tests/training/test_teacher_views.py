"""Teachers that look at the images as the network sees them, and images that the teacher alone says something of."""

import hashlib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from emotion_recognition.data.batches.augmentation import Augmentation
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.data.files.split_writer import SplitWriter
from emotion_recognition.data.files.unlabelled import describe_unlabelled
from emotion_recognition.emotions import class_names
from emotion_recognition.models.card import write_card
from emotion_recognition.models.files import save_network
from emotion_recognition.training.extra_heads import ExtraHeads, LabelAccuracy, LabelLoss
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.training.stage import fit_stage
from emotion_recognition.training.stages import RunResult, fit_stages
from emotion_recognition.training.start import Start
from emotion_recognition.training.teacher_layer import TeacherOnViews
from emotion_recognition.training.teacher_views import ViewsTeacher, open_views_teacher
from emotion_recognition.training.trainee import trainee_of

CLASSES = class_names(7)

SETTINGS = StageSettings(
    epochs=2,
    patience=None,
    batch_size=8,
    seed=3,
    learning_rate=0.05,
    teacher_weight=1.0,
    teacher_views=True,
    augmentation=None,
)


def faces(name: str = "train", count: int = 28) -> Split:
    """8×8 images of one grey each; image i has label i modulo 7."""
    labels = (np.arange(count) % 7).astype(np.uint8)
    images = np.broadcast_to((labels * 42.5).astype(np.uint8)[:, None, None, None], (count, 8, 8, 1)).copy()
    return Split(images, labels, CLASSES, name, "made.csv", "0" * 64)


def says(probabilities: Any, path: Path, names: tuple[str, ...] = CLASSES, **card: Any) -> Path:
    """A model that gives these outputs for every image."""
    pixels = keras.Input((8, 8, 1))
    head = keras.layers.Dense(len(names), activation="softmax")
    network = keras.Model(pixels, head(keras.layers.Flatten()(pixels)))
    head.set_weights([np.zeros((64, len(names))), np.log(probabilities)])
    save_network(network, path)
    write_card(path, {"network": "constant", "class_names": list(names), "input": {"pixels": "0..255"}, **card})
    return path


HAPPY = [0.01, 0.01, 0.01, 0.94, 0.01, 0.01, 0.01]


def unlabelled(path: Path, images: np.ndarray) -> Path:
    with SplitWriter(path, images.shape[1:]) as writer:
        writer.append(images)
        writer.finish(lambda file: describe_unlabelled(file, "faces"))
    return path


def student() -> keras.Model:
    keras.utils.set_random_seed(1)
    pixels = keras.Input((8, 8, 1))
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(pixels))
    return keras.Model(pixels, keras.layers.Dense(7, activation="softmax", name="logits")(x))


def fit(
    folder: Path, network: keras.Model, teacher: ViewsTeacher | None, settings: StageSettings = SETTINGS, **run: Any
) -> RunResult:
    return fit_stages(
        Start(network, "student", settings.learning_rate, "a student"),
        faces(),
        faces("val"),
        [settings],
        TrainingRun(folder / "log.csv", folder / "run.resume.h5", **{"verbose": 0, **run}),
        fit=partial(fit_stage, teacher=teacher),
    )


def test_the_loss_is_that_of_the_mixed_targets_and_the_teachers() -> None:
    # Two classes, a head with two columns for the votes' place, the teacher's two, the share.
    loss = LabelLoss(2, ExtraHeads(), teacher_weight=0.5, mixed=True)
    true = np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]], np.float32)
    predicted = np.array([[0.8, 0.2, 0.6, 0.4, 0.75], [0.8, 0.2, 0.6, 0.4, 1.0]], np.float32)
    # Mixed labels (0.75, 0.25) and (0, 1); half of them, half of (0.6, 0.4): (0.675, 0.325) and (0.3, 0.7).
    expected = [-(a * np.log(0.8) + b * np.log(0.2)) for a, b in ((0.675, 0.325), (0.3, 0.7))]
    np.testing.assert_allclose(loss.call(true, predicted), expected, rtol=1e-5)
    # A teacher that says nothing, as in testing, leaves the labels alone.
    predicted[:, 2:4] = 0
    predicted[:, 4] = 1
    np.testing.assert_allclose(loss.call(true, predicted), [-np.log(0.8), -np.log(0.2)], rtol=1e-5)


def test_an_image_without_a_label_has_the_teachers_loss_alone_and_no_accuracy() -> None:
    loss = LabelLoss(2, ExtraHeads(), teacher_weight=0.25)
    true, predicted = np.zeros((1, 4), np.float32), np.array([[0.5, 0.5, 0.9, 0.1]], np.float32)
    np.testing.assert_allclose(loss.call(true, predicted), [0.25 * np.log(2)], rtol=1e-5)
    accuracy = LabelAccuracy(2)
    accuracy.update_state(
        np.array([[0, 1], [1, 0], [0, 0]], np.float32), np.array([[0, 1], [0, 1], [1, 0]], np.float32)
    )
    assert float(accuracy.result()) == 0.5


def test_the_teacher_sees_what_the_network_sees() -> None:
    # A teacher that says class 0 with the grey of the left half and class 1 with that of the right.
    pixels = keras.Input((2, 2, 1))
    flat = keras.layers.Flatten()(pixels)
    head = keras.layers.Dense(2, use_bias=False)
    scores = keras.layers.Rescaling(1 / 510)(head(flat))
    head.set_weights([np.array([[1, 0], [0, 1], [1, 0], [0, 1]], np.float32)])
    teacher = ViewsTeacher((), (keras.Model(pixels, scores),))
    network = keras.Model(pixels, keras.layers.Softmax()(head(flat)))
    settings = replace(
        SETTINGS,
        teacher_temperature=1.0,
        augmentation=Augmentation(rotation=0, shift=0, zoom=0, contrast=0, brightness=0),
    )
    trainee = trainee_of(network, settings, teacher=teacher)
    images = np.tile(np.array([[204, 51], [204, 51]], np.uint8)[None, :, :, None], (64, 1, 1, 1))
    said = np.asarray(trainee(images, training=True))[:, 2:]
    rows = {tuple(row) for row in said.astype(float).round(2).tolist()}
    assert rows == {(0.8, 0.2), (0.2, 0.8)}  # as they are, and mirrored
    assert not np.asarray(trainee(images, training=False))[:, 2:].any()


def test_teachers_are_averaged_softened_and_put_in_the_students_order(tmp_path: Path) -> None:
    turned = tuple(reversed(CLASSES))
    one = says(HAPPY, tmp_path / "one.keras")
    # Anger with 0.94 in its own order is the last class, neutral, reversed; a temperature of 2 takes roots.
    other = says([0.94, *[0.01] * 6], tmp_path / "other.keras", turned, calibration={"temperature": 2.0})
    teacher = open_views_teacher([one, other], faces())
    roots = np.sqrt([0.94, *[0.01] * 6])[::-1] / np.sqrt([0.94, *[0.01] * 6]).sum()
    mean = (np.array(HAPPY) + roots) / 2
    images = np.zeros((3, 8, 8, 1), np.float32)
    said = np.asarray(TeacherOnViews(teacher.networks, 1.0)(images, training=True))
    np.testing.assert_allclose(said, np.tile(mean, (3, 1)), atol=1e-4)
    softened = np.asarray(TeacherOnViews(teacher.networks, 2.0)(images, training=True))
    np.testing.assert_allclose(softened[0], np.sqrt(mean) / np.sqrt(mean).sum(), atol=1e-4)
    assert [model.name for model in teacher.models] == ["one.keras", "other.keras"]


def test_teachers_get_the_pixels_that_they_take(tmp_path: Path) -> None:
    pixels = keras.Input((8, 8, 3))
    head = keras.layers.Dense(7, activation="softmax")
    network = keras.Sequential([pixels, keras.layers.GlobalAveragePooling2D(), head])
    head.set_weights([np.diag([1.0, 2.0, 4.0]) @ np.eye(3, 7), np.zeros(7)])  # blue, green and red, -1..1
    path = tmp_path / "theirs.keras"
    save_network(network, path)
    card = {"network": "x", "class_names": list(CLASSES), "input": {"pixels": "-1..1", "colour": "BGR"}}
    write_card(path, card)
    images = np.broadcast_to(np.array([255, 127.5, 0], np.float32), (2, 8, 8, 3))  # red first
    train = replace(faces(), images=np.full((28, 8, 8, 3), 9, np.uint8))
    (teacher,) = open_views_teacher([path], train).networks
    logits = np.array([-1.0, 0, 4, 0, 0, 0, 0])
    np.testing.assert_allclose(np.asarray(teacher(images))[0], np.exp(logits) / np.exp(logits).sum(), atol=1e-5)


def test_a_student_learns_what_the_teacher_says_of_images_without_labels_too(tmp_path: Path) -> None:
    path = says(HAPPY, tmp_path / "happy.keras")
    more = unlabelled(tmp_path / "more.hdf5", np.full((12, 8, 8, 1), 77, np.uint8))
    teacher = open_views_teacher([path], faces(), unlabelled=more)
    network, before = student(), [weights.copy() for weights in keras.models.load_model(path).get_weights()]
    done = fit(tmp_path, network, teacher, replace(SETTINGS, epochs=12, mixup=0.2))
    assert (np.argmax(np.asarray(network(faces().images.astype(np.float32))), axis=1) == 3).all()
    (entry,) = done.entries
    assert entry["teachers"] == [{"name": "happy.keras", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}]
    assert entry["unlabelled"] == {"images": 12, "sha256": hashlib.sha256(more.read_bytes()).hexdigest()}
    assert (entry["teacher_views"], entry["mixup"]) == (True, 0.2)
    for now, then in zip(teacher.networks[0].get_weights(), before, strict=True):
        assert np.array_equal(now, then)


class Interrupt(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == 2:
            raise KeyboardInterrupt


def test_a_run_is_resumed_exactly_and_keeps_no_copy_of_its_teachers(tmp_path: Path) -> None:
    path = says(HAPPY, tmp_path / "happy.keras")
    more = unlabelled(tmp_path / "more.hdf5", np.full((12, 8, 8, 1), 77, np.uint8))
    settings = replace(SETTINGS, epochs=4, mixup=0.5, augmentation=Augmentation(), teacher_weight=0.5)

    def teacher() -> ViewsTeacher:
        return open_views_teacher([path], faces(), unlabelled=more)

    whole, resumed = student(), student()
    (tmp_path / "whole").mkdir()
    fit(tmp_path / "whole", whole, teacher(), settings)
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, student(), teacher(), settings, callbacks=[Interrupt()])
    with h5py.File(tmp_path / "run.resume.h5") as file:
        # The student's kernel and bias, and the states of the random changes' and the shares' generators.
        assert len(file["network"]) == 4
    alone = replace(teacher(), unlabelled=None, unlabelled_sha256=None)
    with pytest.raises(ValueError, match="another unlabelled"):
        fit(tmp_path, student(), alone, settings, resume=True)
    with pytest.raises(ValueError, match="another mixup"):
        fit(tmp_path, student(), teacher(), replace(settings, mixup=0.25), resume=True)
    fit(tmp_path, resumed, teacher(), settings, resume=True)
    for received, expected in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-7)


def test_what_cannot_teach_on_views_is_refused(tmp_path: Path) -> None:
    path = says(HAPPY, tmp_path / "happy.keras")
    with pytest.raises(FileNotFoundError, match=r"none\.keras"):
        open_views_teacher([tmp_path / "none.keras"], faces())
    with pytest.raises(ValueError, match="its own teacher"):
        open_views_teacher([path], faces(), student=path)
    larger = replace(faces(), images=np.zeros((28, 9, 9, 1), np.uint8))
    with pytest.raises(ValueError, match=r"must be a Keras model of images of shape \(9, 9, 1\)"):
        open_views_teacher([path], larger)
    sigmoid = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(7, "sigmoid")])
    save_network(sigmoid, tmp_path / "sigmoid.keras")
    write_card(
        tmp_path / "sigmoid.keras", {"network": "x", "class_names": list(CLASSES), "input": {"pixels": "0..255"}}
    )
    with pytest.raises(ValueError, match="sigmoid score"):
        open_views_teacher([tmp_path / "sigmoid.keras"], faces())
    with pytest.raises(FileNotFoundError, match=r"no\.hdf5"):
        open_views_teacher([path], faces(), unlabelled=tmp_path / "no.hdf5")
    other = unlabelled(tmp_path / "other.hdf5", np.zeros((2, 9, 9, 1), np.uint8))
    with pytest.raises(ValueError, match=r"must hold images of shape \(8, 8, 1\)\. Received: \(9, 9, 1\)"):
        open_views_teacher([path], faces(), unlabelled=other)


def test_settings_that_contradict_the_teacher_are_refused(tmp_path: Path) -> None:
    teacher = open_views_teacher([says(HAPPY, tmp_path / "happy.keras")], faces())
    with pytest.raises(ValueError, match="teacher_views needs a teacher that is asked about views"):
        fit(tmp_path, student(), teacher, replace(SETTINGS, teacher_views=False))
    more = replace(teacher, unlabelled=np.zeros((2, 8, 8, 1), np.uint8), unlabelled_sha256="0" * 64)
    with pytest.raises(ValueError, match="balance must be none"):
        fit(tmp_path, student(), more, replace(SETTINGS, balance="weights"))
    with pytest.raises(ValueError, match=r"mixup must be 0\.\.10\. Received: -1"):
        replace(SETTINGS, mixup=-1)
