"""The comparison of face detectors, on a folder with one photograph and one plain picture."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import face_detectors
from benchmarks.face_pictures import faceless_groups, pictures_below, read_marked_pictures
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY

PHOTO = Workspace(REPOSITORY / DEFAULT_BASE_PATH).sample_photo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Its face is marked by eye; the training pictures hold no face."""
    faces = tmp_path / "faces"
    (faces / "val").mkdir(parents=True)
    (faces / "train").mkdir()
    shutil.copy(PHOTO, faces / "val" / "photo.jpg")
    for name in ("dog.png", "wall.png"):
        cv2.imwrite(str(faces / "train" / name), np.full((120, 160, 3), 90, np.uint8))
    (faces / "val.csv").write_text("file,x,y,w,h,source,mask\nphoto.jpg,176,66,98,118,human:me,nomask\n")
    rows = ["photo.jpg,1,2,3,4,human:me,", "dog.png,,,,,noface:animalpose,", "wall.png,,,,,noface:walls,"]
    (faces / "train.csv").write_text("\n".join(["file,x,y,w,h,source,mask", *rows]) + "\n")
    return faces


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = face_detectors.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.real_data
def test_detectors_are_compared_on_the_folder(
    folder: Path, real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, figure = tmp_path / "results" / "figures.json", tmp_path / "curves.png"
    model = real_data / "face_detector"
    options = ("--detector_model", model, "--json", results, "--figure", figure)
    status, out, err = run(capsys, "--faces", folder, "--detectors", "yunet,yunet@128", *options)
    assert (status, err) == (0, "")
    assert out.splitlines()[1] == "1 pictures with 1 faces"
    content = json.loads(results.read_text())
    assert content["faceless_pictures"] == {"animals": 1, "others": 1}
    assert list(content["detectors"]) == ["yunet", "yunet@128"]
    whole = content["detectors"]["yunet"]
    assert whole["average_precision_50"] == pytest.approx(1)
    assert whole["default"]["confidence"] == 0.5
    assert whole["default"]["recall_by_mask"] == {"nomask": {"faces": 1, "found": 1, "recall": 1.0}}
    assert whole["default"]["false_alarms_without_faces"]["all"]["per_picture"] == 0
    assert whole["milliseconds"] > 0
    for path in (figure, tmp_path / "curves_by_size.png"):
        assert cv2.imread(str(path)) is not None


@pytest.mark.real_data
def test_a_size_changes_what_the_detector_sees_and_an_own_one_counts_before_the_common_one(real_data: Path) -> None:
    folder = real_data / "face_detector"
    wide = face_detectors._contestant("yunet", folder, None)
    small = face_detectors._contestant("yunet", folder, 64)
    own = face_detectors._contestant(f"yunet={folder}@96", folder, 64)
    sizes = [[one.search.longest_side for one in (c.default, c.thorough)] for c in (wide, small, own)]  # type: ignore[attr-defined]
    assert sizes == [[640, 640], [64, 64], [96, 96]]
    assert wide.thorough.settings.min_confidence == face_detectors.LOWEST_CONFIDENCE  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"ssd-opencv takes no size; ssd and yunet do\. Received: 96"):
        face_detectors._contestant("ssd-opencv@96", folder, None)
    with pytest.raises(ValueError, match=r"must be within 64\.\.4096 pixels"):
        face_detectors._contestant("yunet", folder, 0)


def test_pictures_come_with_their_boxes_masks_and_source(folder: Path) -> None:
    (picture,) = read_marked_pictures(folder, "val")
    assert picture.path == folder / "val" / "photo.jpg"
    assert picture.boxes.tolist() == [[176, 66, 98, 118]]
    assert (picture.masks, picture.source) == (("nomask",), "human:me")
    training = read_marked_pictures(folder, "train")
    assert [len(one.boxes) for one in training] == [1, 0, 0]
    groups = faceless_groups(training)
    assert {name: [path.name for path in paths] for name, paths in groups.items()} == {
        "animals": ["dog.png"],
        "others": ["wall.png"],
    }


def test_source_and_mask_may_be_missing(folder: Path) -> None:
    (folder / "val.csv").write_text("file,x,y,w,h\nb.jpg,1,2,3,4\na.jpg,,,,\nb.jpg,5,6,7,8\n")
    first, second = read_marked_pictures(folder, "val")
    assert (first.path.name, first.boxes.tolist()) == ("b.jpg", [[1, 2, 3, 4], [5, 6, 7, 8]])
    assert (first.masks, first.source) == (("", ""), "")
    assert (second.path.name, second.boxes.shape) == ("a.jpg", (0, 4))
    assert faceless_groups([first, second]) == {}


def test_pictures_are_found_by_suffix_in_all_folders(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.JPG", "deep/a.webp", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in pictures_below(tmp_path)] == ["b.JPG", "a.webp"]


def test_pictures_without_a_face_are_those_of_the_folder_that_is_named(folder: Path) -> None:
    own = [folder / "train" / "dog.png", folder / "train" / "wall.png"]
    assert face_detectors._faceless(folder, folder / "train", None) == {"train": own}
    assert list(face_detectors._faceless(folder, None, None)) == ["animals", "others"]
    (folder / "train.csv").unlink()
    assert face_detectors._faceless(folder, None, None) == {}


def test_mistakes_end_in_one_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def error(*arguments: object) -> str:
        status, out, err = run(capsys, *arguments)
        assert (status, out, err.count("\n")) == (2, "", 1)
        return err

    assert "There is no" in error("--faces", tmp_path / "nowhere")
    assert "test.csv" in error("--faces", folder, "--split", "test")
    assert "name must be one of" in error("--faces", folder, "--detectors", "eagle")
    assert "within 64..4096 pixels. Received: 0" in error("--faces", folder, "--detectors", "ssd@0")
    assert "There is no picture in" in error("--faces", folder, "--faceless", tmp_path / "nowhere")
    (folder / "val.csv").write_text("picture,left\na,1\n")
    assert "columns file, x, y, w and h" in error("--faces", folder)
    (folder / "val.csv").write_text("file,x,y,w,h\n")
    assert "must have rows" in error("--faces", folder)
    (folder / "val.csv").write_text("")
    assert "is no table of marked faces" in error("--faces", folder)
    (folder / "val.csv").write_text("file,x,y,w,h\na.jpg,1,2,wide,4\n")
    assert "wide" in error("--faces", folder)
