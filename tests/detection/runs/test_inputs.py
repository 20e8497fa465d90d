import os
import re
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.detection.runs.inputs import Input, find_input
from emotion_recognition.pictures.image_file import write_image
from emotion_recognition.pictures.image_header import PICTURE_SUFFIXES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures at two levels, and things that are none."""
    for name in ("b.JPG", "a.png", "notes.txt", ".hidden.png", "film.mp4", "deep/c.webp", "deep/deeper/d.jpeg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "photos"


def names(source: Input, folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in source.pictures]


def test_a_picture(folder: Path) -> None:
    assert find_input([str(folder / "a.png")]) == Input(pictures=(folder / "a.png",))
    # Whatever it is called: reading it will tell.
    assert find_input([str(folder / "notes.txt")]).pictures == (folder / "notes.txt",)


def test_a_folder_is_its_pictures_in_order(folder: Path) -> None:
    source = find_input([str(folder)])
    assert names(source, folder) == ["a.png", "b.JPG"]
    assert source.folder == folder


@pytest.mark.parametrize(
    ("pattern", "expected", "common"),
    [
        ("*.png", ["a.png"], "."),
        ("**/*", ["a.png", "b.JPG", "deep/c.webp", "deep/deeper/d.jpeg"], "."),
        ("deep/**/*.*", ["deep/c.webp", "deep/deeper/d.jpeg"], "deep"),
        ("[ab].*", ["a.png", "b.JPG"], "."),
    ],
)
def test_a_pattern(pattern: str, expected: list[str], common: str, folder: Path) -> None:
    source = find_input([str(folder / pattern)])
    assert names(source, folder) == expected
    assert source.folder == folder / common


def test_a_relative_pattern(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert find_input(["deep/*.webp"]).pictures == (Path("deep/c.webp"),)


def test_a_file_whose_name_looks_like_a_pattern(folder: Path) -> None:
    (folder / "a[1].png").touch()
    assert find_input([str(folder / "a[1].png")]) == Input(pictures=(folder / "a[1].png",))


def test_several_pictures_each_once(folder: Path) -> None:
    source = find_input([str(folder / "b.JPG"), str(folder), str(folder / "deep" / "*.webp")])
    assert names(source, folder) == ["b.JPG", "a.png", "deep/c.webp"]
    assert source.folder == folder


def test_a_missing_one_of_several_is_left_for_reading_to_report(folder: Path) -> None:
    assert len(find_input([str(folder / "a.png"), str(folder / "missing.png")]).pictures) == 2


def test_a_video_and_cameras(folder: Path) -> None:
    assert find_input([str(folder / "film.mp4")]) == Input(video=folder / "film.mp4")
    assert find_input(["camera"]) == Input(camera=0)
    assert find_input(["camera:12"]) == Input(camera=12)


def test_a_folder_called_camera_is_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.rename(folder.with_name("camera"))
    monkeypatch.chdir(folder.parent)
    assert len(find_input(["camera"]).pictures) == 2


@pytest.mark.parametrize("given", [[""], ["a.jpg", ""]])
def test_an_empty_name_is_not_the_working_folder(given: list[str]) -> None:
    with pytest.raises(ValueError, match="An input must not be empty"):
        find_input(given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["missing.jpg"], "There is no picture missing.jpg"),
        (["missing.mp4"], "There is no video missing.mp4"),
        (["camera:x"], "There is no picture camera:x"),
    ],
)
def test_what_is_not_there(given: list[str], message: str) -> None:
    with pytest.raises(FileNotFoundError, match=message):
        find_input(given)


def test_a_folder_or_a_pattern_without_pictures(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no pictures"):
        find_input([str(tmp_path)])
    with pytest.raises(ValueError, match="No picture matches"):
        find_input([str(folder / "*.txt")])


@pytest.mark.parametrize("other", ["camera", "{}/film.mp4"])
def test_a_video_or_camera_must_be_alone(other: str, folder: Path) -> None:
    with pytest.raises(ValueError, match="must be the only input"):
        find_input([str(folder / "a.png"), other.format(folder)])


@pytest.mark.parametrize("suffix", [*PICTURE_SUFFIXES, ".jp2", ".nef"])
def test_every_photograph_is_found_in_a_folder_also_one_that_cannot_be_read(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix.upper()}").touch()
    assert find_input([str(tmp_path)]).pictures == (tmp_path / f"a{suffix.upper()}",)


def touched(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


@pytest.mark.parametrize("beside", ["p01.xml", "p01.json", "p01.txt"])
def test_what_lies_beside_a_picture_is_no_input_of_it(beside: str, tmp_path: Path) -> None:
    for name in ("p01_face1_left.png", "q.png"):
        write_image(tmp_path / name, np.zeros((3, 4, 3), np.uint8))
    (tmp_path / beside).write_text("an annotation")
    source = find_input([str(tmp_path)])
    assert ([path.name for path in source.pictures], source.left_out) == (["p01_face1_left.png", "q.png"], ())


def test_what_earlier_runs_have_written_is_left_out_where_its_input_is_there(tmp_path: Path) -> None:
    own = ["a_emotions.jpg", "b.psd_emotions.png", "film_emotions_timeline.png", "a.jpg_face1_happy.png"]
    own += ["film.mp4_frame000012_face3_sad.png", "testOutput.jpg"]
    inputs = ["a.jpg", "b.psd", "film.mp4", "film_emotions.mp4", "testImage.jpg"]
    # Their input is not there, so they are pictures of somebody's.
    pictures = ["mixed_emotions.jpg", "c_timeline.png", "d_face1_happy.png"]
    source = find_input([str(touched(tmp_path, *own, *inputs, *pictures))])
    assert names(source, tmp_path) == sorted(["a.jpg", "testImage.jpg", *pictures])
    assert sorted(path.name for path in source.left_out) == sorted(own)


def test_what_is_named_itself_is_looked_at(tmp_path: Path) -> None:
    touched(tmp_path, "a.jpg", "a_emotions.jpg")
    assert names(find_input([str(tmp_path / "a_emotions.jpg")]), tmp_path) == ["a_emotions.jpg"]
    both = find_input([str(tmp_path / "a.jpg"), str(tmp_path / "a_emotions.jpg")])
    assert (len(both.pictures), both.left_out) == (2, ())


def test_a_pattern_leaves_out_the_copies_of_a_folder_unless_it_names_them(tmp_path: Path) -> None:
    touched(tmp_path, "photos/a.jpg", "photos_emotions/a.jpg", "mixed_emotions/b.jpg")
    source = find_input([str(tmp_path / "**" / "*.jpg")])
    assert names(source, tmp_path) == ["mixed_emotions/b.jpg", "photos/a.jpg"]
    assert [path.name for path in source.left_out] == ["a.jpg"]
    assert len(find_input([str(tmp_path / "photos_emotions" / "*.jpg")]).pictures) == 1


def test_one_picture_under_several_names_is_looked_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    given = ["a.png", str(folder / "a.png"), "deep/../a.png", "b.JPG"]
    assert find_input(given).pictures == (Path("a.png"), Path("b.JPG"))


def test_a_pipe_in_a_folder_is_no_picture(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    assert names(find_input([str(folder)]), folder) == ["a.png", "b.JPG"]


def test_files_may_be_named_by_their_address(tmp_path: Path) -> None:
    path = tmp_path / "my cat.png"
    write_image(path, np.zeros((3, 4, 3), np.uint8))
    for address in (path.as_uri(), path.as_uri().replace("file://", "FILE://localhost")):
        assert find_input([address]).pictures == (path,)
    with pytest.raises(
        ValueError, match=r"must be like file:///folder/picture\.jpg\. Received: file://elsewhere/a\.png"
    ):
        find_input(["file://elsewhere/a.png"])


def test_a_folder_of_folders_names_the_pattern_that_finds_their_pictures(tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    write_image(tmp_path / "day" / "a.png", np.zeros((8, 8, 3), np.uint8))
    pattern = str(tmp_path / "**" / "*")
    with pytest.raises(ValueError, match=re.escape(f"found by a pattern: {pattern}")):
        find_input([str(tmp_path)])
    assert find_input([pattern]).pictures == (tmp_path / "day" / "a.png",)
