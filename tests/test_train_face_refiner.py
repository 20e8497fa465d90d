"""TrainFaceRefiner.py as a person uses it, on a dozen painted pictures."""

import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import TrainFaceRefiner
from emotion_recognition.data.face_pictures.hdf5 import read_face_split, write_face_splits
from emotion_recognition.data.files.hdf5 import Split, write_split
from emotion_recognition.detection.face_detectors.face_ssd import detector
from emotion_recognition.detection.face_detectors.face_ssd.close_up import CloseUpSettings
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.models.card import sha256_of, write_card
from emotion_recognition.models.face_refiner.network import RefinerSize, face_refiner
from emotion_recognition.models.face_ssd.export import export_face_ssd
from emotion_recognition.models.face_ssd.network import face_ssd
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.models.onnx_network import OnnxNetwork
from emotion_recognition.training.face_refiner import start
from emotion_recognition.training.face_refiner.stage import COLUMNS
from emotion_recognition.training.log_file import read_log
from emotion_recognition.training.resume_point import SaveResumePoint
from emotion_recognition.workspace import Workspace
from tests.painted_faces import PRIORS, TINY, paint_face, painted_split

#: Of every run here.
SMALL = ("--detector", "tiny.keras", "--batch_size", "16", "--views", "48")
STAGES = ("--stages", "0.01:1,1e-3:2", "--card_confidence", "0.4", "--note", "Painted.")


def train(base: Path, *options: str) -> int:
    return TrainFaceRefiner.main(["-b", str(base), *SMALL, *options])


def last_error(capsys: pytest.CaptureFixture[str]) -> str:
    """The whole of standard error but for the progress, which must be one line."""
    lines = [line for line in capsys.readouterr().err.splitlines() if "looked at by the detector" not in line]
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.fixture(scope="module")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base path with two splits, and a tiny detector that has learned nothing."""
    workspace = Workspace(tmp_path_factory.mktemp("refiner"))
    splits = (
        painted_split("train", 8, without_faces=2, landmarks=True),
        painted_split("val", 5, without_faces=1, landmarks=True),
    )
    write_face_splits({workspace.face_split_path(split.split): split for split in splits})
    keras.utils.set_random_seed(1)
    path = workspace.output_folder / "tiny.keras"
    network = face_ssd(PRIORS, TINY)
    save_network(network, path)
    write_card(path, {"network": "face_ssd", "class_names": ["face"], "input": {"size": 64}, **PRIORS.to_card()})
    export_face_ssd(path)
    return workspace.base_path


@pytest.fixture
def base(tiny_base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_base, tmp_path / "base"))


@pytest.fixture(autouse=True)
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network of full size takes long to compile."""
    monkeypatch.setattr(start, "face_refiner", lambda view: face_refiner(view, RefinerSize((4, 4, 4, 8, 8, 8), 4)))


