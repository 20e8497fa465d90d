"""TrainFaceDetector.py as a person uses it, on a dozen painted pictures."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import h5py
import keras
import numpy as np
import pytest

import TrainFaceDetector
from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation
from emotion_recognition.data.face_pictures.hdf5 import read_face_split, write_face_splits
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.models.card import read_card, sha256_of, write_card
from emotion_recognition.models.face_ssd.network import face_ssd
from emotion_recognition.models.files import load_network, save_network
from emotion_recognition.training.face_ssd import start
from emotion_recognition.training.face_ssd.settings import FaceStageSettings
from emotion_recognition.training.face_ssd.stage import COLUMNS
from emotion_recognition.training.log_file import read_log
from emotion_recognition.training.resume_point import SaveResumePoint
from emotion_recognition.workspace import Workspace
from tests.painted_faces import PRIORS, TINY, painted_split

REPOSITORY = Path(__file__).resolve().parent.parent

#: Of every run here.
SMALL = ("--size", "64", "--batch_size", "4")

#: One epoch, then two.
STAGES = ("-im", "tiny.keras", "--stages", "0.01:1,1e-3:2", "-om", "next.keras")


def train(base: Path, *options: str) -> int:
    return TrainFaceDetector.main(["-b", str(base), *SMALL, *options])


def last_error(capsys: pytest.CaptureFixture[str]) -> str:
    """The whole of standard error, which must be one line."""
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    return error


def make_base(base: Path) -> Path:
    """A base path with two splits, and a tiny detector of a rate of 0.01 in output/."""
    workspace = Workspace(base)
    splits = (painted_split("train", 8, without_faces=2), painted_split("val", 5, without_faces=1))
    write_face_splits({workspace.face_split_path(split.split): split for split in splits})
    keras.utils.set_random_seed(1)
    path = workspace.output_folder / "tiny.keras"
    save_network(face_ssd(PRIORS, TINY), path)
    write_card(
        path, {"network": "face_ssd", "class_names": ["face"], **PRIORS.to_card(), "stages": [{"learning_rate": 0.01}]}
    )
    return base


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make_base(tmp_path / "base")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two stages in one command leave, from the tiny detector."""
    base = make_base(tmp_path_factory.mktemp("trained"))
    assert train(base, *STAGES) == 0
    return base


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run_copy(path: Path, pixels: np.ndarray) -> list[np.ndarray]:
    copy = cv2.dnn.readNetFromONNX(str(path))
    copy.setInput(pixels)
    return sorted((np.array(output) for output in copy.forward(copy.getUnconnectedOutLayersNames())), key=np.size)


