"""The pictures of a data set before any of them is opened: where they lie, their split, and the classes of their faces.

Readers of class folders and of Pascal VOC annotations make such lists; next:
:mod:`emotion_recognition.data.sources.folders.picture_source` opens the pictures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from emotion_recognition.pictures.faces import Box

#: Names of folders and lists that stand for a split; upper and lower case are the same.
SPLIT_OF_NAME = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "publictest": "val",
    "test": "test",
    "testing": "test",
    "privatetest": "test",
}

#: What operating systems leave in folders.
_LEFTOVERS = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


class Picture(NamedTuple):
    """One picture file and the faces in it.

    Attributes:
        path: Relative to the list's root, with ``/`` between its parts.
        labels: The label of each face.
        boxes: The box of each face; None if the picture as a whole is one face.
        size: Width and height of the picture in pixels, where an annotation states them.
    """

    path: str
    labels: tuple[int, ...]
    boxes: tuple[Box, ...] | None = None
    size: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class PictureList:
    """All pictures of a data set.

    Args:
        root: The folder that they lie in.
        class_names: The classes in label order.
        splits: The pictures of "train", "val" and "test".
        notes: What a person should know about how the source was read, a sentence each.
    """

    root: Path
    class_names: tuple[str, ...]
    splits: Mapping[str, Sequence[Picture]]
    notes: tuple[str, ...] = ()


def is_leftover(name: str) -> bool:
    """Whether a file or folder of that name is hidden or an operating system's, so that readers pass it over."""
    return name.startswith(".") or name.casefold() in _LEFTOVERS


def split_of_name(name: str) -> str | None:
    """The split that a folder's or a list's name stands for, None for another name.

    Example:
        >>> split_of_name("Validation"), split_of_name("happy")
        ('val', None)
    """
    return SPLIT_OF_NAME.get(name.casefold())
