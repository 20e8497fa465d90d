"""One stage of training the face detector, on a network of some thousand weights and eight painted pictures."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation
from emotion_recognition.data.face_pictures.batches import FaceBatches
from emotion_recognition.models.face_ssd.box_coding import decode
from emotion_recognition.models.face_ssd.network import face_ssd
from emotion_recognition.models.face_ssd.priors import PriorSettings, make_priors
from emotion_recognition.pictures.overlap import overlaps
from emotion_recognition.training.face_ssd.loss import FaceSsdLoss
from emotion_recognition.training.face_ssd.matching import match
from emotion_recognition.training.face_ssd.settings import FaceStageSettings
from emotion_recognition.training.face_ssd.stage import COLUMNS, fit_face_stage, with_rows
from emotion_recognition.training.log_file import read_log
from emotion_recognition.training.resumable_fit import StageResult
from emotion_recognition.training.resume_point import read_history, read_resume_point
from emotion_recognition.training.run import TrainingRun
from tests.conftest import edited_hdf5
from tests.painted_faces import PRIORS, TINY, painted_split

SETTINGS = FaceStageSettings(
    learning_rate=0.01, epochs=3, batch_size=4, size=64, seed=3, ema=0.5, augmentation=FaceAugmentation(mosaic=0.3)
)

TRAIN, VAL = painted_split("train", 8, without_faces=2), painted_split("val", 5, without_faces=1)


def tiny_network() -> keras.Model:
    keras.utils.set_random_seed(1)
    return face_ssd(PRIORS, TINY)


def fit(folder: Path, network: keras.Model, settings: FaceStageSettings = SETTINGS, **options: Any) -> StageResult:
    folder.mkdir(exist_ok=True)
    return fit_face_stage(
        network,
        TRAIN,
        VAL,
        settings,
        TrainingRun(folder / "log.csv", folder / "run.resume.h5", **{"verbose": 0, **options}),
        priors=PRIORS,
    )


class InterruptIn(keras.callbacks.Callback):
    """Ctrl-C at the beginning of an epoch, counted from 0."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch:
            raise KeyboardInterrupt


def without_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


#: What came before the stage.
HISTORY = {"entries": [{"learning_rate": 0.1}], "rows": [dict.fromkeys(COLUMNS, 1.0)]}

#: Result, weights and folder.
Run = tuple[StageResult, list[np.ndarray], Path]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A second stage that nothing interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    network = tiny_network()
    return fit(folder, network, history=HISTORY), network.get_weights(), folder


def test_the_rows_of_the_joined_outputs_are_in_the_order_of_the_prior_boxes() -> None:
    """Maps that say where they are: the mean coordinates of each place's pixels are the centres of its boxes."""
    sizes = ((10.0, 20.0), (40.0,))
    priors = PriorSettings((8, 32), sizes, 1.0)
    pixels = keras.Input((None, None, 3))
    maps = []
    for stride, own in zip(priors.strides, sizes, strict=True):
        mean = keras.layers.AveragePooling2D(stride)(pixels)
        ones = mean[..., 2:]
        boxes = [keras.ops.concatenate([mean[..., :2], ones * size, ones, ones], axis=-1) for size in own]
        maps.append(keras.ops.concatenate(boxes, axis=-1))
    place = np.mgrid[:64, :64][::-1].transpose(1, 2, 0) + 0.5
    picture = np.concatenate([place, np.ones((64, 64, 1))], axis=2).astype(np.float32)
    rows = with_rows(keras.Model(pixels, maps), 64)(picture[None])
    expected = make_priors(64, 64, priors)
    assert rows.shape == (1, 2 * 64 + 4, 5)
    np.testing.assert_allclose(rows[0, :, :3], expected[:, :3], rtol=1e-5)


def test_training_changes_the_network_that_was_given(whole: Run) -> None:
    changed = [np.abs(a - b).max() for a, b in zip(tiny_network().get_weights(), whole[1], strict=True)]
    assert min(changed) > 0


def test_the_log_has_a_row_for_every_epoch_after_those_of_earlier_stages(whole: Run) -> None:
    result, _, folder = whole
    header, *rows = (folder / "log.csv").read_text().splitlines()
    assert header == "stage,epoch,learning_rate,loss,val_loss,seconds"
    assert [row.split(",")[:2] for row in rows[1:]] == [["2", "1"], ["2", "2"], ["2", "3"]]
    assert read_log(folder / "log.csv", COLUMNS) == [pytest.approx(row) for row in HISTORY["rows"] + result.rows]
    # Along a cosine of 6 steps: (1 + cos(π · step / 6)) / 2 of the highest rate.
    assert [row["learning_rate"] for row in result.rows] == pytest.approx([0.0075, 0.0025, 0], abs=1e-6)
    assert result.best_epoch == 3
    assert read_history(folder / "run.resume.h5") == HISTORY


def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(tmp_path: Path, whole: Run) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, tiny_network(), history=HISTORY, callbacks=[InterruptIn(2)])
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 1 + 1 + 2
    network = tiny_network()
    resumed = fit(tmp_path, network, history=HISTORY, resume=True)
    expected, weights, _ = whole
    assert without_time(resumed.rows) == [pytest.approx(row, rel=1e-4) for row in without_time(expected.rows)]
    for received, weight in zip(network.get_weights(), weights, strict=True):
        np.testing.assert_allclose(received, weight, rtol=1e-3, atol=1e-5)


