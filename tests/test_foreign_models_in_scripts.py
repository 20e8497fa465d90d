"""TestNetwork.py and EmotionDetector.py with models of other people's making: the right answers, or one line."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import EmotionDetector
import TestNetwork
import TrainNetwork
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.emotions import FER2013_EMOTIONS
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY, write_splits

PHOTO = Workspace(REPOSITORY / DEFAULT_BASE_PATH).sample_photo
ALPHABETICAL = "anger,disgust,fear,happy,neutral,sad,surprise"
#: Those whose probabilities need no word from the caller to be read.
MODELS = ("alphabetical.h5", "custom_loss.h5", "custom_loss.keras", "keras2_adam_lr.h5", "keras2_sequential.h5")

pytestmark = pytest.mark.real_data


@pytest.fixture
def models(real_data: Path, tmp_path: Path) -> Path:
    """Copies of the example models, since reports and cards are written beside them."""
    folder = tmp_path / "models"
    folder.mkdir()
    for path in (real_data / "cases" / "models").iterdir():
        shutil.copyfile(path, folder / path.name)
    (folder / "alphabetical_card.json").rename(folder / "card.json")
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A base path with a test split of seven images of grey 100, one for each class."""
    workspace = Workspace(tmp_path / "base")
    workspace.create_folders()
    images = np.full((7, 48, 48, 1), 100, np.uint8)
    split = Split(images, np.arange(7, dtype=np.uint8), FER2013_EMOTIONS, "test", "fer2013.csv", "0" * 64)
    write_splits({workspace.split_path("test", 7): split})
    return workspace.base_path


def predicted(base: Path, model: Path, *options: str) -> list[str]:
    """The classes that a model says of the test split."""
    assert TestNetwork.main(["-b", str(base), "-m", str(model), *options]) == 0
    report = json.loads(model.with_name(f"{model.stem}_test_report.json").read_text(encoding="utf-8"))
    columns = np.array(report["metrics"]["confusion_matrix"]).sum(axis=0)
    return [name for name, count in zip(report["class_names"], columns, strict=True) if count]


