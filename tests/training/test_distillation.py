"""Learning from trained models' probabilities beside the labels."""

import json
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
from emotion_recognition.emotions import class_names
from emotion_recognition.models.card import read_card, write_card
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.sealed_hdf5 import seal
from emotion_recognition.training.distillation import Teacher, TeacherModel, ask_teacher
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.training.stage import fit_stage
from emotion_recognition.training.stages import RunResult, fit_stages
from emotion_recognition.training.start import Start

CLASSES = class_names(7)


def faces(name: str = "train", count: int = 28) -> Split:
    """8×8 images, each of one grey; image i has label i modulo 7, and grey 255 · label / 6."""
    labels = (np.arange(count) % 7).astype(np.uint8)
    images = np.broadcast_to((labels * 42.5).astype(np.uint8)[:, None, None, None], (count, 8, 8, 1)).copy()
    return Split(images, labels, CLASSES, name, "made.csv", "0" * 64)


def teacher_of(probabilities: Any, name: str = "a.keras") -> Teacher:
    return Teacher((TeacherModel(name, name[0] * 64),), np.asarray(probabilities, np.float32))


@pytest.fixture
def constant_model(tmp_path: Path) -> Path:
    """A model of 8×8 images that says happy to all of them, with 0.94, and 0.01 of each other class."""
    pixels = keras.Input((8, 8, 1))
    head = keras.layers.Dense(7, activation="softmax")
    network = keras.Model(pixels, head(keras.layers.Flatten()(pixels)))
    head.set_weights([np.zeros((64, 7)), np.log([0.01, 0.01, 0.01, 0.94, 0.01, 0.01, 0.01])])
    path = tmp_path / "constant.keras"
    save_network(network, path)
    write_card(path, {"network": "constant", "class_names": list(CLASSES), "input": {"pixels": "0..255"}})
    return path


def test_targets_are_the_labels_and_the_softened_teacher() -> None:
    # Roots of 0.8 and 0.2 are as 2 : 1; 0.4 · (1, 0) + 0.6 · (2/3, 1/3) = (0.8, 0.2). The column of another head stays.
    settings = StageSettings(teacher_weight=0.6, teacher_temperature=2.0)
    mixed = teacher_of([[0.8, 0.2]]).mixed_into(np.array([[1, 0, 0.25]], np.float32), settings)
    np.testing.assert_allclose(mixed, [[0.8, 0.2, 0.25]], atol=1e-6)
    assert mixed.dtype == np.float32
    with pytest.raises(ValueError, match=r"1 training images\. Received: 2"):
        teacher_of([[0.8, 0.2]]).mixed_into(np.zeros((2, 2), np.float32), settings)


def test_a_teacher_is_asked_for_each_image_and_its_mirror_image(tmp_path: Path) -> None:
    # It says happy where the left half is white, and anger where it is black: the mean over both ways is one half.
    pixels = keras.Input((2, 2, 1))
    head = keras.layers.Dense(7, activation="softmax")
    network = keras.Model(pixels, head(keras.layers.Flatten()(pixels)))
    weights = np.zeros((4, 7))
    weights[[0, 2], 3] = 1.0
    weights[[1, 3], 0] = 1.0
    head.set_weights([weights, np.zeros(7)])
    path = tmp_path / "left.keras"
    save_network(network, path)
    write_card(path, {"network": "left", "class_names": list(CLASSES), "input": {"pixels": "0..255"}})
    images = np.array([[[255, 0], [255, 0]], [[255, 255], [255, 255]]], np.uint8)[..., None]
    asked = ask_teacher([path], Split(images, np.zeros(2, np.uint8), CLASSES, "train", "made.csv", "0" * 64))
    np.testing.assert_allclose(asked.probabilities, [[0.5, 0, 0, 0.5, 0, 0, 0]] * 2, atol=1e-6)


def test_teachers_are_averaged_with_the_prior_that_they_have_learned(
    brightness_model: Path, constant_model: Path
) -> None:
    alone = ask_teacher([brightness_model], faces())
    assert list(np.argmax(alone.probabilities, axis=1)) == list(faces().labels)
    card = read_card(constant_model)
    assert card is not None
    # With a prior taken out, the model would say something else; a student is to learn the classes as they are.
    write_card(constant_model, {**card, "prior": {"class_shares": [0.1] * 3 + [0.4] + [0.1] * 3, "power": 1.0}})
    both = ask_teacher([brightness_model, constant_model], faces())
    constant = np.array([0.01, 0.01, 0.01, 0.94, 0.01, 0.01, 0.01])
    np.testing.assert_allclose(both.probabilities, (alone.probabilities + constant) / 2, atol=1e-5)
    assert [model.name for model in both.models] == [brightness_model.name, "constant.keras"]


def test_what_a_teacher_said_is_kept_for_the_same_models_and_images(
    tmp_path: Path, constant_model: Path, brightness_model: Path
) -> None:
    kept = tmp_path / "kept.npz"
    said = ask_teacher([constant_model], faces(), kept=kept).probabilities
    with np.load(kept) as file:
        key = str(file["key"])
    marked = np.full((28, 7), 1 / 7, np.float32)
    np.savez(kept, key=np.array(key), probabilities=marked)
    assert np.array_equal(ask_teacher([constant_model], faces(), kept=kept).probabilities, marked)
    # Of other models or images, or damaged, it is made again.
    assert not np.array_equal(ask_teacher([brightness_model], faces(), kept=kept).probabilities, marked)
    for content in (b"", b"PK\x03\x04 and no more", kept.read_bytes()[:200]):
        kept.write_bytes(content)
        assert np.array_equal(ask_teacher([constant_model], faces(), kept=kept).probabilities, said)
    np.savez(kept, key=np.array(key), probabilities=np.full((28, 7), np.nan, np.float32))
    assert np.array_equal(ask_teacher([constant_model], faces(), kept=kept).probabilities, said)


