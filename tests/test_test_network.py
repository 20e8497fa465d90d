"""TestNetwork.py, run in this process on tiny data."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import TestNetwork
from emotion_recognition.data.audit.duplicates import has_twin
from emotion_recognition.data.files.hdf5 import Split, read_split
from emotion_recognition.emotions import FER2013_EMOTIONS
from emotion_recognition.models.card import read_card
from emotion_recognition.models.export import export_model
from emotion_recognition.workspace import Variant, Workspace, beside
from tests.conftest import write_splits

REPOSITORY = Path(__file__).resolve().parent.parent
ENDINGS = ("confusion.png", "reliability.png", "report.json", "report.txt")


def run(base: Path, *arguments: str | Path) -> int:
    return TestNetwork.main(["-b", str(base), *map(str, arguments)])


@pytest.fixture
def base(small_base: Path, brightness_model: Path) -> Path:
    """The tiny data set, with the released 7-class model replaced by one that tells brightness."""
    released = Workspace(small_base).released_model(7)
    for suffix in (".keras", ".json"):
        released.with_suffix(suffix).write_bytes(brightness_model.with_suffix(suffix).read_bytes())
    return small_base


def outputs(base: Path) -> list[str]:
    return sorted(file.name for file in (base / "output").iterdir() if file.name.endswith(ENDINGS))


def test_the_released_model_is_tested_and_reported(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(base) == 0
    printed = capsys.readouterr().out
    stem = "emotion_classification_7classes_test"
    assert outputs(base) == [f"{stem}_{ending}" for ending in ENDINGS]
    text = (base / "output" / f"{stem}_report.txt").read_text(encoding="utf-8")
    assert printed.startswith(text)
    assert printed.rstrip().endswith(
        f"Wrote {base / 'output' / stem}_report.txt, _report.json, _confusion.png and _reliability.png"
    )
    content = json.loads((base / "output" / f"{stem}_report.json").read_text(encoding="utf-8"))
    assert (content["split"], content["metrics"]["examples"]) == ("test", 14)
    assert [row["examples"] for row in content["metrics"]["classes"].values()] == [2] * 7
    # Noise has a mean of one half, the brightness of the fourth class, happy.
    assert [row[3] for row in content["metrics"]["confusion_matrix"]] == [2] * 7
    assert content["metrics"]["accuracy"] == 2 / 14


def test_a_gallery_is_drawn_where_asked_for(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = base / "output" / "emotion_classification_7classes_val_gallery.png"
    assert run(base, "--split", "val") == 0
    assert not path.exists()
    assert run(base, "--split", "val", "--gallery") == 0
    assert path.is_file()
    assert capsys.readouterr().out.endswith(f"Wrote {path}\n")


def test_the_figures_go_into_the_models_card(base: Path) -> None:
    model = Workspace(base).released_model(7)
    assert run(base, "--split", "val") == 0
    assert run(base) == 0
    card = read_card(model)
    assert card is not None
    assert {split: figures["examples"] for split, figures in card["metrics"].items()} == {"val": 14, "test": 14}
    assert card["class_names"] == list(FER2013_EMOTIONS)


def test_running_twice_writes_the_same_bytes(base: Path) -> None:
    files = [base / "output" / f"emotion_classification_7classes_test_{ending}" for ending in ENDINGS]
    assert run(base) == 0
    before = [file.read_bytes() for file in files]
    assert run(base) == 0
    assert [file.read_bytes() for file in files] == before


def test_the_batch_size_changes_nothing_that_is_reported(base: Path) -> None:
    """Processors may round the last digit of a probability otherwise in batches of another size."""
    figures, text = (
        base / "output" / f"emotion_classification_7classes_test_report.{suffix}" for suffix in ("json", "txt")
    )
    assert run(base) == 0
    before = text.read_text(encoding="utf-8"), numbers_in(json.loads(figures.read_text(encoding="utf-8")))
    assert run(base, "--batch_size", "3") == 0
    assert text.read_text(encoding="utf-8") == before[0]
    assert numbers_in(json.loads(figures.read_text(encoding="utf-8"))) == pytest.approx(before[1], rel=1e-5)


def numbers_in(value: Any) -> list[float]:
    """All numbers in a JSON value, in their order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for part in value for number in numbers_in(part)]
    return [float(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def test_files_of_a_model_elsewhere_lie_beside_it(base: Path, brightness_model: Path, tmp_path: Path) -> None:
    model = tmp_path / "elsewhere" / "mine.keras"
    model.parent.mkdir()
    model.write_bytes(brightness_model.read_bytes())
    assert run(base, "-im", model, "--split", "val") == 0
    assert sorted(file.name for file in model.parent.iterdir()) == [
        "mine.keras",
        *(f"mine_val_{ending}" for ending in ENDINGS),
    ]


def test_several_models_are_averaged_into_output(base: Path, brightness_model: Path) -> None:
    assert run(base, "-im", brightness_model, "emotion_classification_7classes.keras") == 0
    stem = "brightness+emotion_classification_7classes_test"
    assert outputs(base) == [f"{stem}_{ending}" for ending in ENDINGS]
    assert run(base, "-im", brightness_model, brightness_model, "--output_name", "pair") == 0
    content = json.loads((base / "output" / "pair_test_report.json").read_text(encoding="utf-8"))
    assert content["models"] == ["brightness.keras", "brightness.keras"]


def test_twins_are_left_out_and_a_missing_training_split_is_mentioned(
    base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = Workspace(base)
    train, test = (read_split(workspace.split_path(split, 7)) for split in ("train", "test"))
    images = train.images.copy()
    images[:3] = test.images[4:7]
    path = workspace.split_path("train", 7)
    write_splits({path: Split(images, train.labels, train.class_names, "train", train.source_name, "0" * 64)})
    assert has_twin(test.images, images).sum() == 3
    assert run(base) == 0
    assert "without 3 twins of training images" in capsys.readouterr().out
    path.unlink()
    assert run(base) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"note: there is no {path}, so ")
    assert "twins of training images" not in printed


@pytest.mark.parametrize("arguments", [["--pixel_range", "-1..1"], ["--pixel_range=-1..1"]])
def test_the_range_that_starts_with_a_minus_works_both_ways(base: Path, arguments: list[str]) -> None:
    assert run(base, *arguments) == 0
    content = json.loads((base / "output" / "emotion_classification_7classes_test_report.json").read_text())
    assert content["pixel_range"] == "-1..1"
    # Scaled again by the model itself, every mean is next to 0, which is anger.
    assert [row[0] for row in content["metrics"]["confusion_matrix"]] == [2] * 7


@pytest.mark.parametrize("options", [["--tta", "flip"], ["--tta"], ["--pixel_range", "0..1"]])
def test_figures_of_unusual_settings_stay_out_of_the_card(base: Path, options: list[str]) -> None:
    model = Workspace(base).released_model(7)
    card = read_card(model)
    assert run(base, *options) == 0
    content = json.loads(beside(model, "_test_report.json").read_text(encoding="utf-8"))
    assert (content["tta"], content["pixel_range"]) in [("flip", "0..255"), ("full", "0..255"), ("none", "0..1")]
    assert read_card(model) == card


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-im", "missing.keras"], r"There is no model missing.keras and none at .*missing.keras."),
        (["-n", "6"], "There is no model .*emotion_classification_6classes.keras."),
        (["-n", "6", "-im", "emotion_classification_7classes.keras"], r"7 classes \(anger, disgust.*has 6 \(anger"),
        (["--batch_size", "0"], r"batch_size must be at least 1. Received: 0 \(--batch_size\)"),
        (["--output_name", ""], r"output_name must be a name without a folder"),
        (["--output_name", ".."], r"output_name must be a name without a folder"),
        (["--output_name", "a/b"], r"output_name must be a name without a folder.*Received: a/b \(--output_name\)"),
        (["-im", "README.txt"], "must end in .keras, .h5 or .hdf5"),
        (["-im", "broken.keras"], "broken.keras is not a .keras file"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    base: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (base / "output" / "README.txt").write_text("no model")
    (base / "output" / "broken.keras").write_text("no model")
    assert run(base, *arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert re.search(message, lines[0])
    assert outputs(base) == []


def test_a_missing_data_set_says_what_to_run(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Workspace(base).split_path("test", 7).unlink()
    assert run(base) == 2
    assert capsys.readouterr().err.endswith("fer2013_7classes_test.hdf5. (BuildDataset.py writes it)\n")


def test_an_unknown_split_or_range_is_argparses_error(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--split", "train"], ["--pixel_range", "0..2"]):
        with pytest.raises(SystemExit) as caught:
            run(base, *arguments)
        assert caught.value.code == 2
        assert "invalid choice" in capsys.readouterr().err


def test_help_needs_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys, TestNetwork\n"
        "try:\n    TestNetwork.main(['--help'])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "print([name for name in ('keras', 'tensorflow', 'cv2', 'matplotlib', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "--pixel_range" in done.stdout


@pytest.mark.real_data
def test_the_real_test_split_counts_whole(
    real_splits: Path, brightness_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "brightness.keras"
    model.write_bytes(brightness_model.read_bytes())
    assert run(real_splits, "-im", model) == 0
    content = json.loads((tmp_path / "brightness_test_report.json").read_text(encoding="utf-8"))
    counts = [row["examples"] for row in content["metrics"]["classes"].values()]
    assert counts == [491, 55, 528, 879, 594, 416, 626]
    assert [sum(row) for row in content["metrics"]["confusion_matrix"]] == counts
    assert content["twins_in_train"] == 291
    assert content["metrics_without_twins"]["examples"] == 3589 - 291
    assert "without 291 twins of training images" in capsys.readouterr().out


def test_ferplus_labels_have_files_and_figures_of_their_own(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = Workspace(base)
    for name in ("train", "test"):
        split = read_split(workspace.split_path(name, 7))
        write_splits(
            {workspace.split_path(name, 7, variant=Variant(labels="ferplus")): replace(split, labels_from="ferplus")}
        )
    assert run(base, "--labels", "ferplus") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["labels", "ferplus"] in lines
    assert outputs(base) == [f"emotion_classification_7classes_ferplus_test_{ending}" for ending in ENDINGS]
    card = read_card(workspace.released_model(7))
    assert card is not None
    assert "test" not in card.get("metrics", {})
    assert card["metrics"]["ferplus_test"]["examples"] == 14


def test_a_runtime_runs_the_copy_in_place_of_keras(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = Workspace(base).released_model(7)
    assert run(base, "--runtime", "opencv") == 2
    assert (
        "has no ONNX copy beside it, which a runtime would run (TrainNetwork.py --export onnx"
        in capsys.readouterr().err
    )
    export_model(model, ["onnx"])
    report = base / "output" / "emotion_classification_7classes_test_report.json"
    metrics = []
    for options in ((), ("--runtime", "opencv"), ("-im", model.with_suffix(".onnx"))):
        before = model.with_suffix(".json").read_bytes()
        assert run(base, *options) == 0
        printed = capsys.readouterr().out
        assert bool(options) == ("\nruntime: " in printed)
        written = json.loads(report.read_text(encoding="utf-8"))
        assert bool(options) == any(note.startswith("run by ") for note in written["notes"])
        metrics.append(written["metrics"])
        # What another runtime measures is not what the card is about.
        assert ("--runtime" in options) == (model.with_suffix(".json").read_bytes() == before)
        report.unlink()
    assert metrics[0]["confusion_matrix"] == metrics[1]["confusion_matrix"] == metrics[2]["confusion_matrix"]