@pytest.fixture(scope="module")
def trained(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two stages in one command leave."""
    base = Path(shutil.copytree(tiny_base, tmp_path_factory.mktemp("trained") / "base"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "face_refiner", lambda view: face_refiner(view, RefinerSize((4, 4, 4, 8, 8, 8), 4)))
        assert train(base, *STAGES) == 0
    return base


def test_it_leaves_model_card_copy_log_and_curves_beside_the_detector(trained: Path) -> None:
    output = trained / "output"
    names = [f"tiny_refiner{ending}" for ending in (".json", ".keras", ".onnx", "_curves.png", "_log.csv")]
    assert sorted(path.name for path in output.iterdir()) == sorted([*names, "tiny.json", "tiny.keras", "tiny.onnx"])
    card = json.loads((output / "tiny_refiner.json").read_text())
    assert (card["network"], card["detector"], card["note"]) == ("face_refiner", "tiny.keras", "Painted.")
    assert card["view"] == {"size": 64, "context": 1.5}
    assert [(stage["learning_rate"], stage["epochs_run"]) for stage in card["stages"]] == [(0.01, 1), (0.001, 2)]
    assert card["stages"][0]["views"] == 48
    assert card["metrics"]["val"]["confidence"] == card["min_confidence"] == 0.4
    assert card["onnx"]["sha256"] == sha256_of(output / "tiny_refiner.onnx")
    rows = read_log(output / "tiny_refiner_log.csv", COLUMNS)
    assert [(row["stage"], row["epoch"]) for row in rows] == [(1, 1), (2, 1), (2, 2)]


def test_the_copy_says_what_the_saved_model_says(trained: Path) -> None:
    path = trained / "output" / "tiny_refiner.keras"
    pixels = np.random.default_rng(0).uniform(0, 255, (5, 64, 64, 3)).astype(np.float32)
    expected = keras.ops.convert_to_numpy(load_network(path)(pixels, training=False))
    copy = OnnxNetwork(path.with_suffix(".onnx").read_bytes(), "the copy")
    np.testing.assert_allclose(copy(pixels), expected, atol=1e-4)


def test_the_detector_of_the_application_uses_it(trained: Path) -> None:
    path = trained / "output" / "tiny.onnx"
    picture = read_face_split(Workspace(trained).face_split_path("val")).image(0)
    settings = DetectionSettings(min_confidence=0.001)
    faces = FaceSsdDetector(path, settings).detect(picture)
    assert faces
    assert all(face.landmarks is not None and len(face.landmarks) == 5 for face in faces)
    assert all(face.landmarks is None for face in FaceSsdDetector(path, settings, second_stage=False).detect(picture))
    assert FaceSsdDetector(path).settings.min_confidence == 0.4


def write_crops(base: Path, split: str = "train") -> Path:
    """Six crops that a painted face fills."""
    images = np.zeros((6, 48, 48, 1), np.uint8)
    for image in images:
        pixels = np.zeros((48, 48, 3), np.uint8)
        paint_face(pixels, (8, 4, 32, 40))
        image[...] = pixels[..., 1:2]
    path = base / "hdf5" / f"crops_{split}.hdf5"
    write_split(path, Split(images, np.zeros(6, np.uint8), ("happy", "sad"), split, "crops.csv", "1" * 64))
    return path


def test_crops_are_more_faces_to_learn_from(
    base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The untrained detector suspects nothing at the usual score.
    monkeypatch.setattr(detector, "CloseUpSettings", lambda: CloseUpSettings(suspicion=0.001, least_share=0.0))
    assert train(base, "-epochs", "1", "--crops", str(write_crops(base))) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "to learn from" in line]
    # Six pictures with one face each, and the crops.
    entry = json.loads((base / "output" / "tiny_refiner.json").read_text())["data"]["crops"]
    assert entry == {"source": "crops.csv", "sha256": "1" * 64, "images": 6, "faces": 6}
    assert line.startswith("12 faces and ")


def test_crops_must_be_of_a_train_split(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(base, "--crops", str(base / "none.hdf5")) == 2
    assert "There is no data set " in last_error(capsys)
    assert train(base, "--crops", str(write_crops(base, "val"))) == 2
    assert "must be the train split, but it says that it is 'val'" in last_error(capsys)
    assert not (base / "output" / "tiny_refiner.keras").exists()


def test_a_run_that_was_stopped_goes_on_as_if_nothing_had_happened(
    trained: Path, base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun: list[int] = []

    def stop_in_third(self: SaveResumePoint, epoch: int, logs: Any = None) -> None:
        begun.append(epoch)
        if len(begun) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(SaveResumePoint, "on_epoch_begin", stop_in_third)
    assert train(base, *STAGES) == 130
    capsys.readouterr()
    assert train(base, *STAGES) == 2
    assert "tiny_refiner.resume.h5; resume it, or delete that file (--resume)" in last_error(capsys)
    assert train(base, *STAGES, "--resume", "--seed", "1") == 2
    assert "has another seed: 0. Received: 1" in last_error(capsys)
    assert train(base, *STAGES, "--resume") == 0
    assert begun == [0, 0, 1, 1]
    for received, expected in zip(
        load_network(base / "output" / "tiny_refiner.keras").get_weights(),
        load_network(trained / "output" / "tiny_refiner.keras").get_weights(),
        strict=True,
    ):
        np.testing.assert_allclose(received, expected, rtol=1e-2, atol=1e-3)


def test_an_input_model_goes_on_at_a_tenth_of_its_last_rate(
    trained: Path, base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(trained / "output", base / "output", dirs_exist_ok=True)
    assert train(base, "-im", "tiny_refiner.keras", "-epochs", "1", "-om", "more.keras") == 0
    assert "Input model " in capsys.readouterr().out
    card = json.loads((base / "output" / "more.json").read_text())
    assert [stage["learning_rate"] for stage in card["stages"]] == pytest.approx([0.01, 0.001, 0.0001])
    assert card["stages"][2]["input_model"] == "tiny_refiner.keras"
    rows = read_log(base / "output" / "more_log.csv", COLUMNS)
    assert [row["stage"] for row in rows] == [1, 2, 2, 3]


def test_it_is_exported_without_training(trained: Path, base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(trained / "output", base / "output", dirs_exist_ok=True)
    copy = base / "output" / "tiny_refiner.onnx"
    copy.unlink()
    export = ["-b", str(base), "--export", "onnx", "-im", "tiny_refiner.keras"]
    assert TrainFaceRefiner.main([*export, "--views", "10"]) == 2
    assert "trains nothing unless the output is named; leave out what is for training (-om; --views)" in last_error(
        capsys
    )
    assert not copy.exists()
    assert TrainFaceRefiner.main(export) == 0
    assert capsys.readouterr().out == f"Wrote {copy}\n"
    assert copy.is_file()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--detector", "none.keras"), "There is no model none.keras and none at "),
        (("-om", "second.h5"), "The second stage's file must end in .keras. Received: "),
        (("-om", "second"), "A model's name must end in one of "),
        (
            ("--augmentation", "none"),
            "augmentation cannot be none: views that are not shifted teach ",
        ),
        (("--augmentation", "shift=0.5"), "shift must be 0..0.25. Received: 0.5"),
        (("--views", "1"), "views must be at least 2. Received: 1"),
        (("--card_confidence", "2"), "card_confidence must be within 0..1. Received: 2.0"),
        (("-im", "tiny.keras"), "must be a face_refiner with its card. Received: the card of 'face_ssd'"),
        (("--detector", "tiny_refiner.keras"), "There is no model "),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    options: tuple[str, ...], words: str, base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.name for path in (base / "output").iterdir())
    assert train(base, *options) == 2
    assert words in last_error(capsys)
    assert sorted(path.name for path in (base / "output").iterdir()) == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"view": {"size": 48, "context": 1.5}}, "must have the input (None, 48, 48, 3) and the output (None, 15)"),
        ({"view": {"size": 64, "context": 2.0}}, "must see FaceView(size=64, context=1.5) of a face. Received: "),
        ({"view": None}, "tiny_refiner.json: view must hold a size and a context. Received: None"),
        ({"stages": []}, "must state a learning_rate. Received: None"),
    ],
)
def test_an_input_model_that_does_not_fit_is_refused(
    changes: dict[str, Any], words: str, trained: Path, base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(trained / "output", base / "output", dirs_exist_ok=True)
    path = base / "output" / "tiny_refiner.keras"
    write_card(path, {**json.loads(path.with_suffix(".json").read_text()), **changes})
    assert train(base, "-im", "tiny_refiner.keras", "-om", "more.keras") == 2
    assert words in last_error(capsys)
    assert not (base / "output" / "more.keras").exists()
