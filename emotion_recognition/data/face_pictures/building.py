"""Builds the HDF5 splits of photographs with face boxes, both of them or none.

Stage before: :mod:`emotion_recognition.data.face_pictures.sources.registry`; next: a face detector is trained on
``train`` and chosen on ``val``, see :func:`~emotion_recognition.data.face_pictures.hdf5.read_face_split`.
"""

import contextlib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_recognition.data.building.build_targets import check_targets
from emotion_recognition.data.building.unreadable import report_unreadable
from emotion_recognition.data.face_pictures.assembling import assemble_split
from emotion_recognition.data.face_pictures.counts import FaceCounts
from emotion_recognition.data.face_pictures.hdf5 import write_face_splits
from emotion_recognition.data.face_pictures.sources.face_source import FaceSource
from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.data.face_pictures.stored_picture import PictureStorage
from emotion_recognition.progress import Progress
from emotion_recognition.workspace import FACE_SPLITS, Workspace
from emotion_recognition.write_lock import write_lock


@dataclass(frozen=True, eq=False)
class FacesBuilt:
    """What a build made.

    Args:
        counts: What became of the pictures of each split.
        paths: The file of each split.
        notes: What a person should know, a sentence each.
        unreadable: Name and reason of every picture that could not be read, or is missing, and was left out.
    """

    counts: Mapping[str, FaceCounts]
    paths: Mapping[str, Path]
    notes: tuple[str, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()


def check_face_targets(workspace: Workspace, *, overwrite: bool) -> None:
    """Refuses, before any work is done, to replace splits that may not be replaced.

    Raises:
        FileExistsError: If there are such, see :func:`~emotion_recognition.data.building.build_targets.check_targets`.
    """
    check_targets(map(workspace.face_split_path, FACE_SPLITS), overwrite=overwrite)


def build_face_splits(
    source: FaceSource,
    workspace: Workspace,
    storage: PictureStorage | None = None,
    *,
    overwrite: bool = False,
    allow_bad: bool = False,
    progress: bool = False,
    teach: Callable[[FaceSplit], FaceSplit] | None = None,
) -> FacesBuilt:
    """Opens all pictures and writes both splits; what is stored of the pictures does not stay in memory meanwhile.

    Args:
        source: What to build.
        workspace: Where the splits go; its folders are created when missing.
        storage: How the pictures are stored; the usual way by default.
        overwrite: Whether earlier splits may be replaced.
        allow_bad: Whether any number of pictures may be unreadable or missing.
        progress: Whether to show progress on standard error.
        teach: Adds the faces' landmarks to a split; None to do without.

    Raises:
        FileExistsError: If a split exists and may not be replaced, what has its name is no file, or another process
            builds the same.
        ValueError: If too many pictures are unreadable or missing, or a split has no face.
        OSError: If a file cannot be written.
    """
    check_face_targets(workspace, overwrite=overwrite)
    workspace.create_folders()
    with write_lock(workspace.face_split_path("train"), "a build"):
        return _build(source, workspace, storage, allow_bad=allow_bad, progress=progress, teach=teach)


def _build(
    source: FaceSource,
    workspace: Workspace,
    storage: PictureStorage | None,
    *,
    allow_bad: bool,
    progress: bool,
    teach: Callable[[FaceSplit], FaceSplit] | None,
) -> FacesBuilt:
    total = sum(len(annotations.pictures) for annotations in source.splits.values())
    with Progress("pictures", total) if progress else contextlib.nullcontext() as shown:
        assembled = {
            split: assemble_split(
                annotations,
                split,
                storage,
                spool_folder=workspace.hdf5_folder,
                step=(lambda: None) if shown is None else shown.step,
            )
            for split, annotations in source.splits.items()
        }
    unreadable = [pair for of_split in assembled.values() for pair in of_split.unreadable]
    note = report_unreadable(workspace.unreadable_faces_report, unreadable, total, allow_bad=allow_bad)
    for split, made in assembled.items():
        if not made.counts.faces - made.counts.ignored:
            raise ValueError(f"{source.splits[split].path} leaves no face for the {split} split.")
    splits = {split: made.split if teach is None else teach(made.split) for split, made in assembled.items()}
    twins = _twins(splits["train"], splits["val"])
    paths = {split: workspace.face_split_path(split) for split in splits}
    write_face_splits({paths[split]: made for split, made in splits.items()})
    notes = [*source.notes, *([] if note is None else [note])]
    if twins:
        notes.append(f"val promises too much: pictures of it that are in train too: {twins:,}")
    for split, made_split in splits.items():
        if made_split.landmarks is not None:
            known = int(np.isfinite(made_split.landmarks[:, 0, 0]).sum())
            notes.append(f"{split}: {known:,} of {len(made_split.boxes):,} faces have landmarks")
    counts = {split: made.counts for split, made in assembled.items()}
    turned = sum(of_split.turned for of_split in counts.values())
    if turned:
        notes.append(
            f"{turned:,} pictures are turned upright by their EXIF orientation: their boxes are taken for those of the "
            "upright picture"
        )
    return FacesBuilt(counts, paths, tuple(notes), tuple(unreadable))


def _twins(train: FaceSplit, val: FaceSplit) -> int:
    """How many pictures of val have the same bytes as one of train."""
    lengths = set(map(len, val.pictures))
    known = {_digest(picture) for picture in train.pictures if len(picture) in lengths}
    return sum(_digest(picture) in known for picture in val.pictures)


def _digest(picture: np.ndarray) -> bytes:
    return hashlib.sha256(picture.data).digest()
