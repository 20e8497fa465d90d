"""Reads face boxes from WIDER FACE's own annotations, such as ``wider_face_train_bbx_gt.txt``.

For each picture a line with its path, one with the number of faces, and one for each face:
``x1 y1 w h blur expression illumination invalid occlusion pose``. A picture with 0 faces has one line of zeros all the
same. Boxes without a size, of which there are some, are left out. Faces that the annotators called ``invalid`` (too
small or unclear to be sure of) are ignored: they neither count as found nor as missed. Blurred, hidden and turned ones
are faces like all others, as they are in WIDER FACE's own evaluation; what is too small is for the training to say.
A file goes in, an :class:`~emotion_recognition.data.face_pictures.sources.annotated_picture.AnnotationFile` comes out;
next: :mod:`emotion_recognition.data.face_pictures.assembling`.

Reference: Yang, Luo, Loy and Tang, WIDER FACE: A Face Detection Benchmark, CVPR 2016, arXiv:1511.06523.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from emotion_recognition.data.face_pictures.sources.annotated_picture import (
    LARGEST_COORDINATE,
    AnnotatedPicture,
    AnnotationFile,
)
from emotion_recognition.data.face_pictures.sources.face_source import FaceSource, FaceSourceKind, with_own_val
from emotion_recognition.data.sources.plain_text import read_bytes
from emotion_recognition.data.sources.stratified import SplitShares
from emotion_recognition.workspace import FACE_SPLITS

#: What the pictures' sources are called.
SOURCE = "wider"
#: The folder with the files of boxes.
LISTS = "wider_face_split"

_NUMBERS = 10
_INVALID = 7
_WHOLE = re.compile("[+-]?[0-9]{1,9}")


def read_wider(path: Path, folder: Path) -> AnnotationFile:
    """Reads one of WIDER FACE's files of boxes; the pictures are not opened.

    Args:
        path: The text file.
        folder: The folder with the pictures, such as ``WIDER_train/images``.

    Raises:
        ValueError: If a line is not as it must be; the message has the file and the line, from 1.
        OSError: If the file cannot be read.
    """
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8: {error}.") from error
    lines = _Lines([(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()])
    pictures: dict[str, AnnotatedPicture] = {}
    dropped = 0
    try:
        while lines.left():
            name = lines.take()
            if len(name.split()) == _NUMBERS and "." not in name:
                raise ValueError(f"a picture's path must be here. Received: {name[:80]}; is the number of faces right?")
            if name in pictures:
                raise ValueError(f"{name} is there twice")
            picture = pictures[name] = AnnotatedPicture(name, SOURCE)
            for numbers in _faces(lines):
                x, y, w, h = numbers[:4]
                if w <= 0 or h <= 0:
                    dropped += 1
                    continue
                picture.boxes.append((x, y, w, h))
                picture.ignored.append(bool(numbers[_INVALID]))
                picture.masks.append("")
    except ValueError as error:
        raise ValueError(f"{path}: line {lines.number}: {error}.") from error
    if not pictures:
        raise ValueError(f"{path} names no picture.")
    return AnnotationFile(path, folder, tuple(pictures.values()), dropped)


class _Lines:
    """Lines that are not empty, one after the other."""

    def __init__(self, lines: list[tuple[int, str]]) -> None:
        self._lines = lines
        self._next = 0
        #: Of the line that was taken last, from 1.
        self.number = 0

    def left(self) -> bool:
        return self._next < len(self._lines)

    def peek(self) -> str:
        return self._lines[self._next][1] if self.left() else ""

    def take(self) -> str:
        if not self.left():
            raise ValueError("the file ends here, within a picture's lines")
        self.number, line = self._lines[self._next]
        self._next += 1
        return line


def _faces(lines: _Lines) -> Iterator[list[int]]:
    """The numbers of each face of the picture whose path was taken."""
    text = lines.take()
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise ValueError(f"the number of faces must be here. Received: {text[:80]}")
    for _ in range(int(text)):
        yield _numbers(lines.take())
    if int(text) == 0 and lines.peek().split() == ["0"] * _NUMBERS:
        lines.take()


def _numbers(line: str) -> list[int]:
    cells = line.split()
    numbers = [int(cell) for cell in cells if _WHOLE.fullmatch(cell)]
    if not len(numbers) == len(cells) == _NUMBERS or max(map(abs, numbers)) > LARGEST_COORDINATE:
        raise ValueError(f"a face must be {_NUMBERS} whole numbers. Received: {line[:80]}")
    return numbers


def _recognise(path: Path) -> bool:
    return (path / LISTS).is_dir()


def _open(path: Path, shares: SplitShares) -> FaceSource:
    lists, pictures = path / LISTS, {split: path / f"WIDER_{split}" / "images" for split in FACE_SPLITS}
    return with_own_val(
        KIND.name,
        {split: read_wider(lists / f"wider_face_{split}_bbx_gt.txt", pictures[split]) for split in FACE_SPLITS},
        shares,
    )


KIND = FaceSourceKind(
    name="WIDER FACE",
    description="WIDER FACE's folder, with wider_face_split/, WIDER_train/ and WIDER_val/",
    recognise=_recognise,
    open=_open,
)
