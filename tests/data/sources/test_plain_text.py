"""Files of annotations that are none, and numbers that only Python takes for numbers."""

import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion_recognition.data.face_pictures.sources.csv_source import read_face_csv
from emotion_recognition.data.face_pictures.sources.wider_source import read_wider
from emotion_recognition.data.sources import plain_text
from emotion_recognition.data.sources.fer2013.ferplus_votes import read_votes
from emotion_recognition.data.sources.folders.voc_object import read_annotation
from emotion_recognition.data.sources.plain_text import plain_number

READERS: list[Callable[[Path], object]] = [
    read_votes,
    read_face_csv,
    read_annotation,
    lambda path: read_wider(path, path.parent),
]


@pytest.mark.parametrize("read", READERS)
def test_a_pipe_is_not_waited_for(read: Callable[[Path], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(ValueError, match=r"a\.csv is not a file"):
        read(tmp_path / "a.csv")
    with pytest.raises(ValueError, match="/dev/zero is not a file"):
        read(Path("/dev/zero"))


@pytest.mark.parametrize("read", READERS)
def test_a_file_that_is_too_large_is_refused(
    read: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_text, "LARGEST_FILE", 11_000_000)
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(11_000_001)
    with pytest.raises(ValueError, match=r"a\.csv is larger than 10 MB"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize("text", ["1_0", "１０", "nan", "inf", "0x10", "1 0", "", "+", "."])
def test_what_is_no_decimal_number(text: str) -> None:
    assert math.isnan(plain_number(text))


@pytest.mark.parametrize(("text", "number"), [("10", 10), ("-1.5", -1.5), ("+.5", 0.5), ("3.", 3), ("1e2", 100)])
def test_decimal_numbers(text: str, number: float) -> None:
    assert plain_number(text) == number


def test_digits_with_underscores_are_refused_in_boxes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("file,x,y,w,h\na.png,1_0,2,3,4\n")
    with pytest.raises(ValueError, match=r"x must be a number of pixels\. Received: '1_0'"):
        read_face_csv(tmp_path / "a.csv")
    (tmp_path / "a.xml").write_text(
        "<annotation><object><name>sad</name><bndbox><xmin>1_0</xmin><ymin>1</ymin><xmax>30</xmax><ymax>9</ymax>"
        "</bndbox></object></annotation>"
    )
    with pytest.raises(ValueError, match=r"<xmin> must be a number of pixels\. Received: '1_0'"):
        read_annotation(tmp_path / "a.xml")
    (tmp_path / "a.txt").write_text("a.jpg\n1\n1_0 2 3 4 0 0 0 0 0 0\n")
    with pytest.raises(ValueError, match="a face must be 10 whole numbers"):
        read_wider(tmp_path / "a.txt", tmp_path)


def test_columns_are_read_by_their_names_and_not_by_their_places(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("h,y,file,x,w\n4,2,a.png,1,3\n")
    (picture,) = read_face_csv(tmp_path / "a.csv").pictures
    assert picture.boxes == [(1, 2, 3, 4)]
