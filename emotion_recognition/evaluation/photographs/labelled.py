"""Labelled photographs before any of them is opened: a folder with class folders, or a CSV beside the pictures.

A path goes in, :class:`Photographs` come out; next: :mod:`emotion_recognition.evaluation.photographs.looking` opens
them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from emotion_recognition.data.building.unreadable import as_text
from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.folders.class_folders import list_classes
from emotion_recognition.evaluation.photographs.labels_csv import read_labels_csv
from emotion_recognition.workspace import LABELS_CSV


class Photograph(NamedTuple):
    """One picture file and what the face on it expresses.

    Attributes:
        name: Its path relative to the folder of all, with ``/`` between its parts.
        label: Index of its class.
        source: Where it is from; empty where nothing says so.
    """

    name: str
    label: int
    source: str = ""


@dataclass(frozen=True)
class Photographs:
    """Labelled photographs.

    Args:
        name: What they are called in reports and file names: the name of their folder or CSV.
        root: The folder that the names of the photographs are relative to.
        class_names: The classes in label order.
        photographs: At least one.
        notes: What a person should know about how they were read, a sentence each.
    """

    name: str
    root: Path
    class_names: tuple[str, ...]
    photographs: tuple[Photograph, ...]
    notes: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that are named, in alphabetical order."""
        return tuple(sorted({photograph.source for photograph in self.photographs} - {""}))


def read_photographs(path: Path, classes: ClassLabels) -> Photographs:
    """Lists labelled photographs; none is opened.

    Args:
        path: A CSV with the columns file and label, and perhaps source, whose files lie beside it; a folder that holds
            such a ``labels.csv``; or a folder with a folder of pictures for each class.
        classes: The classes that the photographs' labels may stand for, in any of their words.

    Raises:
        FileNotFoundError: If there is no such file or folder.
        ValueError: If a label is not known, the folder or CSV is not as it must be, or no photograph is left; the
            message has the file, and the row if there are rows.
        OSError: If something cannot be read.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder {path} with photographs.")
    name = as_text(path.resolve().stem if path.is_file() else path.resolve().name)
    if path.is_dir() and not (path / LABELS_CSV).is_file():
        pictures, notes = list_classes(path, classes)
        photographs = tuple(Photograph(picture.path, picture.labels[0]) for picture in pictures)
        return Photographs(name, path, classes.names, photographs, notes)
    table = path / LABELS_CSV if path.is_dir() else path
    if table.name == LABELS_CSV:
        name = as_text(table.resolve().parent.name)
    rows, notes = read_labels_csv(table, classes)
    return Photographs(name, table.parent, classes.names, tuple(Photograph(*row) for row in rows), notes)