def test_who_cannot_teach_is_refused(tmp_path: Path, constant_model: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.keras"):
        ask_teacher([tmp_path / "missing.keras"], faces())
    with pytest.raises(ValueError, match="its own teacher"):
        ask_teacher([constant_model], faces(), student=constant_model)
    with pytest.raises(ValueError, match="Received: none"):
        ask_teacher([], faces())
    other = replace(faces(), labels=np.zeros(28, np.uint8), class_names=("cat", "dog"))
    with pytest.raises(ValueError, match="cat"):
        ask_teacher([constant_model], other)


@pytest.mark.parametrize("change", [{"teacher_weight": 1.1}, {"teacher_weight": -0.1}, {"teacher_temperature": 0.0}])
def test_settings_out_of_range_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        StageSettings(**change)  # type: ignore[arg-type]


def student() -> keras.Model:
    keras.utils.set_random_seed(1)
    pixels = keras.Input((8, 8, 1))
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(pixels))
    return keras.Model(pixels, keras.layers.Dense(7, activation="softmax", name="logits")(x))


SETTINGS = StageSettings(
    epochs=4, patience=None, batch_size=8, seed=3, learning_rate=0.05, teacher_weight=1.0, augmentation=Augmentation()
)


def fit(
    folder: Path, network: keras.Model, teacher: Teacher | None, settings: StageSettings = SETTINGS, **run: Any
) -> RunResult:
    return fit_stages(
        Start(network, "student", settings.learning_rate, "a student"),
        faces(),
        faces("val"),
        [settings],
        TrainingRun(folder / "log.csv", folder / "run.resume.h5", **{"verbose": 0, **run}),
        fit=partial(fit_stage, teacher=teacher),
    )


def test_a_student_learns_what_the_teacher_says_and_its_card_names_it(tmp_path: Path) -> None:
    # Against the labels, this teacher calls everything happy.
    says = np.zeros((28, 7), np.float32)
    says[:, 3] = 1
    network = student()
    done = fit(tmp_path, network, teacher_of(says), replace(SETTINGS, epochs=12))
    predicted = np.asarray(network(faces().images.astype(np.float32)))
    assert (np.argmax(predicted, axis=1) == 3).all()
    (entry,) = done.entries
    assert entry["teachers"] == [{"name": "a.keras", "sha256": "a" * 64}]
    assert (entry["teacher_weight"], entry["teacher_temperature"]) == (1.0, 2.0)


def test_without_a_teacher_nothing_changes(tmp_path: Path) -> None:
    settings = replace(SETTINGS, teacher_weight=0.0, epochs=1)
    (entry,) = fit(tmp_path, student(), None, settings).entries
    assert "teachers" not in entry
    uniform = teacher_of(np.full((28, 7), 1 / 7))
    for weight, teacher in ((0.0, uniform), (0.5, None)):
        with pytest.raises(ValueError, match="teacher_weight must be above 0 with a teacher and 0 without"):
            fit(tmp_path, student(), teacher, replace(settings, teacher_weight=weight))


class Interrupt(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == 2:
            raise KeyboardInterrupt


def test_a_resumed_run_has_the_same_teacher(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    said = rng.dirichlet(np.ones(7), 28)
    whole, resumed = student(), student()
    (tmp_path / "whole").mkdir()
    fit(tmp_path / "whole", whole, teacher_of(said))
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, student(), teacher_of(said), callbacks=[Interrupt()])
    with pytest.raises(ValueError, match="another teachers"):
        fit(tmp_path, student(), teacher_of(said, "b.keras"), resume=True)
    with pytest.raises(ValueError, match="another teacher_weight"):
        fit(tmp_path, student(), None, replace(SETTINGS, teacher_weight=0.0), resume=True)
    fit(tmp_path, resumed, teacher_of(said), resume=True)
    for received, expected in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-7)


def test_a_run_of_an_earlier_version_had_no_teacher(tmp_path: Path) -> None:
    settings = replace(SETTINGS, teacher_weight=0.0)
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, student(), None, settings, callbacks=[Interrupt()])
    path = tmp_path / "run.resume.h5"
    with h5py.File(path, "r+") as file:
        state = json.loads(file.attrs["state"])
        for name in ("teacher_weight", "teacher_temperature", "teachers"):
            del state["settings"][name]
        file.attrs["state"] = json.dumps(state)
    with path.open("r+b") as written:
        seal(written)
    assert len(fit(tmp_path, student(), None, settings, resume=True).rows) == 4


def test_the_small_networks_compute_the_same_after_saving(tmp_path: Path) -> None:
    from emotion_recognition.models import build_network
    from emotion_recognition.models.export import export_model
    from emotion_recognition.models.onnx_network import OnnxNetwork

    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1)).astype(np.float32)
    for name, most in (("vggnet_tiny", 150_000), ("vggnet_small", 600_000)):
        network = build_network(name, num_classes=7)
        assert network.count_params() <= most
        path = tmp_path / f"{name}.keras"
        save_network(network, path)
        expected = np.asarray(network(images))
        np.testing.assert_allclose(np.asarray(load_network(path)(images)), expected, atol=1e-6)
        (copy,) = export_model(path, ["onnx"])
        np.testing.assert_allclose(OnnxNetwork(copy.read_bytes(), name)(images), expected, atol=1e-4)
