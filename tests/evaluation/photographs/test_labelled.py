"""Labelled photographs as lists: class folders and CSVs, good and bad."""

import os
from pathlib import Path

import pytest

from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.emotions import class_names
from emotion_recognition.error_about import names_of
from emotion_recognition.evaluation.photographs.labelled import Photograph, read_photographs
from emotion_recognition.evaluation.photographs.labels_csv import read_labels_csv

SEVEN = ClassLabels(class_names(7))


def folders(root: Path, *files: str) -> Path:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not opened")
    return root


def table(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def test_class_folders_are_listed_by_their_words_and_sorted(tmp_path: Path) -> None:
    root = folders(tmp_path / "mine", "happiness/b.jpg", "happiness/a.jpg", "Angry/c.png", "contempt/d.png", ".x/e.jpg")
    photographs = read_photographs(root, SEVEN)
    assert photographs.photographs == (
        Photograph("Angry/c.png", 0),
        Photograph("contempt/d.png", 6),
        Photograph("happiness/a.jpg", 3),
        Photograph("happiness/b.jpg", 3),
    )
    assert (photographs.name, photographs.root, photographs.sources) == ("mine", root, ())
    assert photographs.notes == ("contempt counts as neutral",)


def test_a_csv_has_its_pictures_beside_it(tmp_path: Path) -> None:
    path = table(
        tmp_path / "press.csv",
        "year,label, source,file",
        "1999,happiness,b,one.jpg",
        "",
        '2001,angry,a,"below/two, three.jpg"',
        "2002,fear,,four.jpg",
    )
    photographs = read_photographs(path, SEVEN)
    assert photographs.photographs == (
        Photograph("one.jpg", 3, "b"),
        Photograph("below/two, three.jpg", 0, "a"),
        Photograph("four.jpg", 2, ""),
    )
    assert (photographs.name, photographs.root, photographs.sources) == ("press", tmp_path, ("a", "b"))


def test_a_csv_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufefffile,label,source\r\na.jpg,Sad,"two\nlines"\r\n'.encode())
    assert read_photographs(path, SEVEN).photographs == (Photograph("a.jpg", 4, "two\\nlines"),)


def test_a_folder_with_labels_csv_is_read_by_it_under_the_folders_name(tmp_path: Path) -> None:
    root = folders(tmp_path / "mine", "a.jpg", "happy/b.jpg")
    csv = table(root / "labels.csv", "file,label", "a.jpg,sad")
    for path in (root, csv):
        photographs = read_photographs(path, SEVEN)
        assert photographs.photographs == (Photograph("a.jpg", 4),)
        assert (photographs.name, photographs.root) == ("mine", root)


def test_six_and_five_emotions_merge_and_leave_out_as_in_builds(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "file,label", "a,disgust", "b,fear", "c,sad")
    six = read_photographs(path, ClassLabels(class_names(6)))
    assert six.photographs == (Photograph("a", 0), Photograph("b", 1), Photograph("c", 3))
    assert six.notes == ("disgust counts as anger",)
    five = read_photographs(path, ClassLabels(class_names(5)))
    assert five.photographs == (Photograph("a", 0), Photograph("c", 2))
    assert five.notes == ("disgust counts as anger", "fear is left out")


def test_own_classes_are_known_by_their_names_alone(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "file,label", "a,asleep", "b,AWAKE")
    own = ClassLabels(("awake", "asleep"), own=True)
    assert [photograph.label for photograph in read_photographs(path, own).photographs] == [1, 0]
    with pytest.raises(ValueError, match=r"row 1 \(line 2\): the class 'asleep' is no known emotion") as caught:
        read_photographs(path, SEVEN)
    assert names_of(caught.value) == ("classes",)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], r"its header: it must have the columns file, label\. Received:"),
        (["file,emotion", "a,sad"], r"columns file, label\. Received: file, emotion"),
        (["file,label,label", "a,sad,sad"], r"the column label is there 2 times"),
        (["file,label"], r"has no row for any of anger, disgust"),
        (["file,label", "a"], r"row 1 \(line 2\): there must be 2 cells\. Received: 1"),
        (["file,label", ",sad"], r"row 1 \(line 2\): the name of the picture's file is empty"),
        (["file,label", "a,sad", "", "a,sad"], r"row 2 \(line 4\): a is there already, in row 1"),
        (["file,label", "a,sad", "b/../a,sad"], r"row 2 \(line 3\): b/\.\./a is there already, in row 1"),
        (["file,label", "a,"], r"row 1 \(line 2\): the class '' is no known emotion"),
        (["file,label", 'a,"sad'], r"unexpected end of data"),
    ],
)
def test_a_bad_csv_is_refused_with_its_row(tmp_path: Path, lines: list[str], message: str) -> None:
    path = table(tmp_path / "a.csv", *lines)
    with pytest.raises(ValueError, match=message) as caught:
        read_photographs(path, SEVEN)
    assert str(path) in str(caught.value)


def test_a_csv_of_left_out_emotions_alone_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "file,label", "a,fear")
    with pytest.raises(ValueError, match="has no row for any of anger, happy"):
        read_photographs(path, ClassLabels(class_names(5)))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "labels.csv")
    with pytest.raises(ValueError, match=r"labels\.csv is not a file"):
        read_labels_csv(tmp_path / "labels.csv", SEVEN)


def test_other_paths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no file or folder .*gone"):
        read_photographs(tmp_path / "gone", SEVEN)
    (tmp_path / "picture.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(ValueError, match=r"picture\.jpg is no CSV in UTF-8"):
        read_photographs(tmp_path / "picture.jpg", SEVEN)
    splits = folders(tmp_path / "splits", "train/happy/a.jpg", "test/happy/b.jpg")
    with pytest.raises(ValueError, match=r"holds the folders of splits; name one of them, such as .*train"):
        read_photographs(splits, SEVEN)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty holds no pictures in folders named after classes"):
        read_photographs(tmp_path / "empty", SEVEN)
    with pytest.raises(ValueError, match="hungry: the class 'hungry' is no known emotion"):
        read_photographs(folders(tmp_path / "more", "hungry/a.jpg"), SEVEN)