def seen(folder: Path, models: Sequence[Path], *options: str) -> tuple[str, list[str]]:
    """The emotion of the sample photograph's face, and the names of the probabilities."""
    table = folder / "faces.csv"
    arguments = ["--detector", "haar", "-i", str(PHOTO), "-o", str(folder / "out.png"), "--csv", str(table)]
    assert EmotionDetector.main([*arguments, "-im", *map(str, models), *options]) == 0
    with table.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    return row["emotion"], [name for name in row if name in FER2013_EMOTIONS]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_tested_and_what_is_assumed_is_reported(
    base: Path, models: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert TestNetwork.main(["-b", str(base), "-m", str(models / name)]) == 0
    printed = capsys.readouterr()
    notes = [line.split(maxsplit=1)[1] for line in printed.out.splitlines() if line.startswith("note  ")]
    assert notes == [
        f"{name} has no card; its outputs are taken for {', '.join(FER2013_EMOTIONS)}.",
        f"{name} does not say its pixel range; 0..255 is assumed.",
    ]


def test_the_order_of_the_outputs_comes_from_the_caller_or_the_card(base: Path, models: Path) -> None:
    model = models / "alphabetical.h5"
    assert predicted(base, model) == ["neutral"]  # the last of FER2013's order, which is wrong
    assert predicted(base, model, "--classes", ALPHABETICAL) == ["surprise"]
    assert predicted(base, model, "--classes", "angry,disgusted,scared,joy,neutral,sadness,surprised") == ["surprise"]
    (models / "card.json").rename(models / "alphabetical.json")
    assert predicted(base, model) == ["surprise"]


def test_a_submission_has_the_right_index(tmp_path: Path, base: Path, models: Path) -> None:
    source = tmp_path / "test.csv"
    source.write_text("pixels\n" + " ".join(["100"] * 2304))
    model = models / "alphabetical.h5"
    arguments = ["-b", str(base), "-m", str(model), "--predict", str(source), "--classes"]
    assert TestNetwork.main([*arguments, ALPHABETICAL]) == 0
    # FER2013's index of surprise, from its alphabetical names.
    assert (models / "alphabetical_submission.csv").read_text() == "5\n"


def test_the_pixel_range_comes_from_the_caller_or_the_card(base: Path, models: Path) -> None:
    model = models / "minus1_to_1.h5"
    assert predicted(base, model) == ["anger"]  # 100 is far above 1.5
    assert predicted(base, model, "--pixel_range", "-1..1") == ["happy"]
    card = {"network": "other", "class_names": list(FER2013_EMOTIONS), "input": {"pixels": "-1..1"}}
    model.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    assert predicted(base, model) == ["happy"]


def test_detection_knows_the_order_and_the_pixel_range_too(tmp_path: Path, models: Path) -> None:
    alphabetical, scaled = models / "alphabetical.h5", models / "minus1_to_1.h5"
    assert seen(tmp_path, [alphabetical], "--classes", ALPHABETICAL) == ("surprise", ALPHABETICAL.split(","))
    assert seen(tmp_path, [scaled], "--pixel_range", "-1..1")[0] == "happy"
    assert seen(tmp_path, [scaled], "--pixel_range", "0..255")[0] == "anger"
    (models / "card.json").rename(models / "alphabetical.json")
    assert seen(tmp_path, [alphabetical]) == ("surprise", list(FER2013_EMOTIONS))


def test_detection_says_what_it_assumes_on_standard_error(tmp_path: Path, models: Path) -> None:
    # In a process of its own: pytest takes log messages away from standard error.
    arguments = ["--detector", "haar", "-i", str(PHOTO), "-o", str(tmp_path / "out.png"), "-m"]
    code = f"import EmotionDetector\nraise SystemExit(EmotionDetector.main({arguments!r} + ['keras2_sequential.h5']))"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=models, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines() == [
        f"note: keras2_sequential.h5 has no card; its outputs are taken for {', '.join(FER2013_EMOTIONS)}.",
        "note: keras2_sequential.h5 does not say its pixel range; 0..255 is assumed.",
    ]


@pytest.mark.parametrize("name", ["custom_loss.keras", "keras2_sequential.h5"])
def test_copies_of_such_models_are_written_and_run(
    tmp_path: Path, models: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    model = models / name
    assert TrainNetwork.main(["--export", "onnx", "-im", str(model)]) == 0
    assert f"note: {name} has no card; its outputs are taken for {', '.join(FER2013_EMOTIONS)}." in caplog.messages
    by_keras = seen(tmp_path, [shutil.copyfile(model, models / f"alone{model.suffix}")])
    model.unlink()
    assert seen(tmp_path, [model.with_suffix(".onnx")]) == by_keras


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--classes", "a,b"], "has 7 outputs, but 2 classes are named for them: a, b"),
        (["--output", "logits"], ""),
        (["--output", "sigmoid"], ""),
    ],
)
def test_a_contradiction_is_one_line(
    tmp_path: Path, models: Path, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--detector", "haar", "-i", str(PHOTO), "-o", str(tmp_path / "out.png")]
    status = EmotionDetector.main([*arguments, "-m", str(models / "alphabetical.h5"), *options])
    error = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("note: ")]
    assert status == (2 if words else 0)
    assert len(error) == (1 if words else 0)
    assert words in "".join(error)


@pytest.mark.parametrize("name", ["custom_loss.keras", "keras2_adam_lr.h5"])
def test_training_goes_on_from_such_a_model_at_a_rate_that_must_be_given(
    small_base: Path, models: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["-b", str(small_base), "-im", str(models / name), "-om", "next.keras", "-epochs", "1"]
    assert TrainNetwork.main(arguments) == 2
    assert re.search(r"rate is unknown.*\(-lr", capsys.readouterr().err)
    assert TrainNetwork.main([*arguments, "-lr", "1e-3"]) == 0
    assert (small_base / "output" / "next.keras").is_file()
