"""The HDF5 file of one split: arrays go in and come out, with the names of their classes and where they are from.

Stage before: :mod:`emotion_recognition.data.building.build`. Next stages: training reads ``train`` and
``val``, evaluation reads ``val`` or ``test``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from emotion_recognition.data.files.split_writer import SplitWriter
from emotion_recognition.data.files.streaming import STREAM_ABOVE_GIB, map_images
from emotion_recognition.data.sources.fer2013.ferplus_votes import VOTE_NAMES
from emotion_recognition.error_about import about
from emotion_recognition.workspace import FER2013

FORMAT_VERSION = 1

_IMAGES_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class Split:
    """One split of a data set.

    Args:
        images: uint8 array (N, height, width, channels), 0..255.
        labels: uint8 array (N,), indices into ``class_names``.
        class_names: The classes in label order.
        split: "train", "val" or "test".
        source_name: Name of the file that the images came from, without its folder.
        source_sha256: SHA-256 of that file, 64 hexadecimal digits.
        votes: uint8 array (N, 10), FER+'s votes on each image in the order of
            :data:`~emotion_recognition.data.sources.fer2013.ferplus_votes.VOTE_NAMES`; None if the split was built
            without them.
        votes_sha256: SHA-256 of the votes' file, 64 hexadecimal digits; None without votes.
        labels_from: Where the labels are from, one of :data:`~emotion_recognition.workspace.LABELS`.
        distributions: float32 array (N, classes), 0..1, every row adds up to 1: how the votes on an image fall on the
            classes, the soft targets beside the hard labels; None if the labels are no votes.
        dropped: How many images of each kind were taken out of the split; in ``test``, how many were marked.
        marks: uint8 array (N, kinds), 1 where a test image is of a kind of ``dropped``, in that order, else 0; None if
            nothing was marked.

    Raises:
        ValueError: If an array has another dtype or shape, or a label has no class.
    """

    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    split: str
    source_name: str
    source_sha256: str
    votes: np.ndarray | None = None
    votes_sha256: str | None = None
    labels_from: str = FER2013
    distributions: np.ndarray | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    marks: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise ValueError(
                "images must be a uint8 array (N, height, width, channels). "
                f"Received: {self.images.dtype} {self.images.shape}"
            )
        if self.labels.dtype != np.uint8 or self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"labels must be a uint8 array ({len(self.images)},), one for each image. "
                f"Received: {self.labels.dtype} {self.labels.shape}"
            )
        if len(self.labels) and int(self.labels.max()) >= len(self.class_names):
            raise ValueError(
                f"labels must be below the number of classes, {len(self.class_names)}. Received: {self.labels.max()}"
            )
        if self.votes is not None and (
            self.votes.dtype != np.uint8 or self.votes.shape != (len(self.labels), len(VOTE_NAMES))
        ):
            raise ValueError(
                f"votes must be a uint8 array ({len(self.labels)}, {len(VOTE_NAMES)}), a row for each image. "
                f"Received: {self.votes.dtype} {self.votes.shape}"
            )
        shape = (len(self.labels), len(self.class_names))
        if self.distributions is not None and (
            self.distributions.dtype != np.float32 or self.distributions.shape != shape
        ):
            raise ValueError(
                f"distributions must be a float32 array {shape}, a row for each image. "
                f"Received: {self.distributions.dtype} {self.distributions.shape}"
            )
        shape = (len(self.labels), len(self.dropped))
        if self.marks is not None and (self.marks.dtype != np.uint8 or self.marks.shape != shape):
            raise ValueError(
                f"marks must be a uint8 array {shape}, a row for each image. "
                f"Received: {self.marks.dtype} {self.marks.shape}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def class_counts(self) -> np.ndarray:
        """The number of images of each class, int64 array (classes,)."""
        return np.bincount(self.labels, minlength=len(self.class_names))

    def take(self, rows: np.ndarray) -> "Split":
        """The split with these rows alone, in their order, and all that belongs to them.

        Args:
            rows: Integer array of rows, from 0.
        """

        def taken(array: np.ndarray | None) -> np.ndarray | None:
            return None if array is None else array[rows]

        return replace(
            self,
            images=self.images[rows],
            labels=self.labels[rows],
            votes=taken(self.votes),
            distributions=taken(self.distributions),
            marks=taken(self.marks),
        )


def read_split(path: Path, *, stream_above: float = STREAM_ABOVE_GIB) -> Split:
    """Reads a split into memory, or, where its images are many, leaves them in the file.

    Args:
        path: The file. Where the images stay in it, it must not be changed as long as they are used.
        stream_above: GiB of images above which they stay in the file, at least 0; see
            :func:`~emotion_recognition.data.files.streaming.map_images`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not one that :func:`write_split` or a build wrote.
    """
    if not path.is_file():
        raise about(FileNotFoundError(f"There is no data set {path}."), "build_splits")
    try:
        with h5py.File(path, "r") as file:
            version = int(file.attrs["format_version"])
            if version != FORMAT_VERSION:
                raise ValueError(f"its format version is {version}, this program reads {FORMAT_VERSION}")
            votes = file.get("votes")
            if votes is not None and tuple(votes.attrs["vote_names"]) != VOTE_NAMES:
                raise ValueError(f"its votes must be on {', '.join(VOTE_NAMES)}")
            kinds = file.attrs.get("dropped", ())
            streamed = file["images"].size > stream_above * 2**30
            return Split(
                images=map_images(file["images"], path) if streamed else file["images"][:],
                labels=file["labels"][:],
                class_names=tuple(str(name) for name in file.attrs["class_names"]),
                split=str(file.attrs["split"]),
                source_name=str(file.attrs["source_name"]),
                source_sha256=str(file.attrs["source_sha256"]),
                votes=None if votes is None else votes[:],
                votes_sha256=None if votes is None else str(votes.attrs["sha256"]),
                # Files of the first builds do not say it.
                labels_from=str(file.attrs.get("labels_from", FER2013)),
                distributions=file["distributions"][:] if "distributions" in file else None,
                dropped=dict(zip(map(str, kinds), map(int, file.attrs.get("dropped_counts", ())), strict=True)),
                marks=file["marks"][:] if "marks" in file else None,
            )
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise about(
            ValueError(f"{path} is not a data set that this program can read: {_one_line(error)}; build it again."),
            "build_splits_again",
        ) from error


def check_same_source(first: Split, second: Split) -> None:
    """Refuses to use two splits together that were built from different files.

    Raises:
        ValueError: If their sources' hashes differ.
    """
    if first.source_sha256 != second.source_sha256:
        raise about(
            ValueError(
                f"The {first.split} split was built from {first.source_name} ({first.source_sha256[:8]}), the "
                f"{second.split} split from {second.source_name} ({second.source_sha256[:8]}); build them together."
            ),
            "build_splits_again",
        )


def write_split(path: Path, split: Split, rows: np.ndarray | None = None) -> None:
    """Writes a split, or some of its rows and all that belongs to them; its images may stay in another file meanwhile.

    Args:
        path: The file to write; half written when this fails, so give a temporary path.
        split: The split.
        rows: Integer array of rows, from 0, in the order to write them; all by default.

    Raises:
        OSError: If it cannot be written.
    """
    rows = np.arange(len(split)) if rows is None else rows
    with SplitWriter(path, split.images.shape[1:]) as writer:
        for start in range(0, len(rows), _IMAGES_AT_ONCE):
            writer.append(np.asarray(split.images[rows[start : start + _IMAGES_AT_ONCE]]))
        no_images = np.empty((len(split), 0, 0, 0), np.uint8)
        writer.finish(partial(describe, split=replace(split, images=no_images).take(rows)))


def describe(file: h5py.File, split: Split) -> None:
    """Writes everything of a split but its images into an open file."""
    file.create_dataset("labels", data=split.labels)
    if split.votes is not None:
        votes = file.create_dataset("votes", data=split.votes)
        votes.attrs["vote_names"] = list(VOTE_NAMES)
        votes.attrs["sha256"] = split.votes_sha256 or ""
    if split.distributions is not None:
        file.create_dataset("distributions", data=split.distributions)
    file.attrs["labels_from"] = split.labels_from
    if split.dropped:
        file.attrs["dropped"] = list(split.dropped)
        file.attrs["dropped_counts"] = list(split.dropped.values())
    if split.marks is not None:
        marks = file.create_dataset("marks", data=split.marks)
        marks.attrs["mark_names"] = list(split.dropped)
    file.attrs["class_names"] = list(split.class_names)
    file.attrs["split"] = split.split
    file.attrs["source_name"] = split.source_name
    file.attrs["source_sha256"] = split.source_sha256
    file.attrs["format_version"] = FORMAT_VERSION


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")
