from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotion_recognition.data.sources.folders.voc_object import Annotation, NamedBox, read_annotation

GOOD = """<annotation>
  <folder>faces</folder>
  <filename>two.jpg</filename>
  <size><width>640</width><height>480</height><depth>3</depth></size>
  <object><name>smile</name><pose>Frontal</pose><difficult>0</difficult>
    <bndbox><xmin>11</xmin><ymin>21</ymin><xmax>110</xmax><ymax>140</ymax></bndbox></object>
  <object><name> Sad </name>
    <bndbox><ymin>30.4</ymin><xmin>200.2</xmin><ymax>60</ymax><xmax>240</xmax></bndbox>
    <part><name>nose</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part></object>
</annotation>
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "a.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_boxes_count_from_1_and_include_both_corners(tmp_path: Path) -> None:
    assert read_annotation(write(tmp_path, GOOD)) == Annotation(
        "two.jpg",
        (640, 480),
        (NamedBox("smile", (10, 20, 100, 120)), NamedBox("Sad", (199, 29, 41, 31))),
    )


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("two.jpg", "C:\\photos\\two.jpg", "two.jpg"),
        ("two.jpg", "/home/me/two.jpg", "two.jpg"),
        ("two.jpg", "../../etc/passwd", "passwd"),
        ("two.jpg", "..", None),
        ("two.jpg", " ", None),
        ("<filename>two.jpg</filename>", "", None),
    ],
)
def test_only_the_last_part_of_the_pictures_name_counts(tmp_path: Path, old: str, new: str, name: str | None) -> None:
    assert read_annotation(write(tmp_path, GOOD.replace(old, new))).picture_name == name


@pytest.mark.parametrize(("old", "new"), [("<width>640</width>", "<width>0</width>"), ("size>", "sizes>")])
def test_a_size_that_is_not_stated_is_none(tmp_path: Path, old: str, new: str) -> None:
    assert read_annotation(write(tmp_path, GOOD.replace(old, new))).size is None


def test_a_picture_without_faces_has_none(tmp_path: Path) -> None:
    assert read_annotation(write(tmp_path, "<annotation><filename>a.jpg</filename></annotation>")).faces == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (GOOD, "", "is no XML"),
        ("</annotation>", "", "is no XML"),
        ("<annotation>", "<annotation>&bomb;", "is no XML"),
        ("annotation>", "svg>", "its root is <svg>"),
        ("<name>smile</name>", "", "object 1 has no <name>"),
        ("<name>smile</name>", "<name>  </name>", "object 1 has no <name>"),
        ("bndbox>", "box>", "object 1 must have one <bndbox>. Received: 0"),
        ("<xmin>11</xmin>", "", "object 1 must have one <xmin>. Received: 0"),
        ("<xmin>11</xmin>", "<xmin>11</xmin><xmin>12</xmin>", "object 1 must have one <xmin>. Received: 2"),
        ("<xmin>11</xmin>", "<xmin>left</xmin>", "object 1: <xmin> must be a number of pixels. Received: 'left'"),
        ("<xmin>11</xmin>", "<xmin>nan</xmin>", "Received: 'nan'"),
        ("<xmin>11</xmin>", "<xmin>-inf</xmin>", "Received: '-inf'"),
        ("<ymax>60</ymax>", "<ymax>1e300</ymax>", "object 2: <ymax> must be a number"),
        ("<xmax>110</xmax>", "<xmax>11</xmax>", "object 1 has an empty box: xmin 11, ymin 21, xmax 11, ymax 140"),
        ("<width>640</width>", "<width>wide</width>", "size: <width> must be a number"),
    ],
)
def test_mistakes_are_one_line_that_names_file_and_object(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ValueError, match=words) as caught:
        read_annotation(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_entity_bombs_and_outside_files_are_refused(tmp_path: Path) -> None:
    lol = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 9))
    bomb = f'<!DOCTYPE a [<!ENTITY l0 "lol">{lol}]><annotation><filename>&l8;</filename></annotation>'
    outside = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation><filename>&x;</filename></annotation>'
    for text in (bomb, outside):
        with pytest.raises(ValueError, match="is no XML that can be read"):
            read_annotation(write(tmp_path, text))


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.xml"
    with path.open("wb") as file:
        file.truncate(10_000_001)
    with pytest.raises(ValueError, match="larger than 10 MB"):
        read_annotation(path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_are_refused_or_read_without_nonsense(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(GOOD.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        width = data.draw(st.integers(0, 30))
        junk = data.draw(
            st.one_of(
                st.binary(max_size=4),
                st.sampled_from([b"<", b">", b"&x;", b"</object>", b"<object>", b"-", b"e9", b"<name>happy</name>"]),
            )
        )
        content[start : start + width] = junk
    path = write(tmp_path, bytes(content))
    try:
        annotation = read_annotation(path)
    except ValueError as error:
        message = str(error)
    else:
        message = ""
    if message:
        assert message.startswith(str(path))
        assert "\n" not in message
        return
    for face in annotation.faces:
        # A name is the text of one <name>, whole; a box is never empty.
        assert f">{face.name}<".encode() in bytes(content).replace(b" ", b"") or face.name.encode() in content
        assert min(face.box[2:]) >= 1


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_random_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ValueError, match="is no"):
        read_annotation(write(tmp_path, content))
