"""Faces found in photographs for a build, with a detector of known boxes."""

from pathlib import Path
from threading import Lock

import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.data.building.build import build
from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.folders.found_faces import FoundFaceReader, NoFaceError
from emotion_recognition.data.sources.registry import recognise
from emotion_recognition.data.sources.source import SourceOptions
from emotion_recognition.detection import open_detector
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.image_file import read_image, write_image
from emotion_recognition.workspace import DEFAULT_BASE_PATH, SPLITS, Variant, Workspace
from tests.conftest import REPOSITORY

OWN = ClassLabels(("dark", "light"), own=True)
SAMPLE = Workspace(REPOSITORY / DEFAULT_BASE_PATH).sample_photo


class TwoSquares:
    """Finds a small face on the left and a large one on the right, none on a black picture; one call at a time."""

    framing = Framing(1.0, 0.0, 0.0)

    def __init__(self) -> None:
        self._busy = Lock()

    def detect(self, image: np.ndarray) -> list[Face]:
        assert self._busy.acquire(blocking=False), "two threads at once"
        try:
            return [Face((5, 5, 20, 20), 0.9), Face((60, 10, 60, 60), 0.6)] if image.any() else []
        finally:
            self._busy.release()


def picture(path: Path, left: int, right: int) -> Path:
    image = np.full((80, 130, 3), left, np.uint8)
    image[:, 50:] = right
    path.parent.mkdir(parents=True, exist_ok=True)
    write_image(path, image)
    return path


def test_the_largest_face_is_cut_out_in_its_framing(tmp_path: Path) -> None:
    reader = FoundFaceReader(TwoSquares(), image_size=48, channels=1)
    crops = reader(picture(tmp_path / "a.png", 10, 200), None, None)
    assert (crops.shape, crops.dtype) == ((1, 48, 48, 1), np.uint8)
    assert (crops == 200).all()
    with pytest.raises(NoFaceError, match=r"no face was found on .*b\.png"):
        reader(picture(tmp_path / "b.png", 0, 0), None, None)
    with pytest.raises(FileNotFoundError):
        reader(tmp_path / "gone.png", None, None)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_crop_is_the_one_that_detection_makes(brightness_model: Path, channels: int) -> None:
    finder = open_detector("haar")
    detector = EmotionDetector(brightness_model, detector=finder)
    image = read_image(SAMPLE)
    (face,) = detector.detect(image)
    expected = detector.crops(image, [face])
    crops = FoundFaceReader(finder, image_size=8, channels=channels)(SAMPLE, None, None)
    assert crops.shape == (1, 8, 8, channels)
    if channels == 1:
        assert np.array_equal(crops, expected)


def test_a_build_leaves_out_and_names_pictures_without_a_face(tmp_path: Path) -> None:
    root, workspace = tmp_path / "photos", Workspace(tmp_path / "base")
    for split in SPLITS:
        for i in range(12):
            picture(root / split / "light" / f"{i:02}.png", 10, 240)
            picture(root / split / "dark" / f"{i:02}.png", 10, 40)
    picture(root / "train" / "dark" / "none\n.png", 0, 0)
    picture(root / "test" / "light" / "05.png", 0, 0)
    variant = Variant(own_classes=True)
    options = SourceOptions(OWN, variant, find_faces=TwoSquares())
    built = build(recognise(root).open(root, options), workspace)
    assert built.faceless == ("train/dark/none\n.png", "test/light/05.png")
    assert built.unreadable == ()
    report = workspace.no_face_report(2, variant=variant)
    assert report.read_text(encoding="utf-8").splitlines() == ["train/dark/none\\n.png", "test/light/05.png"]
    assert built.notes == (f"no face was found on 2 of 73 pictures, which are left out; {report} names them",)
    assert not workspace.unreadable_report(2, variant=variant).exists()
    train = read_split(workspace.split_path("train", 2, variant=variant))
    assert train.labels.tolist() == [0] * 12 + [1] * 12
    assert {int(value) for value in train.images[:12].ravel()} == {40}
    assert {int(value) for value in train.images[12:].ravel()} == {240}
    assert read_split(workspace.split_path("test", 2, variant=variant)).class_counts().tolist() == [12, 11]
    # Without looking for faces, nothing is left out and an earlier list does not stay.
    again = build(recognise(root).open(root, SourceOptions(OWN, variant)), workspace, overwrite=True)
    assert (again.faceless, report.exists()) == ((), False)


def test_a_split_without_any_face_is_an_error(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    for split in SPLITS:
        for name in OWN.names:
            picture(root / split / name / "a.png", 10, 0 if split == "val" else 40)
            picture(root / split / name / "b.png", 0, 0 if split == "val" else 40)
    (root / "val" / "dark" / "a.png").unlink()
    (root / "val" / "light" / "a.png").unlink()
    workspace = Workspace(tmp_path / "base")
    options = SourceOptions(OWN, Variant(own_classes=True), find_faces=TwoSquares())
    with pytest.raises(ValueError, match="no image is left for the val split"):
        build(recognise(root).open(root, options), workspace)
    assert not list(workspace.hdf5_folder.iterdir())