def test_a_new_detector_is_trained_and_leaves_model_card_copy_log_and_curves(
    base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The network of full size takes long to compile.
    monkeypatch.setattr(start, "face_ssd", lambda priors, landmarks: face_ssd(priors, TINY, landmarks=landmarks))
    options = (
        "--augmentation",
        "mosaic=0.25,flip=0,stretch=0",
        "--mixed_precision",
        "--note",
        "Painted.",
        "--card_confidence",
        "0.6",
    )
    assert train(base, "-epochs", "1", *options) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    output = base / "output"
    names = [f"face_ssd_final{ending}" for ending in (".json", ".keras", ".onnx", "_curves.png", "_log.csv")]
    assert sorted(path.name for path in output.iterdir()) == sorted([*names, "tiny.json", "tiny.keras"])
    assert "New network face_ssd with " in printed.out
    assert "8 training and 5 validation pictures; writes " in printed.out
    assert "Average precision on val 0." in printed.out
    assert printed.out.splitlines()[-1].startswith(f"Wrote {output / 'face_ssd_final.keras'}")

    card = json.loads((output / "face_ssd_final.json").read_text())
    assert card["note"] == "Painted."
    assert FaceSsdDetector(output / "face_ssd_final.onnx").settings.min_confidence == card["min_confidence"] == 0.6
    assert card["metrics"]["val"]["confidence"] == 0.6
    network = load_network(output / "face_ssd_final.keras")
    # The faces of the views, on whatever scale, are of one shape: 4 wide, 5 high, and rounded when painted.
    assert card["priors"]["aspect_ratio"] == pytest.approx(0.8, abs=0.03)
    assert card["parameters"] == sum(weights.size for weights in network.get_weights())
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    (stage,) = card["stages"]
    assert stage["mixed_precision"] is True
    assert (stage["epochs_run"], stage["size"], stage["input_model"], stage["schedule"]) == (1, 64, None, "cosine")
    assert stage["augmentation"]["mosaic"] == 0.25
    assert stage["augmentation"]["flip"] is False
    assert stage["augmentation"]["rotation"] == FaceAugmentation().rotation
    assert card["data"]["train"] == {
        "source": "train.csv",
        "sha256": "0" * 64,
        "pictures": 8,
        "faces": 6,
        "kinds": {"human": 6, "noface": 2},
    }
    assert card["onnx"]["model_sha256"] == sha256_of(output / "face_ssd_final.keras")
    assert card["onnx"]["sha256"] == sha256_of(output / "face_ssd_final.onnx")
    assert cv2.imread(str(output / "face_ssd_final_curves.png")) is not None


def test_stages_follow_each_other_in_one_card_and_one_log(trained: Path) -> None:
    output = trained / "output"
    card = json.loads((output / "next.json").read_text())
    received = [(s["learning_rate"], s["epochs_run"], s["input_model"]) for s in card["stages"][1:]]
    assert received == [(0.01, 1, "tiny.keras"), (0.001, 2, "the stage before")]
    assert card["stages"][0] == {"learning_rate": 0.01}
    rows = read_log(output / "next_log.csv", COLUMNS)
    assert [(row["stage"], row["epoch"]) for row in rows] == [(2, 1), (3, 1), (3, 2)]
    assert card["stages"][2]["val_loss"] == rows[2]["val_loss"]
    assert not list(output.glob("*.resume.h5"))
    assert not list(output.glob(".*"))


def test_the_copy_says_what_the_saved_model_says(trained: Path) -> None:
    network = load_network(trained / "output" / "next.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (1, 64, 128, 3)).astype(np.float32)
    expected = sorted(map(keras.ops.convert_to_numpy, network(pixels, training=False)), key=np.size)
    for received, output in zip(run_copy(trained / "output" / "next.onnx", pixels), expected, strict=True):
        np.testing.assert_allclose(received, output, atol=1e-4)


def test_the_copy_runs_as_the_detector_of_the_application(trained: Path) -> None:
    settings = DetectionSettings(min_confidence=0.001)
    detector = FaceSsdDetector(trained / "output" / "next.onnx", settings)
    picture = read_face_split(Workspace(trained).face_split_path("val")).image(0)
    faces = detector.detect(picture)
    assert faces
    assert all(0.001 <= face.score <= 1 for face in faces)


def test_an_input_model_goes_on_at_a_tenth_of_its_last_rate_and_piped_output_is_plain_lines(
    trained: Path, tmp_path: Path
) -> None:
    source, target = trained / "output" / "next.keras", tmp_path / "elsewhere" / "more.keras"
    command = [sys.executable, "TrainFaceDetector.py", "-b", str(trained), *SMALL, "-epochs", "1"]
    command += ["-im", str(source), "-om", str(target), "--augmentation", "none"]
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY, env=environment)
    assert "\r" not in done.stdout
    assert "\x08" not in done.stdout
    assert done.stdout.count("val_loss: ") == 1
    assert f"Input model {source}; learning rate 0.0001\n" in done.stdout
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr
    card = read_card(target)
    assert card is not None
    assert "note" not in card
    assert [stage["learning_rate"] for stage in card["stages"]] == pytest.approx([0.01, 0.01, 0.001, 0.0001])
    assert card["stages"][3]["augmentation"] is None
    assert card["stages"][3]["input_model"] == "next.keras"
    assert card["priors"] == json.loads(source.with_suffix(".json").read_text())["priors"]
    assert [row["stage"] for row in read_log(target.with_name("more_log.csv"), COLUMNS)] == [2, 3, 3, 4]


def test_a_run_that_was_stopped_goes_on_as_if_nothing_had_happened(
    trained: Path, base: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stopped in the last of three epochs; the run without a stop is the one of ``trained``."""
    begun: list[int] = []

    def stop_in_third(self: SaveResumePoint, epoch: int, logs: Any = None) -> None:
        begun.append(epoch)
        if len(begun) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(SaveResumePoint, "on_epoch_begin", stop_in_third)
    assert train(base, *STAGES) == 130
    assert capsys.readouterr().err == "interrupted\n"
    output = base / "output"
    # The first stage is saved whole.
    assert len(json.loads((output / "next.json").read_text())["stages"]) == 2
    assert (output / "next.onnx").is_file()

    # It is neither thrown away nor mixed with another run.
    before = files(output)
    assert train(base, *STAGES) == 2
    assert "next.resume.h5; resume it, or delete that file (--resume)" in last_error(capsys)
    assert train(base, *STAGES, "--resume", "--seed", "1") == 2
    assert "has another seed: 0. Received: 1" in last_error(capsys)
    assert files(output) == before

    assert train(base, *STAGES, "--resume") == 0
    assert begun == [0, 0, 1, 1]
    assert sorted(files(output)) == sorted(files(trained / "output"))

    def rows(folder: Path) -> list[dict[str, Any]]:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in read_log(folder / "next_log.csv", COLUMNS)]

    assert rows(output) == [pytest.approx(row, rel=1e-3) for row in rows(trained / "output")]
    for received, weights in zip(
        load_network(output / "next.keras").get_weights(),
        load_network(trained / "output" / "next.keras").get_weights(),
        strict=True,
    ):
        np.testing.assert_allclose(received, weights, rtol=1e-2, atol=1e-3)


def test_an_existing_detector_is_exported_without_training(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = base / "output"
    before = files(output)
    assert TrainFaceDetector.main(["-b", str(base), "--export", "onnx", "-im", "tiny.keras"]) == 0
    assert capsys.readouterr().out == f"Wrote {output / 'tiny.onnx'}\n"
    after = files(output)
    assert sorted(after) == ["tiny.json", "tiny.keras", "tiny.onnx"]
    assert after["tiny.keras"] == before["tiny.keras"]
    card = json.loads(after["tiny.json"])
    assert card.pop("onnx")["model_sha256"] == sha256_of(output / "tiny.keras")
    assert card == json.loads(before["tiny.json"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-im", "missing.keras"], ["no model missing.keras"]),
        (["-im", "other.keras"], ["must be a face_ssd with its card", "'vggnet'"]),
        (["-im", "cardless.keras"], ["cardless.keras has no card beside it"]),
        (["-im", "stageless.keras"], ["tells of no stage, so its learning rate is unknown; give one (-lr)"]),
        (["-om", "model.h5"], ["must end in .keras", "model.h5"]),
        (["-om", "model.onnx"], [".keras, .h5, .hdf5", "model.onnx"]),
        (["-lr", "0"], ["learning_rate must be above 0", "Received: 0.0"]),
        (["-lr", "nan"], ["learning_rate must be above 0"]),
        (["-epochs", "0"], ["epochs must be at least 1"]),
        (["--batch_size", "0"], ["batch_size must be at least 1"]),
        (["--size", "100"], ["size must be a multiple of 64", "Received: 100"]),
        (["--seed", "-1"], ["seed must be at least 0"]),
        (["--weight_decay", "1"], ["weight_decay must be at least 0 and below 1"]),
        (["--card_confidence", "1.5"], ["card_confidence must be", "Received: 1.5 (--card_confidence)"]),
        (["--ema", "1"], ["ema must be at least 0 and below 1"]),
        (["--patience", "3"], ["patience must be none with a schedule"]),
        (["--patience", "0", "--schedule", "constant"], ["patience must be at least 1"]),
        (["--augmentation", "turn=3"], ["augmentation must be none or mosaic=NUMBER", "Received: turn=3"]),
        (["--augmentation", "mosaic=2"], ["mosaic must be 0..1. Received: 2.0"]),
        (["--augmentation", "flip=2"], ["augmentation must be none or", "Received: flip=2"]),
        (["--stages", "1e-3:2", "-epochs", "1"], ["--stages has the learning rates", "leave out -lr and -epochs"]),
        (["--stages", "1e-3:2", "-lr", "1"], ["--stages has the learning rates", "leave out -lr and -epochs"]),
        (["--stages", "1e-3"], ["stages must be rate:epochs pairs", "Received: 1e-3 (--stages)"]),
        (["--stages", "1e-3:0"], ["epochs must be at least 1"]),
        (["--resume", "-im", "tiny.keras"], ["nothing to resume", "face_ssd_final.resume.h5"]),
        (["--export", "litert"], ["export must be some of onnx. Received: litert (--export)"]),
        (["--export", "litert", "-im", "tiny.keras"], ["export must be some of onnx. Received: litert"]),
        (["--export", "onnx", "-im", "missing.keras"], ["no model missing.keras"]),
        (["--export", "onnx", "-im", "other.keras"], ["must be a face_ssd with its card"]),
        (["--export", "onnx", "-im", "cardless.keras"], ["has no card beside it"]),
        (["--export", "onnx", "-im", "broken.keras"], ["is not a .keras file, or is damaged"]),
    ],
)
def test_a_mistake_ends_in_one_line_and_leaves_nothing(
    mistakes: Path, options: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = _files(mistakes)
    exports = {"--export", "-im"} <= set(options)  # which takes no options of a training
    assert TrainFaceDetector.main(["-b", str(mistakes), *(() if exports else SMALL), *options]) == 2
    error = last_error(capsys)
    for word in words:
        assert word in error
    assert _files(mistakes) == before


def _files(folder: Path) -> dict[Path, int | None]:
    """All that is in a folder, with the times at which files were last changed; a folder's time says little."""
    return {path: path.stat().st_mtime_ns if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def mistakes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base path with models that are none."""
    base = make_base(tmp_path_factory.mktemp("mistakes"))
    output = base / "output"
    card = json.loads((output / "tiny.json").read_text())
    for name in ("other", "cardless", "stageless"):
        shutil.copy(output / "tiny.keras", output / f"{name}.keras")
    write_card(output / "other.keras", {**card, "network": "vggnet"})
    write_card(output / "stageless.keras", {**card, "stages": []})
    (output / "broken.keras").write_bytes(b"rubbish")
    return base


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--patience", "often"], "--patience: must be a whole number or none. Received: often"),
        (["-epochs", "many"], "-epochs/--number_of_epochs: invalid int value: 'many'"),
        (["--optimizer", "rmsprop"], "--optimizer: invalid choice: 'rmsprop'"),
        (["-n", "7"], "unrecognized arguments: -n 7"),
    ],
)
def test_what_the_command_line_does_not_know_ends_with_status_2(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        TrainFaceDetector.main(options)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_an_option_that_has_got_another_name_ends_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        TrainFaceDetector.main(["--min_confidence", "0.6"])
    assert caught.value.code == 2
    assert capsys.readouterr().err == "error: --min_confidence is now called --card_confidence\n"


def test_missing_and_broken_data_sets_say_what_writes_them(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path / "nothing") == 2
    error = last_error(capsys)
    assert "There is no data set" in error
    assert "faces_train.hdf5. (BuildFaceDataset.py writes it)" in error
    assert not (tmp_path / "nothing").exists()
    val = Workspace(base).face_split_path("val")
    val.unlink()
    assert train(base) == 2
    assert "faces_val.hdf5. (BuildFaceDataset.py writes it)" in last_error(capsys)
    val.write_bytes(b"rubbish")
    assert train(base) == 2
    assert "build it again. (BuildFaceDataset.py --overwrite)" in last_error(capsys)
    with h5py.File(val, "w") as file:
        file.create_dataset("images", data=np.zeros((1, 48, 48, 1), np.uint8))
    assert train(base) == 2
    assert "it holds no pictures with face boxes" in last_error(capsys)


@pytest.mark.parametrize(
    ("split", "message"), [("val", "no detector can be measured on it"), ("train", "no face that is large enough")]
)
def test_a_split_without_a_face_is_refused_before_any_training(
    base: Path, split: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    faceless = painted_split(split, 3, without_faces=3)
    other = painted_split("val" if split == "train" else "train", 5, without_faces=1)
    write_face_splits({Workspace(base).face_split_path(made.split): made for made in (faceless, other)})
    before = sorted(base.rglob("*"))
    assert train(base) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.count("\n") == 1
    assert "pictures; writes" not in printed.out
    assert sorted(base.rglob("*")) == before


def test_an_unwritable_output_is_found_before_any_training(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (base / "file").write_text("no folder")
    assert train(base, "-im", "tiny.keras", "-om", str(base / "file" / "model.keras")) == 2
    printed = capsys.readouterr()
    assert "/file" in printed.err
    assert printed.err.count("\n") == 1
    assert "pictures; writes" not in printed.out


def parsed(*options: str) -> list[FaceStageSettings]:
    return TrainFaceDetector._stages(TrainFaceDetector.build_parser().parse_args(options))


def test_without_options_the_settings_are_those_of_the_library() -> None:
    assert parsed() == [FaceStageSettings()]


def test_every_option_reaches_the_settings() -> None:
    options = ["-lr", "0.02", "-epochs", "3", "--batch_size", "7", "--size", "128", "--patience", "4", "--seed", "5"]
    options += ["--optimizer", "sgd", "--schedule", "constant", "--weight_decay", "0.5", "--mixed_precision"]
    assert parsed(*options, "--augmentation", "none") == [
        FaceStageSettings(
            learning_rate=0.02,
            epochs=3,
            batch_size=7,
            size=128,
            patience=4,
            seed=5,
            optimizer="sgd",
            schedule="constant",
            weight_decay=0.5,
            mixed_precision=True,
            augmentation=None,
        )
    ]
    assert parsed("--ema", "0.9", "--patience", "none") == [FaceStageSettings(ema=0.9)]


def test_stages_share_all_but_rate_and_epochs() -> None:
    received = parsed("--stages", "0.1:3,0.01:2", "--size", "64")
    assert received == [
        FaceStageSettings(learning_rate=0.1, epochs=3, size=64),
        FaceStageSettings(learning_rate=0.01, epochs=2, size=64),
    ]


def test_help_and_import_load_neither_keras_nor_figures() -> None:
    code = (
        "import sys, TrainFaceDetector\n"
        "try: TrainFaceDetector.main(['--help'])\n"
        "except SystemExit as stop: assert stop.code == 0\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'matplotlib', 'sklearn', 'h5py'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    # Defaults are said where they say something, also those that depend on other options.
    shown = " ".join(done.stdout.split())
    defaults = FaceStageSettings()
    assert f"(default: {defaults.learning_rate:g}; from an input model: a tenth of that model's own)" in shown
    assert f"exactly as many (default: {defaults.epochs})" in shown
    assert "(default: face_ssd_final.keras)" in shown
    assert "(default: None)" not in shown
