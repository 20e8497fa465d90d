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
from emotion_recognition.data.files.split_writer import SplitWriter
from emotion_recognition.error_about import about

FORMAT_VERSION = 1
#: Tells these files from those of other kinds.
KIND = "face pictures"

_ARRAYS = ("sizes", "boxes", "first", "ignored")
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
    with contextlib.ExitStack() as stack:
        for path, split in splits.items():
            # The writer keeps HDF5 itself from the disk: it can end the process when that is full.
            writer = SplitWriter(stack.enter_context(replace_when_complete(path)), (), data_set="pictures")
            with writer:
                for picture in split.pictures:
                    writer.append(picture)
                writer.finish(partial(_describe, split=split))


def read_face_split(path: Path) -> FaceSplit:
    """Reads a split into memory; its pictures stay encoded.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is not one that :func:`write_face_splits` wrote, is of another version, or damaged.

    Example:
        >>> read_face_split(Path("missing.hdf5"))
        Traceback (most recent call last):
        FileNotFoundError: There is no data set missing.hdf5.
    """
    if not path.is_file():
        raise about(FileNotFoundError(f"There is no data set {path}."), "build_face_splits")
    try:
        with h5py.File(path, "r") as file:
            kind = file.attrs.get("kind")
            if kind != KIND:
                raise ValueError("it holds no pictures with face boxes")
            version = int(file.attrs["format_version"])
            if version != FORMAT_VERSION:
                raise ValueError(f"its format version is {version}, this program reads {FORMAT_VERSION}")
            fields: dict[str, Any] = {
                **{name: file[name][:] for name in _ARRAYS},
                **{name: tuple(file[name].asstr()[:].tolist()) for name in _TEXTS},
                **{name: str(file.attrs[name]) for name in _ATTRIBUTES},
            }
            return FaceSplit(pictures=_cut(file["pictures"][:], file["picture_first"][:]), **fields)
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise about(
            ValueError(
                f"{path} is not a data set of face pictures that this program can read: {_one_line(error)}; "
                "build it again."
            ),
            "build_face_splits_again",
        ) from error


def _describe(file: h5py.File, split: FaceSplit) -> None:
    """Writes everything of a split but its pictures into an open file."""
    ends = np.cumsum([len(picture) for picture in split.pictures], dtype=np.int64)
    file.create_dataset("picture_first", data=np.concatenate([np.zeros(1, np.int64), ends]))
    for name in _ARRAYS:
        file.create_dataset(name, data=getattr(split, name))
    for name in _TEXTS:
        texts: tuple[str, ...] = getattr(split, name)
        file.create_dataset(name, data=np.array(texts, dtype=object), shape=(len(texts),), dtype=h5py.string_dtype())
    for name in _ATTRIBUTES:
        file.attrs[name] = getattr(split, name)
    file.attrs["kind"] = KIND
    file.attrs["format_version"] = FORMAT_VERSION


def _cut(flat: np.ndarray, first: np.ndarray) -> list[np.ndarray]:
    """The pictures, as views into the array that holds them all."""
    if flat.ndim != 1 or first.ndim != 1 or not len(first) or first[0] != 0 or first[-1] != len(flat):
        raise ValueError("the places of its pictures do not fit their bytes")
    return [flat[start:end] for start, end in zip(first[:-1].tolist(), first[1:].tolist(), strict=True)]


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")
