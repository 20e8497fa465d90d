"""The HDF5 file of one split: arrays go in and come out, with the names of their classes and where they are from.

Stage before: :mod:`emotion_recognition.data.building.build`. Next stages: training reads ``train`` and
``val``, evaluation reads ``val`` or ``test``.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from emotion_recognition.data.files.contract import (
    check_class_names,
    check_content,
    check_distributions,
    checked_dataset,
)
from emotion_recognition.data.files.split_writer import SplitWriter
from emotion_recognition.data.files.streaming import STREAM_ABOVE_GIB, map_images
from emotion_recognition.data.sources.fer2013.ferplus_votes import VOTE_NAMES
from emotion_recognition.error_about import about
from emotion_recognition.sealed_hdf5 import DAMAGE, open_hdf5
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
        build_id: What all splits of one build share and no other build has, see :func:`build_id_of`; "" for files of
            earlier versions.
        images_sha256: SHA-256 of the images, 64 hexadecimal digits; "" where it is not known.

    Raises:
        ValueError: If an array has another dtype or shape, a label has no class, class names are equal, or a row of
            the distributions does not add up to 1.
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
    build_id: str = ""
    images_sha256: str = ""

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
        check_class_names(self.class_names)
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
        if self.distributions is not None:
            check_distributions(self.distributions)
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

    def content_sha256(self) -> str:
        """SHA-256 of what is learned from: images, labels, votes and distributions, 64 hexadecimal digits.

        Two splits have the same one where training on them gives the same result.
        """
        images_sha256 = self.images_sha256 or _sha256_of(self.images)
        digest = hashlib.sha256(f"{self.images.shape[1:]} {images_sha256} {self.class_names}".encode())
        for array in (self.labels, self.votes, self.distributions):
            digest.update(b"none" if array is None else np.ascontiguousarray(array).data)
        return digest.hexdigest()

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
            images_sha256="",
            labels=self.labels[rows],
            votes=taken(self.votes),
            distributions=taken(self.distributions),
            marks=taken(self.marks),
        )


def check_is_there(path: Path) -> None:
    """Finds out whether a data set is built.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    if not path.exists():
        raise about(FileNotFoundError(f"There is no data set {path}."), "build_splits")


def read_split(path: Path, *, role: str | None = None, stream_above: float = STREAM_ABOVE_GIB) -> Split:
    """Reads a split into memory, or, where its images are many, leaves them in the file.

    Args:
        path: The file. Where the images stay in it, it must not be changed as long as they are used.
        role: The split that it must be, "train", "val" or "test"; None for any.
        stream_above: GiB of images above which they stay in the file, at least 0; see
            :func:`~emotion_recognition.data.files.streaming.map_images`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not one that :func:`write_split` or a build wrote, is damaged, or is another split.
    """
    check_is_there(path)
    try:
        with open_hdf5(path) as file:
            split = _read(file, path, stream_above)
    except DAMAGE as error:
        raise about(
            ValueError(f"{path} is not a data set that this program can read: {_one_line(error)}; build it again."),
            "build_splits_again",
        ) from error
    check_role(path, split.split, role)
    return split


def check_role(path: Path, split: str, role: str | None) -> None:
    """Refuses a file that holds another split than its name promises.

    Args:
        path: The file, for the message.
        split: Which split it says it is.
        role: Which one it must be; None for any.

    Raises:
        ValueError: If it is another one.
    """
    if role is not None and split != role:
        text = f"{path} must be the {role} split, but it says that it is {split!r}; build it again."
        raise about(ValueError(text), "build_splits_again")


def check_same_build(*splits: "Split") -> None:
    """Refuses to use splits together that were not built together: their images may be the same.

    Files of earlier versions have no build's name; of those, the sources are compared.

    Raises:
        ValueError: If their sources' hashes or their builds differ.
    """
    first, *others = splits
    for second in others:
        if first.source_sha256 != second.source_sha256:
            raise about(
                ValueError(
                    f"The {first.split} split was built from {first.source_name} ({first.source_sha256[:8]}), the "
                    f"{second.split} split from {second.source_name} ({second.source_sha256[:8]}); build them together."
                ),
                "build_splits_again",
            )
        if first.build_id != second.build_id:
            raise about(
                ValueError(
                    f"The {first.split} split is of the build {first.build_id[:8] or 'of an earlier version'}, the "
                    f"{second.split} split of {second.build_id[:8] or 'an earlier version'}: a build was interrupted, "
                    "and images may be in both; build them together."
                ),
                "build_splits_again",
            )


def build_id_of(contents: Iterable[str], how: str = "") -> str:
    """The name of a build: the same splits, made in the same way, have the same one.

    Args:
        contents: :meth:`Split.content_sha256` of each split, in any order.
        how: What was done to them afterwards.

    Returns:
        64 hexadecimal digits.
    """
    return hashlib.sha256(" ".join([*sorted(contents), how]).encode()).hexdigest()


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
        written = replace(replace(split, images=no_images).take(rows), images_sha256=writer.images_sha256)
        writer.finish(partial(describe, split=written))


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
    if split.build_id:
        file.attrs["build_id"] = split.build_id
    file.attrs["format_version"] = FORMAT_VERSION


def _read(file: h5py.File, path: Path, stream_above: float) -> Split:
    version = int(file.attrs["format_version"])
    if version != FORMAT_VERSION:
        raise ValueError(f"its format version is {version}, this program reads {FORMAT_VERSION}")
    images = checked_dataset(file, "images", np.uint8, (None, None, None, None))
    class_names, count = tuple(str(name) for name in file.attrs["class_names"]), len(images)
    kinds = file.attrs.get("dropped", ())
    votes = distributions = marks = None
    if "votes" in file:
        votes = checked_dataset(file, "votes", np.uint8, (count, len(VOTE_NAMES)))
        if tuple(votes.attrs["vote_names"]) != VOTE_NAMES:
            raise ValueError(f"its votes must be on {', '.join(VOTE_NAMES)}")
    if "distributions" in file:
        distributions = checked_dataset(file, "distributions", np.float32, (count, len(class_names)))
    if "marks" in file:
        marks = checked_dataset(file, "marks", np.uint8, (count, len(kinds)))
    check_content(file, images, path)
    streamed = images.size > stream_above * 2**30
    return Split(
        images=map_images(images, path) if streamed else images[:],
        labels=checked_dataset(file, "labels", np.uint8, (count,))[:],
        class_names=class_names,
        split=str(file.attrs["split"]),
        source_name=str(file.attrs["source_name"]),
        source_sha256=str(file.attrs["source_sha256"]),
        votes=None if votes is None else votes[:],
        votes_sha256=None if votes is None else str(votes.attrs["sha256"]),
        # Files of the first builds do not say it.
        labels_from=str(file.attrs.get("labels_from", FER2013)),
        distributions=None if distributions is None else distributions[:],
        dropped=dict(zip(map(str, kinds), map(int, file.attrs.get("dropped_counts", ())), strict=True)),
        marks=None if marks is None else marks[:],
        build_id=str(file.attrs.get("build_id", "")),
        images_sha256=str(file.attrs.get("images_sha256", "")),
    )


def _sha256_of(images: np.ndarray) -> str:
    digest = hashlib.sha256()
    for start in range(0, len(images), _IMAGES_AT_ONCE):
        digest.update(np.ascontiguousarray(images[start : start + _IMAGES_AT_ONCE]).data)
    return digest.hexdigest()


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
