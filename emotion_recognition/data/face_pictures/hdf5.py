"""The HDF5 file of one split of photographs with face boxes.

A :class:`~emotion_recognition.data.face_pictures.split.FaceSplit` goes in and comes out. Stage before:
:mod:`emotion_recognition.data.face_pictures.assembling`; next: a face detector is trained or measured.

All pictures' bytes lie behind each other in one data set, ``pictures``; those of picture i are
``pictures[picture_first[i] : picture_first[i + 1]]``. That is read in one piece, where data of variable length would
take as many reads as there are pictures.
"""

import contextlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.data.building.build_targets import remove_leftovers
from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.data.files.contract import check_content, checked_dataset
from emotion_recognition.data.files.hdf5 import build_id_of
from emotion_recognition.data.files.split_writer import SplitWriter
from emotion_recognition.error_about import about
from emotion_recognition.sealed_hdf5 import DAMAGE, open_hdf5

FORMAT_VERSION = 1
#: Tells these files from those of other kinds.
KIND = "face pictures"

_ARRAYS: Mapping[str, tuple[type[np.generic], tuple[int | None, ...]]] = {
    "sizes": (np.int32, (None, 2)),
    "boxes": (np.float32, (None, 4)),
    "first": (np.int64, (None,)),
    "ignored": (np.bool_, (None,)),
}
#: Of splits that have them; earlier versions pass over it.
_LANDMARKS = ("landmarks", np.float32, (None, 5, 2))
_PLACES = (("pictures", np.uint8, (None,)), ("picture_first", np.int64, (None,)))
_TEXTS = ("names", "sources", "masks")
_ATTRIBUTES = ("split", "source_name", "source_sha256")


def write_face_splits(splits: Mapping[Path, FaceSplit]) -> None:
    """Writes each split to its path: all of them, or, when one fails, none.

    Earlier files stay as they were until every new one is complete. What a killed build of the same files left beside
    them is deleted.

    Args:
        splits: The target path of each split.

    Raises:
        OSError: If a file cannot be written.
    """
    remove_leftovers(splits)
    build_id = build_id_of(split.content_sha256() for split in splits.values())
    with contextlib.ExitStack() as stack:
        for path, split in splits.items():
            # The writer keeps HDF5 itself from the disk: it can end the process when that is full.
            writer = SplitWriter(stack.enter_context(replace_when_complete(path)), (), data_set="pictures")
            with writer:
                for picture in split.pictures:
                    writer.append(picture)
                writer.finish(partial(_describe, split=split, build_id=build_id))


def check_same_face_build(train: FaceSplit, val: FaceSplit) -> None:
    """Refuses to use two splits together that were not built together: their pictures may be the same.

    Raises:
        ValueError: If their builds differ.
    """
    if train.build_id != val.build_id:
        raise about(
            ValueError(
                f"The {train.split} split and the {val.split} split of the face pictures are of different builds; "
                "one was interrupted, and pictures may be in both; build them together."
            ),
            "build_face_splits_again",
        )


def read_face_split(path: Path, *, role: str | None = None) -> FaceSplit:
    """Reads a split into memory; its pictures stay encoded.

    Args:
        path: The file.
        role: The split that it must be, "train" or "val"; None for either.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not one that :func:`write_face_splits` wrote, is of another version, damaged, or
            another split.

    Example:
        >>> read_face_split(Path("missing.hdf5"))
        Traceback (most recent call last):
        FileNotFoundError: There is no data set missing.hdf5.
    """
    if not path.exists():
        raise about(FileNotFoundError(f"There is no data set {path}."), "build_face_splits")
    try:
        with open_hdf5(path) as file:
            split = _read(file, path)
    except DAMAGE as error:
        raise about(
            ValueError(
                f"{path} is not a data set of face pictures that this program can read: {_one_line(error)}; "
                "build it again."
            ),
            "build_face_splits_again",
        ) from error
    if role is not None and split.split != role:
        text = f"{path} must be the {role} split, but it says that it is {split.split!r}; build it again."
        raise about(ValueError(text), "build_face_splits_again")
    return split


def _read(file: h5py.File, path: Path) -> FaceSplit:
    if file.attrs.get("kind") != KIND:
        raise ValueError("it holds no pictures with face boxes")
    version = int(file.attrs["format_version"])
    if version != FORMAT_VERSION:
        raise ValueError(f"its format version is {version}, this program reads {FORMAT_VERSION}")
    fields: dict[str, Any] = {
        **{name: checked_dataset(file, name, *kind)[:] for name, kind in _ARRAYS.items()},
        **{name: tuple(file[name].asstr()[:].tolist()) for name in _TEXTS},
        **{name: str(file.attrs[name]) for name in _ATTRIBUTES},
        "build_id": str(file.attrs.get("build_id", "")),
        "landmarks": checked_dataset(file, *_LANDMARKS)[:] if _LANDMARKS[0] in file else None,
    }
    check_content(file, checked_dataset(file, *_PLACES[0]), path)
    flat, first = (checked_dataset(file, *place)[:] for place in _PLACES)
    return FaceSplit(pictures=_cut(flat, first), **fields)


def _describe(file: h5py.File, split: FaceSplit, build_id: str) -> None:
    """Writes everything of a split but its pictures into an open file."""
    ends = np.cumsum([len(picture) for picture in split.pictures], dtype=np.int64)
    file.create_dataset("picture_first", data=np.concatenate([np.zeros(1, np.int64), ends]))
    for name in _ARRAYS:
        file.create_dataset(name, data=getattr(split, name))
    if split.landmarks is not None:
        file.create_dataset(_LANDMARKS[0], data=split.landmarks)
    for name in _TEXTS:
        texts: tuple[str, ...] = getattr(split, name)
        file.create_dataset(name, data=np.array(texts, dtype=object), shape=(len(texts),), dtype=h5py.string_dtype())
    for name in _ATTRIBUTES:
        file.attrs[name] = getattr(split, name)
    file.attrs["build_id"] = build_id
    file.attrs["kind"] = KIND
    file.attrs["format_version"] = FORMAT_VERSION


def _cut(flat: np.ndarray, first: np.ndarray) -> list[np.ndarray]:
    """The pictures, as views into the array that holds them all."""
    if flat.ndim != 1 or first.ndim != 1 or not len(first) or first[0] != 0 or first[-1] != len(flat):
        raise ValueError("the places of its pictures do not fit their bytes")
    return [flat[start:end] for start, end in zip(first[:-1].tolist(), first[1:].tolist(), strict=True)]


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
