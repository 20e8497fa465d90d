import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotion_recognition.data.face_pictures.sources.csv_source import read_face_csv


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def test_rows_become_pictures_in_the_order_in_which_they_first_occur(tmp_path: Path) -> None:
    path = write(
        tmp_path / "train.csv",
        "file,x,y,w,h,source,mask",
        "b.jpg,1,2.5,3,4,human:one,mask",
        "ü/a.jpg,,,,,noface:two,",
        "",
        "b.jpg,-5,6,7,8e1,teacher:three,",
    )
    (tmp_path / "train").mkdir()
    read = read_face_csv(path)
    first, second = read.pictures
    assert (first.name, first.source, first.masks, first.ignored) == (
        "b.jpg",
        "human:one",
        ["mask", ""],
        [False, False],
    )
    assert first.boxes == [(1, 2.5, 3, 4), (-5, 6, 7, 80)]
    assert (second.name, second.source, second.boxes) == ("ü/a.jpg", "noface:two", [])
    assert (read.path, read.folder, read.boxes_dropped) == (path, tmp_path / "train", 0)


def test_columns_may_come_in_any_order_with_others_and_without_the_optional_ones(tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    path.write_bytes('\ufeff h , w,y,x,score,file\r\n4,3,2,1,0.9,"a, b.jpg"\r\n'.encode())
    (picture,) = read_face_csv(path).pictures
    assert (picture.name, picture.boxes, picture.source, picture.masks) == ("a, b.jpg", [(1, 2, 3, 4)], "", [""])


def test_pictures_lie_beside_the_csv_unless_there_is_a_folder_of_its_name_or_one_is_given(tmp_path: Path) -> None:
    path = write(tmp_path / "faces.csv", "file,x,y,w,h", "a.jpg,1,2,3,4")
    assert read_face_csv(path).folder == tmp_path
    (tmp_path / "faces").mkdir()
    assert read_face_csv(path).folder == tmp_path / "faces"
    assert read_face_csv(path, tmp_path / "other").folder == tmp_path / "other"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "its header: it must have the columns file, x, y, w, h"),
        (["emotion,pixels"], "its header: it must have the columns file, x, y, w, h. Received: emotion, pixels"),
        (["file,x,y,w,h,x"], "its header: the column x is there 2 times"),
        (["file,x,y,w,h"], "has no row"),
        (
            ["file,x,y,w,h", "", "a.jpg,1,2,3,4", "a.jpg,1,2,c,4"],
            r"row 2 \(line 4\): w must be a number of pixels. Received: 'c'",
        ),
        (["file,x,y,w,h", "a.jpg,1,nan,3,4"], r"row 1 \(line 2\): y must be a number of pixels. Received: 'nan'"),
        (["file,x,y,w,h", "a.jpg,1,2,3,inf"], "h must be a number"),
        (["file,x,y,w,h", "a.jpg,1e300,2,3,4"], "x must be a number of pixels. Received: '1e300'"),
        (["file,x,y,w,h", '"a\nb",,,,', '"a\nb",,,,'], r"row 2 \(line 5\): a b has a row without a face"),
        (["file,x,y,w,h", "a.jpg,1,,3,4"], "y must be a number of pixels. Received: ''"),
        (["file,x,y,w,h", "a.jpg,1,2,-3,4"], "w and h must be above 0. Received: -3 and 4"),
        (["file,x,y,w,h", "a.jpg,1,2,3,0"], "w and h must be above 0. Received: 3 and 0"),
        (["file,x,y,w,h", ",1,2,3,4"], "the name of the picture's file is empty"),
        (["file,x,y,w,h", "a.jpg,1,2,3"], "there must be 5 cells. Received: 4"),
        (["file,x,y,w,h", "a.jpg,1,2,3,4", "a.jpg,,,,"], r"row 2 .*: a.jpg has a row without a face"),
        (["file,x,y,w,h", "a.jpg,,,,", "b.jpg,1,2,3,4", "a.jpg,1,2,3,4"], r"row 3 .*: a.jpg has a row without a face"),
        (["file,x,y,w,h", 'a.jpg,1,2,3,"4'], "faces.csv: line 2: unexpected end of data"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(tmp_path: Path, lines: list[str], words: str) -> None:
    path = write(tmp_path / "faces.csv", *lines)
    with pytest.raises(ValueError, match=words) as raised:
        read_face_csv(path)
    assert str(path) in str(raised.value)


def test_a_file_that_is_no_text_or_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xd8\xff\xe0 a picture")
    with pytest.raises(ValueError, match=r"a.csv is no CSV in UTF-8"):
        read_face_csv(tmp_path / "a.csv")
    with pytest.raises(FileNotFoundError, match=r"missing\.csv"):
        read_face_csv(tmp_path / "missing.csv")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_are_refused_or_read_without_nonsense(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(b"file,x,y,w,h,source\na.jpg,1,2,3,4,s\na.jpg,5,6,7,8,s\nb.jpg,,,,,\nc.jpg,-1,2.5,3,4,t\n")
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        junk = st.one_of(
            st.binary(max_size=4), st.sampled_from([b",", b"\n", b'"', b"-", b"e99", b"nan", b"\r", b"\0"])
        )
        content[start : start + data.draw(st.integers(0, 12))] = data.draw(junk)
    path = tmp_path / "faces.csv"
    path.write_bytes(content)
    try:
        read = read_face_csv(path)
    except ValueError:
        with pytest.raises(ValueError, match=rf"^{re.escape(str(path))}[^\n]+$"):
            read_face_csv(path)
        return
    assert len({picture.name for picture in read.pictures}) == len(read.pictures) > 0
    for picture in read.pictures:
        assert picture.name
        assert len(picture.boxes) == len(picture.ignored) == len(picture.masks)
        assert all(abs(x) < 1e7 and abs(y) < 1e7 and 0 < w < 1e7 and 0 < h < 1e7 for x, y, w, h in picture.boxes)
