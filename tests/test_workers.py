"""EmotionDetector.py --workers: the files and the words of one process, from several."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import EmotionDetector
from emotion_recognition.pictures.image_file import write_image
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY

SAMPLE = Workspace(REPOSITORY / DEFAULT_BASE_PATH).sample_photo


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A face in a.jpg and deep/d.jpg, none in b.png, and c.jpg, which is broken."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "deep").mkdir()
    shutil.copy(SAMPLE, folder / "a.jpg")
    shutil.copy(SAMPLE, folder / "deep" / "d.jpg")
    write_image(folder / "b.png", np.full((60, 80, 3), 90, np.uint8))
    (folder / "c.jpg").write_bytes(SAMPLE.read_bytes()[:50_000])
    return folder


def run(photos: Path, out: Path, *options: str) -> tuple[int, dict[str, bytes]]:
    arguments = ["-i", f"{photos}/**/*.*", "-o", str(out / "annotated"), "--crops", str(out / "crops")]
    arguments += ["--csv", str(out / "faces.csv"), "--json", str(out / "faces.json"), "--detector", "haar", *options]
    status = EmotionDetector.main(arguments)
    files = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    return status, files


def test_two_processes_write_and_say_what_one_does(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, files = run(photos, tmp_path / "1")
    said = capsys.readouterr()
    two, same = run(photos, tmp_path / "2", "--workers", "2")
    said_by_two = capsys.readouterr()
    assert (one, two) == (1, 1)
    assert files == same
    assert {"annotated/a.jpg", "annotated/b.png", "annotated/deep/d.jpg", "faces.csv", "faces.json"} < set(files)
    assert len([name for name in files if name.startswith("crops/")]) == 2
    assert [line["file"] for line in json.loads(files["faces.json"])["failed"]] == [str(photos / "c.jpg")]
    assert said_by_two.err == said.err
    assert said_by_two.out == said.out.replace(str(tmp_path / "1"), str(tmp_path / "2"))


def test_pictures_that_cannot_be_written_end_the_run(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "annotated").mkdir()
    # A folder that cannot be made: a file has its name.
    (tmp_path / "annotated" / "deep").touch()
    pictures = [str(photos / "deep" / "d.jpg"), str(photos / "a.jpg")]
    status = EmotionDetector.main(["-i", *pictures, "-o", str(tmp_path / "annotated"), "--workers", "2"])
    assert status == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {tmp_path / 'annotated' / 'deep' / 'd.jpg'} cannot be written: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-i", "camera", "--workers", "2"], "--workers is for pictures"),
        (["--show", "--workers", "auto"], "--show goes through the pictures one by one"),
    ],
)
def test_what_several_processes_are_no_help_with(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert EmotionDetector.main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"error: {message}")


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_number_of_workers_that_is_none(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        EmotionDetector.main([f"--workers={number}"])
    assert f"must be auto or a whole number from 1. Received: {number}" in capsys.readouterr().err
