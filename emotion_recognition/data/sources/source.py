"""What a data set is built from: a source gives chunks of images, each of one split, with their labels beside them.

A reader of a kind of source, such as :mod:`emotion_recognition.data.sources.folders.class_folders`, makes one; next:
:mod:`emotion_recognition.data.building.build` writes what it gives. Any object with these attributes is a source.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.stratified import SplitShares
from emotion_recognition.error_about import about
from emotion_recognition.workspace import FER2013, USUAL, Variant

if TYPE_CHECKING:
    # At run time these would import OpenCV.
    from emotion_recognition.pictures.crop import Framing
    from emotion_recognition.pictures.faces import Face

#: The one split of a source whose images have no labels; predictions are made for it.
UNLABELLED = "unlabelled"

#: What a kind of source may take besides image size and channels, by the argument's name, as messages call it.
OPTIONS = {
    "classes": "your own classes",
    "labels": "FER+'s labels",
    "votes": "FER+'s votes",
    "find_faces": "finding faces",
    "shares": "shares of val and test",
}

_VERB = {"find_faces": "does"}


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some images of one split.

    Args:
        split: Which split they belong to.
        images: uint8 array (n, height, width, channels), 0..255; n may be 0.
        columns: What else there is of each image, by the data set's name in the file: "labels", uint8 array (n,);
            "votes", uint8 array (n, 10); "distributions", float32 array (n, classes).
    """

    split: str
    images: np.ndarray
    columns: Mapping[str, np.ndarray]


@dataclass
class Account:
    """What is known of a source when its chunks have been read, and of its progress before.

    Args:
        seen: How many pictures or rows have been read, or tried.
        unreadable: Path and reason of every picture that could not be read.
        faceless: Path of every picture on which a face was looked for and none found.
        notes: What a person should know about how the source was read, a sentence each.
        sha256: The source's SHA-256, 64 hexadecimal digits; empty before its end.
    """

    seen: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    faceless: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sha256: str = ""


class FramesFaces(Protocol):
    """What finds faces in photographs: a face detector that says how FER2013 would frame what it finds.

    Those of :func:`emotion_recognition.detection.open_detector` are such; ``data`` imports none of them, because
    detection is the layer above.
    """

    framing: "Framing"

    def detect(self, image: np.ndarray) -> "list[Face]":
        """Finds the faces of a BGR uint8 image (height, width, 3); highest score first, empty without a face."""


@dataclass(frozen=True)
class SourceOptions:
    """What is to be made of a source.

    Args:
        classes: The classes of the data set.
        variant: Size, channels and labels of its images.
        shares: The parts that become val and test where the source has none, and the seed.
        votes: FER+'s CSV, whose votes are stored beside the labels; None to do without.
        find_faces: What finds the face of each photograph; None takes pictures as faces that are cropped already.
    """

    classes: ClassLabels
    variant: Variant = USUAL
    shares: SplitShares = field(default_factory=SplitShares)
    votes: Path | None = None
    find_faces: FramesFaces | None = None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        return self.variant.image_size, self.variant.image_size, self.variant.channels

    def chosen(self) -> tuple[str, ...]:
        """Which of :data:`OPTIONS` are in use."""
        used = {
            "classes": self.classes.own,
            "labels": self.variant.labels != FER2013,
            "votes": self.votes is not None,
            "find_faces": self.find_faces is not None,
            "shares": self.shares != SplitShares(),
        }
        return tuple(name for name, is_used in used.items() if is_used)


class Source(Protocol):
    """A source that has been opened; its images are read as its chunks are.

    Attributes:
        kind: What it is, in words.
        name: Name of the file or folder, without the folder that it is in.
        options: What is to be made of it.
        splits: The splits that its chunks belong to: those of :data:`~emotion_recognition.workspace.SPLITS`, or
            :data:`UNLABELLED` alone.
        columns: What its chunks have beside the images.
        total: How many pictures or rows there are; 0 if that is not known before they are read.
        votes_sha256: SHA-256 of the votes' file; None without votes.
        account: Grows as the chunks are read.
    """

    @property
    def kind(self) -> str: ...  # noqa: D102

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def options(self) -> SourceOptions: ...  # noqa: D102

    @property
    def splits(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def columns(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def total(self) -> int: ...  # noqa: D102

    @property
    def votes_sha256(self) -> str | None: ...  # noqa: D102

    @property
    def account(self) -> Account: ...  # noqa: D102

    def chunks(self) -> Iterator[Chunk]:
        """Reads the source once, a chunk at a time; the splits may take turns.

        Raises:
            ValueError: If anything in it is not as it must be; the message has the file, and the row if there are rows.
            OSError: If it cannot be read.
        """


class Candidate:
    """A path that may be any kind of source; what is looked up in it is looked up once.

    Args:
        path: A file or a folder.
        read_columns: Reads a CSV's column names.
    """

    def __init__(self, path: Path, read_columns: Callable[[Path], tuple[str, ...]]) -> None:
        self.path = path
        self._read_columns = read_columns

    @cached_property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.path.is_dir()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of the CSV that it is.

        Raises:
            ValueError: If it is no CSV of FER2013's.
            OSError: If it cannot be read.
        """
        return self._read_columns(self.path)


@dataclass(frozen=True)
class SourceKind:
    """A row of the registry: a kind of source.

    Args:
        name: What it is, in words.
        description: What it holds, one line of a help text.
        recognise: Whether a path is of this kind, once those above it in the registry have said no.
        opener: Opens it, given options that it takes.
        takes: Which of :data:`OPTIONS` it takes.
        splits: The splits that it gives; the same as its :class:`Source`'s.
    """

    name: str
    description: str
    recognise: Callable[[Candidate], bool]
    opener: Callable[[Path, SourceOptions], Source]
    takes: tuple[str, ...]
    splits: tuple[str, ...]

    def open(self, path: Path, options: SourceOptions) -> Source:
        """Opens a source of this kind; its images are not read yet.

        Args:
            path: The file or folder.
            options: What is to be made of it.

        Raises:
            ValueError: If this kind of source does not take an option, or the source is not as it must be.
            OSError: If something cannot be read.
        """
        self.check_takes(options.chosen())
        return self.opener(path, options)

    def check_takes(self, chosen: Iterable[str]) -> None:
        """Refuses options that do not go with this kind of source.

        Args:
            chosen: Some of :data:`OPTIONS`.

        Raises:
            ValueError: If it does not take one of them.
        """
        for name in chosen:
            if name not in self.takes:
                raise about(ValueError(f"{OPTIONS[name]} {_VERB.get(name, 'do')} not go with {self.name}."), name)