def test_another_run_is_not_resumed(tmp_path: Path, whole: Run) -> None:
    """The finished stage left its state, which the run of stages deletes."""
    paths = {"log_path": tmp_path / "log.csv", "resume_path": whole[2] / "run.resume.h5"}

    def resume(settings: FaceStageSettings, priors: PriorSettings = PRIORS, **options: Any) -> None:
        run = TrainingRun(**paths, resume=True, **options)
        fit_face_stage(tiny_network(), TRAIN, VAL, settings, run, priors=priors)

    with pytest.raises(ValueError, match=r"another batch_size: 4\. Received: 2$"):
        resume(replace(SETTINGS, batch_size=2))
    with pytest.raises(ValueError, match=r"another epochs: 3\. Received: 4$"):
        resume(replace(SETTINGS, epochs=4))
    with pytest.raises(ValueError, match=r"another augmentation: .* Received: None$"):
        resume(replace(SETTINGS, augmentation=None))
    with pytest.raises(ValueError, match=r"another priors: "):
        resume(SETTINGS, replace(PRIORS, aspect_ratio=0.7))
    with pytest.raises(ValueError, match=r"another input_model: None\. Received: 'a\.keras'$"):
        resume(SETTINGS, identity={"input_model": "a.keras"})
    paths["resume_path"] = tmp_path / "run.resume.h5"
    with pytest.raises(FileNotFoundError, match="nothing to resume"):
        resume(SETTINGS)
    assert list(tmp_path.iterdir()) == []


def test_a_run_of_an_earlier_version_goes_on_with_the_changes_that_it_began_with(tmp_path: Path, whole: Run) -> None:
    path = tmp_path / "run.resume.h5"
    shutil.copy(whole[2] / "run.resume.h5", path)
    new = {"close_up": 0.0, "stretch": 0.0, "damaged": 0.0}
    with edited_hdf5(path) as file:
        state = json.loads(file.attrs["state"])
        stored = state["settings"]
        facts = {**stored, "augmentation": {**stored["augmentation"], **new}}
        state["settings"] = {name: value for name, value in stored.items() if name != "landmark_weight"}
        state["settings"]["augmentation"] = {
            name: value for name, value in stored["augmentation"].items() if name not in new
        }
        file.attrs["state"] = json.dumps(state)
    assert len(read_resume_point(path, facts).rows) == 3
    with pytest.raises(ValueError, match="another augmentation: "):
        read_resume_point(path, {**facts, "augmentation": {**facts["augmentation"], "damaged": 0.3}})


def test_several_devices_are_refused_where_none_knows_the_others_faces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emotion_recognition.training.face_ssd.stage.device_count", lambda: 2)
    monkeypatch.setattr(keras.backend, "backend", lambda: "tensorflow")
    with pytest.raises(ValueError, match=r"devices must be 1 for a face detector on TensorFlow; use JAX\. Received: 2"):
        fit(tmp_path, tiny_network())


def test_early_stopping_keeps_the_best_epoch(tmp_path: Path) -> None:
    network = tiny_network()
    # At this rate the validation loss soon rises.
    settings = FaceStageSettings(
        learning_rate=0.3, optimizer="sgd", schedule="constant", patience=2, epochs=12, size=64, augmentation=None
    )
    result = fit(tmp_path, network, settings)
    losses = [row["val_loss"] for row in result.rows]
    assert len(losses) < 12
    assert result.best_epoch == len(losses) - 2 == int(np.argmin(losses)) + 1
    boxes = make_priors(64, 64, PRIORS)
    corners = np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], axis=1)
    views = FaceBatches(
        VAL, lambda *faces: match(*faces, corners, settings.matching), size=64, batch_size=5, augmentation=None
    )
    pixels, targets = views[0]
    received = FaceSsdLoss(PRIORS, 64)(targets, with_rows(network, 64)(pixels, training=False))
    assert float(received) == pytest.approx(min(losses), rel=1e-3)


def test_it_learns_what_can_be_learned(tmp_path: Path) -> None:
    """Fitted to its own pictures, the network's surest box lies on the face of each."""
    network = tiny_network()
    settings = replace(SETTINGS, epochs=28, batch_size=2, ema=0.0, augmentation=None)
    result = fit(tmp_path, network, settings)
    losses = [row["loss"] for row in result.rows]
    assert losses[-1] < 0.3 * losses[0]
    views = FaceBatches(TRAIN, lambda faces, ignored: faces[:1], size=64, batch_size=6, augmentation=None)
    pixels, faces = views[0]
    rows = keras.ops.convert_to_numpy(with_rows(network, 64)(pixels, training=False))
    surest = [int(row[:, 0].argmax()) for row in rows]
    offsets = np.stack([row[i, 1:] for row, i in zip(rows, surest, strict=True)])
    boxes = decode(offsets, make_priors(64, 64, PRIORS)[surest], PRIORS.variances)
    found = overlaps(boxes, faces[:, 0]).diagonal()
    assert found.mean() > 0.4
    without = np.full((2, 64, 64, 3), 128, np.uint8)
    without[:, :48] = [TRAIN.image(i) for i in (6, 7)]
    empty = keras.ops.convert_to_numpy(with_rows(network, 64)(without, training=False))
    assert empty[..., 0].max() < rows[..., 0].max(axis=1).min()


def test_diverging_training_ends_in_one_line_that_names_the_rate(tmp_path: Path) -> None:
    network = tiny_network()
    weights = network.get_weights()
    weights[0][...] = np.inf
    network.set_weights(weights)
    with pytest.raises(ValueError, match=r"^Training diverged.*0\.01; lower it\.$"):
        fit(tmp_path, network)
    assert not (tmp_path / "run.resume.h5").exists()
