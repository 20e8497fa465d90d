"""Reads one Pascal VOC annotation: an XML file that names a picture and the boxes and classes of the faces in it.

An XML file goes in, an :class:`Annotation` comes out, or an error that names the file. Next stage:
:mod:`emotion_recognition.data.sources.folders.voc_folder`. XML of entity bombs and the like is refused by defusedxml.
"""

from pathlib import Path, PurePosixPath
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from emotion_recognition.data.sources.plain_text import plain_number
from emotion_recognition.pictures.faces import Box

#: A larger file would hold ten thousands of faces.
_LARGEST_FILE = 10_000_000


class NamedBox(NamedTuple):
    """One face.

    Attributes:
        name: Its class, as the file has it.
        box: (x, y, width, height) in pixels; as far as the file tells, inside the picture.
    """

    name: str
    box: Box


class Annotation(NamedTuple):
    """What one XML file says.

    Attributes:
        picture_name: File name of the picture, without a folder; None if the file does not say.
        size: Width and height of the picture in pixels; None if the file does not say.
        faces: In the file's order; may be empty.
    """

    picture_name: str | None
    size: tuple[int, int] | None
    faces: tuple[NamedBox, ...]


def read_annotation(path: Path) -> Annotation:
    """Reads an XML file.

    Args:
        path: The file. Its boxes count pixels from 1 and include both corners, as Pascal VOC defines them.

    Raises:
        ValueError: If it is no such annotation; the message names the file and the object, counted from 1.
        OSError: If the file cannot be read.
    """
    if not path.is_file():
        raise ValueError(f"{path} is not a file.")
    if path.stat().st_size > _LARGEST_FILE:
        raise ValueError(f"{path} is larger than {_LARGEST_FILE // 10**6} MB; it is no annotation of one picture.")
    # Imported here: the registry of sources, and with it every --help, works where it is not installed.
    from defusedxml import ElementTree

    content = path.read_bytes()
    try:
        root = ElementTree.fromstring(content)
    # The parser lets through more than its own error: of unknown encodings, refused entities ...
    except (ParseError, ValueError, LookupError) as error:
        text = " ".join(str(error).split())
        raise ValueError(f"{path} is no XML that can be read: {text}.") from error
    if root.tag != "annotation":
        raise ValueError(f"{path} is no Pascal VOC annotation: its root is <{root.tag}>, not <annotation>.")
    try:
        faces = tuple(_face(element, i) for i, element in enumerate(root.findall("object"), start=1))
        return Annotation(_picture_name(root), _size(root), faces)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _picture_name(root: Element) -> str | None:
    text = (root.findtext("filename") or "").strip()
    # Some programs write a whole path of the machine that they ran on; only its last part can be looked for here.
    name = PurePosixPath(text.replace("\\", "/")).name
    return name if name and name.isprintable() and name != ".." else None


def _size(root: Element) -> tuple[int, int] | None:
    size = root.find("size")
    if size is None:
        return None
    width, height = (_number(size, name, "size") for name in ("width", "height"))
    # Programs that do not know the size write zeros.
    return None if width <= 0 or height <= 0 else (round(width), round(height))


def _face(element: Element, number: int) -> NamedBox:
    where = f"object {number}"
    name = (element.findtext("name") or "").strip()
    if not name:
        raise ValueError(f"{where} has no <name>.")
    boxes = element.findall("bndbox")
    if len(boxes) != 1:
        raise ValueError(f"{where} must have one <bndbox>. Received: {len(boxes)}")
    left, top, right, bottom = (_number(boxes[0], corner, where) for corner in ("xmin", "ymin", "xmax", "ymax"))
    if right <= left or bottom <= top:
        raise ValueError(
            f"{where} has an empty box: xmin {left:g}, ymin {top:g}, xmax {right:g}, ymax {bottom:g}; "
            "xmax and ymax must be the larger ones."
        )
    x, y = round(left) - 1, round(top) - 1
    return NamedBox(name, (x, y, max(1, round(right) - x), max(1, round(bottom) - y)))


def _number(parent: Element, name: str, where: str) -> float:
    texts = [(element.text or "").strip() for element in parent.findall(name)]
    if len(texts) != 1:
        raise ValueError(f"{where} must have one <{name}>. Received: {len(texts)}")
    number = plain_number(texts[0])
    # Nothing that a camera makes is larger, and a float without a fraction stays exact far beyond it.
    if not abs(number) <= 1e6:
        raise ValueError(f"{where}: <{name}> must be a number of pixels. Received: {texts[0][:20]!a}")
    return number
