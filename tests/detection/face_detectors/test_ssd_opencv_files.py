from pathlib import Path

import pytest

from emotion_recognition.detection.face_detectors.ssd_opencv_files import SsdFiles, find_ssd_files

TENSORFLOW = ("opencv_face_detector_uint8.pb", "opencv_face_detector.pbtxt")
CAFFE = ("res10_300x300_ssd_iter_140000.caffemodel", "deploy.prototxt")


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize("names", [TENSORFLOW, CAFFE])
def test_a_folder_with_both_files(names: tuple[str, str], tmp_path: Path) -> None:
    put(tmp_path, *names)
    assert find_ssd_files(tmp_path) == SsdFiles(tmp_path / names[0], tmp_path / names[1])


@pytest.mark.parametrize("names", [TENSORFLOW, CAFFE])
@pytest.mark.parametrize("missing", [0, 1])
def test_a_folder_with_one_of_them(names: tuple[str, str], missing: int, tmp_path: Path) -> None:
    put(tmp_path, names[1 - missing])
    assert find_ssd_files(tmp_path) is None


def test_files_of_different_kinds_are_no_pair(tmp_path: Path) -> None:
    put(tmp_path, TENSORFLOW[0], CAFFE[1])
    assert find_ssd_files(tmp_path) is None


@pytest.mark.parametrize(
    ("weights", "description"),
    [TENSORFLOW, CAFFE, ("mine.pb", "mine.pbtxt"), ("mine.caffemodel", "mine.prototxt"), ("mine.pb", TENSORFLOW[1])],
)
def test_weights_with_their_description_beside_them(weights: str, description: str, tmp_path: Path) -> None:
    put(tmp_path, weights, description)
    assert find_ssd_files(tmp_path / weights) == SsdFiles(tmp_path / weights, tmp_path / description)


def test_a_description_of_the_same_name_comes_first(tmp_path: Path) -> None:
    put(tmp_path, "mine.pb", "mine.pbtxt", TENSORFLOW[1])
    assert find_ssd_files(tmp_path / "mine.pb") == SsdFiles(tmp_path / "mine.pb", tmp_path / "mine.pbtxt")


@pytest.mark.parametrize("name", ["mine.pb", "folder/mine.caffemodel", "folder"])
def test_nothing_there(name: str, tmp_path: Path) -> None:
    assert find_ssd_files(tmp_path / name) is None


@pytest.mark.parametrize("name", ["mine.onnx", "deploy.prototxt", "mine"])
def test_a_file_that_holds_no_weights_is_refused(name: str, tmp_path: Path) -> None:
    put(tmp_path, name)
    with pytest.raises(ValueError, match=r"must be a \.pb or \.caffemodel file"):
        find_ssd_files(tmp_path / name)
