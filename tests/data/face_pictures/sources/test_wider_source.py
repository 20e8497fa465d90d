import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotion_recognition.data.face_pictures.sources.wider_source import read_wider

#: Three pictures as WIDER FACE writes them: with a box of no size and an invalid one, without a face, with one face.
LINES = """\
0--Parade/0_Parade_1.jpg
4
449 330 122 149 0 0 0 0 0 0\x20
361 98 263 339 2 1 1 0 2 1\x20
78 221 0 8 2 0 0 0 0 0\x20
-3 238 14 17 2 0 0 1 0 0\x20
1--Handshaking/1_Handshaking_2.jpg
0
0 0 0 0 0 0 0 0 0 0\x20
0--Parade/0_Parade_3.jpg
1
1 2 3 4 0 0 0 0 0 0
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "wider_face_train_bbx_gt.txt"
    path.write_text(text)
    return path


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_its_own_format_is_read(tmp_path: Path, ends: str) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(LINES.replace("\n", ends).encode())
    read = read_wider(path, tmp_path / "images")
    assert (read.path, read.folder, read.boxes_dropped) == (path, tmp_path / "images", 1)
    assert [picture.name for picture in read.pictures] == [
        "0--Parade/0_Parade_1.jpg",
        "1--Handshaking/1_Handshaking_2.jpg",
        "0--Parade/0_Parade_3.jpg",
    ]
    many, none, one = read.pictures
    assert many.boxes == [(449, 330, 122, 149), (361, 98, 263, 339), (-3, 238, 14, 17)]
    assert many.ignored == [False, False, True]  # blur, occlusion and pose do not count
    assert many.masks == ["", "", ""]
    assert (none.boxes, none.ignored) == ([], [])
    assert one.boxes == [(1, 2, 3, 4)]
    assert {picture.source for picture in read.pictures} == {"wider"}


def test_a_picture_with_0_faces_may_lack_the_zeros(tmp_path: Path) -> None:
    read = read_wider(write(tmp_path, "a.jpg\n0\nb.jpg\n0\n"), tmp_path)
    assert [(picture.name, picture.boxes) for picture in read.pictures] == [("a.jpg", []), ("b.jpg", [])]


def test_negative_sizes_are_dropped_and_counted(tmp_path: Path) -> None:
    read = read_wider(write(tmp_path, "a.jpg\n2\n1 2 -3 4 0 0 0 0 0 0\n5 6 7 8 0 0 0 0 0 0\n"), tmp_path)
    assert (read.pictures[0].boxes, read.boxes_dropped) == ([(5, 6, 7, 8)], 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no picture"),
        ("a.jpg\n", "line 1: the file ends here, within a picture's lines"),
        ("a.jpg\n2\n1 2 3 4 0 0 0 0 0 0\n", "line 3: the file ends here"),
        ("a.jpg\nb.jpg\n", "line 2: the number of faces must be here. Received: b.jpg"),
        ("a.jpg\n-1\n", "line 2: the number of faces must be here. Received: -1"),
        ("a.jpg\n1\n1 2 3 4 0 0 0 0 0\n", "line 3: a face must be 10 whole numbers. Received: 1 2 3 4"),
        ("a.jpg\n1\n\n1 2 c 4 0 0 0 0 0 0\n", "line 4: a face must be 10 whole numbers. Received: 1 2 c"),
        ("a.jpg\n2\n1 2 3 4 0 0 0 0 0 0\nb.jpg\n0\n", "line 4: a face must be 10 whole numbers. Received: b.jpg"),
        ("a.jpg\n1\n1 2 3 4 0 0 0 0 0 0\n5 6 7 8 0 0 0 0 0 0\n", "line 4: a picture's path must be here"),
        ("a.jpg\n1\n1 2 3 9999999 0 0 0 0 0 0\n", "line 3: a face must be 10 whole numbers"),
        ("a.jpg\n1\n71e-3 2 3 4 0 0 0 0 0 0\n", "line 3: a face must be 10 whole numbers"),
        ("a.jpg\n1\n1 2.5 2 3 4 0 0 0 0 0 0\n", "line 3: a face must be 10 whole numbers"),
        ("a.jpg\n1\n1 99999999999 2 3 4 0 0 0 0 0 0\n", "line 3: a face must be 10 whole numbers"),
        ("a.jpg\n99999999999\n", "line 2: the file ends here"),
        ("a.jpg\n0\na.jpg\n0\n", "line 3: a.jpg is there twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ValueError, match=words) as raised:
        read_wider(path, tmp_path)
    assert str(path) in str(raised.value)


def test_a_file_that_is_no_text_or_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff\xd8")
    with pytest.raises(ValueError, match=r"a.txt is no text in UTF-8"):
        read_wider(tmp_path / "a.txt", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"missing\.txt"):
        read_wider(tmp_path / "missing.txt", tmp_path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_are_refused_or_read_without_nonsense(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(LINES.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        junk = st.one_of(
            st.binary(max_size=4), st.sampled_from([b" ", b"\n", b"-", b"99", b"0\n", b"\n1\n", b"\r", b"\0"])
        )
        content[start : start + data.draw(st.integers(0, 30))] = data.draw(junk)
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    try:
        read = read_wider(path, tmp_path)
    except ValueError:
        with pytest.raises(ValueError, match=rf"^{re.escape(str(path))}[^\n]+$"):
            read_wider(path, tmp_path)
        return
    assert len({picture.name for picture in read.pictures}) == len(read.pictures) > 0
    for picture in read.pictures:
        assert len(picture.boxes) == len(picture.ignored) == len(picture.masks)
        assert all(abs(x) < 1e7 and abs(y) < 1e7 and 0 < w < 1e7 and 0 < h < 1e7 for x, y, w, h in picture.boxes)
