"""TestNetwork.py --photos, run in this process."""

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

import TestNetwork
from emotion_recognition.evaluation.photographs.report import PHOTOGRAPH_ENDINGS
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY

RELEASED = Workspace(REPOSITORY / DEFAULT_BASE_PATH)


@pytest.fixture
def base(tmp_path: Path, brightness_model: Path) -> Path:
    """A base path whose released 7-class model tells brightness."""
    workspace = Workspace(tmp_path / "base")
    workspace.create_folders()
    for suffix in (".keras", ".json"):
        shutil.copy(brightness_model.with_suffix(suffix), workspace.released_model(7).with_suffix(suffix))
    return workspace.base_path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Class folders with the sample photograph, one picture without a face and one that is none."""
    root = tmp_path / "photos"
    for name in ("happiness", "neutral"):
        (root / name).mkdir(parents=True)
    shutil.copy(RELEASED.sample_photo, root / "happiness" / "sample.jpg")
    cv2.imwrite(str(root / "neutral" / "blank.png"), np.full((60, 80, 3), 90, np.uint8))
    (root / "neutral" / "bad.jpg").write_bytes(b"no picture")
    return root


def run(base: Path, *arguments: str | Path) -> int:
    return TestNetwork.main(["-b", str(base), *map(str, arguments)])


def last_error(capsys: pytest.CaptureFixture[str]) -> str:
    """The last line of standard error."""
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return error.rstrip("\n").rpartition("\n")[2]


def test_photographs_are_tested_and_reported_beside_the_model(
    base: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = (base / "output" / "emotion_classification_7classes.json").read_bytes()
    # One of them cannot be read.
    assert run(base, "--photos", photos) == 1
    printed = capsys.readouterr().out
    start = base / "output" / "emotion_classification_7classes_photos_photos"
    assert all(start.with_name(start.name + ending).is_file() for ending in PHOTOGRAPH_ENDINGS)
    assert printed.startswith(Path(f"{start}_report.txt").read_text(encoding="utf-8"))
    assert printed.rstrip().endswith(f"Wrote {start}_report.txt, _report.json and _confusion.png")
    content = json.loads(Path(f"{start}_report.json").read_text(encoding="utf-8"))
    assert (content["without_face"], list(content["unreadable"])) == (["neutral/blank.png"], ["neutral/bad.jpg"])
    assert (content["metrics"]["examples"], content["metrics"]["confusion_matrix"][6][-1]) == (3, 2)
    assert (base / "output" / "emotion_classification_7classes.json").read_bytes() == card


def test_names_that_are_no_text_are_reported(base: Path, tmp_path: Path) -> None:
    root = tmp_path / "odd\nname"
    (root / "sad").mkdir(parents=True)
    for name in (b"\xff.jpg", b"a\nb.jpg"):
        (root / "sad" / os.fsdecode(name)).write_bytes(b"no picture")
    shutil.copy(RELEASED.sample_photo, root / "sad" / "c.jpg")
    assert run(base, "--photos", root, "--output_name", "odd") == 1
    (report,) = (base / "output").glob("odd_photos_*_report.json")
    content = json.loads(report.read_text(encoding="utf-8"))
    assert sorted(content["unreadable"]) == ["sad/\\udcff.jpg", "sad/a\\nb.jpg"]


def test_running_twice_writes_the_same_bytes(base: Path, photos: Path) -> None:
    assert run(base, "--photos", photos, "--output_name", "a") == 1
    start = base / "output" / "a_photos_photos"
    before = [start.with_name(start.name + ending).read_bytes() for ending in PHOTOGRAPH_ENDINGS]
    assert run(base, "--photos", photos, "--output_name", "a") == 1
    assert [start.with_name(start.name + ending).read_bytes() for ending in PHOTOGRAPH_ENDINGS] == before


def test_the_sample_is_happy_to_both_released_models(tmp_path: Path, photos: Path) -> None:
    base = Workspace(tmp_path / "base")
    base.create_folders()
    for count in (6, 7):
        for suffix in (".keras", ".json", ".onnx"):
            model = RELEASED.released_model(count).with_suffix(suffix)
            shutil.copy(model, base.output_folder / model.name)
        assert run(base.base_path, "-n", str(count), "--photos", photos, "--mirrored", "--detector", "haar") == 1
        report = base.output_folder / f"emotion_classification_{count}classes_photos_photos_report.json"
        content = json.loads(report.read_text(encoding="utf-8"))
        assert (content["metrics"]["classes"]["happy"]["recall"], content["mirrored"]) == (1.0, True)
        assert content["detector"].startswith("haar")


def test_other_words_for_a_models_classes_are_taken(base: Path, photos: Path) -> None:
    model = base / "output" / "emotion_classification_7classes.keras"
    words = "angry,disgusted,scared,smile,sadness,surprised,neutral"
    options = ["-im", model, "--classes", words, "--pixel_range", "0..1", "--output_name", "words"]
    assert run(base, *options, "--photos", photos) == 1
    report = base / "output" / "words_photos_photos_report.json"
    content = json.loads(report.read_text(encoding="utf-8"))
    assert content["metrics"]["classes"]["happy"]["examples"] == 1
    assert content["options"] == {"class_names": words.split(","), "pixel_range": "0..1"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--mirrored"], "--mirrored needs --photos"),
        (["--detector", "haar"], "--detector needs --photos"),
        (["--detector_size", "640"], "--detector_size needs --photos"),
        (["--min_confidence", "0.5"], "--min_confidence needs --photos"),
        (["--fit_prior"], "--fit_prior needs --photos"),
        (["--fit_temperature"], "--fit_temperature needs --photos"),
        (["--keep"], "--keep needs --photos"),
        (["--photos", ".", "--keep"], "--keep needs --fit_prior or --fit_temperature"),
        (["--photos", ".", "--fit_prior", "-im", "a", "b"], "are for a single model"),
        (["--photos", ".", "--fit_temperature", "--mirrored"], "look at each face once; leave out --mirrored"),
        (["--photos", ".", "--fit_prior", "--prior_power", "1"], "--fit_prior finds the power"),
        (["--photos", ".", "--fit_prior", "--keep"], "--keep needs the model that is to be changed"),
        (
            ["--photos", ".", "--fit_temperature", "--keep", "-im", "a", "--output", "logits"],
            "--keep is for what the card says of its model",
        ),
        (
            ["--photos", "PHOTOS", "--fit_temperature", "--keep", "-im", "emotion_classification_7classes.keras"],
            "is a released model; to change its card, name it by its path, or copy it first. (--keep)",
        ),
        (["--photos", "PHOTOS", "--fit_prior"], "to fit a power of, and names no training split. (--fit_prior)"),
        (["-n", "5", "--photos", "PHOTOS", "--fit_prior"], "There is no model"),
        (["--photos", "PHOTOS", "--fit_temperature"], "a fit needs photographs with at least 10 faces"),
        (["--photos", "gone"], "There is no file or folder gone with photographs"),
        (["--photos", ".", "--tta"], "--tta, which is --mirrored here, does not go with --photos"),
        (["--photos", ".", "--split", "val"], "--split does not go with --photos"),
        (["--photos", ".", "--gallery"], "--gallery does not go with --photos"),
        (["--photos", ".", "--batch_size", "3"], "--batch_size does not go with --photos"),
        (["--photos", ".", "--predict"], "--predict does not go with --photos"),
        (["--photos", ".", "--labels", "ferplus"], "--labels does not go with --photos"),
        (["--photos", ".", "--channels", "3"], "--channels does not go with --photos"),
        (["--photos", ".", "--image_size", "96"], "--image_size does not go with --photos"),
        (["--photos", "PHOTOS", "--classes", "happy,tired"], "the class 'happiness' is not one of your own"),
        (["--photos", "PHOTOS", "--prior_power", "0.5"], "prior_power needs a model whose card has its class shares"),
        (["--photos", "PHOTOS", "--min_confidence", "2"], "min_confidence must be within 0..1"),
        (["--photos", "PHOTOS", "-n", "5"], "There is no model"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    base: Path, photos: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    before = sorted(base.rglob("*"))
    assert run(base, *(str(photos) if option == "PHOTOS" else option for option in options)) == 2
    error = last_error(capsys)
    assert error.startswith("error: ")
    assert message in error
    assert sorted(base.rglob("*")) == before


def test_what_is_fitted_is_kept_and_used_from_then_on(base: Path, tmp_path: Path) -> None:
    root = tmp_path / "many"
    for i, name in enumerate(["happy"] * 6 + ["sad"] * 6):
        (root / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(RELEASED.sample_photo, root / name / f"{i}.jpg")
    model = base / "output" / "emotion_classification_7classes.keras"
    card = model.with_suffix(".json")
    before = json.loads(card.read_text(encoding="utf-8"))
    card.write_text(json.dumps({**before, "prior": {"class_shares": [1 / 7] * 7, "power": 0.5}}), encoding="utf-8")
    report = base / "output" / "emotion_classification_7classes_photos_many_report.json"
    fits = ["--photos", root, "-im", model, "--fit_temperature"]
    assert run(base, *fits) == 0
    assert "calibration" not in json.loads(card.read_text(encoding="utf-8"))
    assert run(base, *fits, "--fit_prior", "--keep") == 0
    fit = json.loads(report.read_text(encoding="utf-8"))["fit"]
    after = json.loads(card.read_text(encoding="utf-8"))
    assert after["calibration"]["temperature"] == fit["after"]["temperature"]
    # Equal shares: every power is as good, and the least is taken.
    assert (after["prior"]["power"], after["prior"]["faces"]) == (0.0, 12)
    assert run(base, "--photos", root, "-im", model) == 0
    used = json.loads(report.read_text(encoding="utf-8"))["metrics"]
    expected = fit["after"]["expected_calibration_error"]
    assert used["expected_calibration_error"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.real_data
def test_the_released_model_on_labelled_photographs(real_data: Path, tmp_path: Path) -> None:
    base = Workspace(tmp_path / "base")
    base.create_folders()
    for suffix in (".keras", ".json", ".onnx"):
        model = RELEASED.released_model(7).with_suffix(suffix)
        shutil.copy(model, base.output_folder / model.name)
    # Every sixth photograph: 101 of 606.
    lines = (real_data / "expressions" / "labels.csv").read_text(encoding="utf-8").splitlines()
    header, *rows = lines
    for row in rows[::6]:
        shutil.copy(real_data / "expressions" / row.split(",")[0], tmp_path)
    (tmp_path / "some.csv").write_text("\n".join([header, *rows[::6], ""]), encoding="utf-8")
    assert run(base.base_path, "--photos", tmp_path / "some.csv") == 0
    report = base.output_folder / "emotion_classification_7classes_photos_some_report.json"
    content = json.loads(report.read_text(encoding="utf-8"))
    assert content["metrics"]["examples"] == 101
    assert sum(source["examples"] for source in content["sources"].values()) == 101
    assert sorted(content["sources"]) == ["jaffe", "press"]
    # On all of them it is right in 60.7 %.
    low, high = content["metrics"]["accuracy_interval_95"]
    assert low < 0.607 < high
    assert content["unreadable"] == {}
