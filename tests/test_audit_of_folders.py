"""BuildDataset.py --audit and --drop on sources other than FER2013's CSV."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

import BuildDataset
from emotion_recognition.data.audit.duplicates import has_twin
from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.workspace import SPLITS, Variant, Workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten pictures of noise for each split and class; one is three times in train and once in test, one is blank."""
    rng = np.random.default_rng(0)
    for split in SPLITS:
        for name in ("happy", "sad"):
            (tmp_path / "pictures" / split / name).mkdir(parents=True)
            for number in range(10):
                picture = rng.integers(0, 256, (64, 64), dtype=np.uint8)
                cv2.imwrite(str(tmp_path / "pictures" / split / name / f"{number}.png"), picture)
    root = tmp_path / "pictures"
    for copy in ("train/happy/8.png", "train/sad/9.png", "test/happy/0.png"):
        (root / copy).write_bytes((root / "train/happy/1.png").read_bytes())
    cv2.imwrite(str(root / "val/sad/3.png"), np.full((64, 64), 90, np.uint8))
    return root


def build(base: Path, *options: str | Path) -> int:
    return BuildDataset.main(["-b", str(base), *map(str, options)])


VARIANT = Variant(own_classes=True, image_size=64, channels=3)
OPTIONS = ("--classes", "happy,sad", "--image_size", "64", "--channels", "3")


def test_a_folder_is_built_without_duplicates_and_blanks_and_audited(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(tmp_path, "--input", folder, *OPTIONS, "--drop", "duplicates,blank", "--audit") == 0
    printed = capsys.readouterr().out
    assert "dropped from train: 3 duplicates, 0 blank" in printed
    assert "dropped from val: 0 duplicates, 1 blank" in printed
    assert "marked in test: 1 duplicates, 0 blank" in printed
    workspace = Workspace(tmp_path)
    splits = {name: read_split(workspace.split_path(name, 2, variant=VARIANT)) for name in SPLITS}
    assert {name: len(split) for name, split in splits.items()} == {"train": 17, "val": 19, "test": 20}
    assert splits["train"].class_counts().tolist() == [8, 9]
    assert not has_twin(splits["test"].images, among=splits["train"].images).any()
    marks = splits["test"].marks
    assert marks is not None
    assert marks.sum(axis=0).tolist() == [1, 0]
    report = json.loads(workspace.audit_file(2, ".json", variant=VARIANT).read_text(encoding="utf-8"))
    assert report["images"] == {"train": 17, "val": 19, "test": 20}
    assert report["findings"]["duplicates"]["cases"] == report["findings"]["blank"]["cases"] == []


def test_an_audit_of_a_folder_s_build_finds_what_is_in_it(folder: Path, tmp_path: Path) -> None:
    assert build(tmp_path, "--input", folder, *OPTIONS) == 0
    assert build(tmp_path, *OPTIONS, "--audit") == 0
    report = json.loads(Workspace(tmp_path).audit_file(2, ".json", variant=VARIANT).read_text(encoding="utf-8"))
    counts = {name: list(finding["counts"].values()) for name, finding in report["findings"].items()}
    assert counts["duplicates"] == [3, 0, 1]
    assert counts["leaks"] == [0, 0, 1]
    assert counts["conflicts"] == [3, 0, 1]
    assert counts["blank"] == [0, 1, 0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--labels", "ferplus"), "FER+'s labels do not go with folders of pictures, one for each class. (--labels)"),
        (("--drop", "notface"), "dropping notface needs FER+'s votes, and pictures comes without. (--votes)"),
    ],
)
def test_what_needs_votes_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], words: str
) -> None:
    assert build(tmp_path, "--input", folder, *(() if "--labels" in options else OPTIONS), *options) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert words in error
    assert not list(tmp_path.rglob("*.hdf5"))


def test_images_without_labels_are_not_audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "test.csv"
    source.write_text("pixels\n" + " ".join(["7"] * 48 * 48) + "\n")
    assert build(tmp_path, "--input", source, "--audit") == 2
    assert "--audit, --audit_model and --drop need labels" in capsys.readouterr().err
