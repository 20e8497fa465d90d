"""Lists the pictures of a folder tree with a folder for each class.

Either ``train/<class>/``, ``test/<class>/`` and perhaps ``val/<class>/``, or ``<class>/`` alone. A folder goes in, a
:class:`~emotion_recognition.data.sources.folders.picture_list.PictureList` comes out. The classes are known by the
folders' names alone; their order on the disk means nothing.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.folders.picture_list import (
    Picture,
    PictureList,
    is_leftover,
    split_of_name,
)
from emotion_recognition.data.sources.source import Candidate, Source, SourceKind, SourceOptions
from emotion_recognition.data.sources.stratified import SplitShares, divide
from emotion_recognition.error_about import about, names_of
from emotion_recognition.pictures.image_header import PICTURE_SUFFIXES
from emotion_recognition.workspace import SPLITS


def list_class_folders(root: Path, classes: ClassLabels, shares: SplitShares | None = None) -> PictureList:
    """Lists the pictures below a folder and what class and split each belongs to.

    Pictures are sorted by path, so that the same tree gives the same data set on every machine.

    Args:
        root: The folder that holds the splits' folders, or the classes' folders.
        classes: The classes that the folders may stand for.
        shares: The part of the training pictures that becomes the missing validation or test split, and the seed.

    Raises:
        ValueError: If a folder has a name that is not known, lies where none should be, or nothing is left to train
            with.
        OSError: If a folder cannot be read.
    """
    shares = shares or SplitShares()
    notes: dict[str, None] = {}
    folders = _folders(root)
    by_split = _split_folders(root, folders, classes)
    pictures: dict[str, list[Picture]] = {split: [] for split in SPLITS}
    if by_split is None:
        pictures["train"], told = list_classes(root, classes)
        notes.update(dict.fromkeys(told))
    else:
        for split, names in by_split.items():
            for name in names:
                pictures[split] += _of_classes(root, f"{name}/", _folders(root / name), classes, notes)
            if not pictures[split]:
                raise ValueError(f"{root / by_split[split][0]} holds no pictures in folders named after classes.")
    missing = [split for split in ("val", "test") if not pictures[split]]
    if missing:
        pictures = _divided(pictures, classes, shares)
        notes[f"{' and '.join(missing)} split off from the training pictures with seed {shares.seed}"] = None
    unused = shares.without_effect(missing)
    if unused is not None:
        notes[unused] = None
    return PictureList(root, classes.names, pictures, tuple(notes))


def list_classes(root: Path, classes: ClassLabels) -> tuple[list[Picture], tuple[str, ...]]:
    """Lists the pictures of class folders that belong to no split, sorted by path.

    Args:
        root: The folder that holds the classes' folders.
        classes: The classes that the folders may stand for.

    Returns:
        The pictures, and what a person should know about how they were read, a sentence each.

    Raises:
        ValueError: If a folder has a name that is not known, lies where none should be, or holds no pictures; also if
            the folders are those of splits.
        OSError: If a folder cannot be read.
    """
    folders = _folders(root)
    by_split = _split_folders(root, folders, classes)
    if by_split is not None:
        one = root / next(reversed(by_split.values()))[0]
        raise ValueError(f"{root} holds the folders of splits; name one of them, such as {one}.")
    notes: dict[str, None] = {}
    pictures = _of_classes(root, "", folders, classes, notes)
    if not pictures:
        raise ValueError(f"{root} holds no pictures in folders named after classes.")
    return pictures, tuple(notes)


def _split_folders(root: Path, folders: Sequence[str], classes: ClassLabels) -> dict[str, list[str]] | None:
    """The folders of each split; None if the folders are those of classes."""
    found: dict[str, list[str]] = {}
    for name in folders:
        split = split_of_name(name)
        if split is not None:
            found.setdefault(split, []).append(name)
    if not found or (classes.own and all(_is_own_class(name, classes) for name in folders)):
        return None
    others = [name for name in folders if split_of_name(name) is None]
    if others:
        raise ValueError(f"{root / others[0]} lies beside the folders of splits, but is none; move it away.")
    if "train" not in found:
        raise ValueError(f"{root} has no folder train beside {', '.join(found)}.")
    return found


def _of_classes(
    root: Path, prefix: str, folders: Sequence[str], classes: ClassLabels, notes: dict[str, None]
) -> list[Picture]:
    pictures: list[Picture] = []
    for name in folders:
        try:
            label, place = classes.label_of(name), classes.place_of(name)
        except ValueError as error:
            raise about(ValueError(f"{root / prefix / name}: {error}"), *names_of(error)) from error
        if place is not None:
            notes[place] = None
        files = _files(root / prefix / name)
        if label is not None:
            pictures += [Picture(f"{prefix}{name}/{file}", (label,)) for file in files]
    return pictures


def _divided(pictures: dict[str, list[Picture]], classes: ClassLabels, shares: SplitShares) -> dict[str, list[Picture]]:
    train = pictures["train"]
    strata = np.array([classes.stratum_of(picture.path.split("/")[-2]) for picture in train])
    parts = divide(strata, shares, has_val=bool(pictures["val"]), has_test=bool(pictures["test"]))
    divided = {split: [train[i] for i in np.flatnonzero(parts == index)] for index, split in enumerate(SPLITS)}
    return {split: divided[split] + (pictures[split] if split != "train" else []) for split in SPLITS}


def _is_own_class(name: str, classes: ClassLabels) -> bool:
    return name.casefold() in (known.casefold() for known in classes.names)


def _folders(folder: Path) -> list[str]:
    """The sub-folders' names, sorted. Pictures beside them belong to no class, which is an error."""
    names = []
    for entry in _entries(folder):
        if entry.is_dir():
            names.append(entry.name)
        elif entry.name.lower().endswith(PICTURE_SUFFIXES):
            raise ValueError(f"{entry.path} lies outside the folders of the classes, so its class is not known.")
    return sorted(names)


def _files(folder: Path) -> list[str]:
    names = []
    for entry in _entries(folder):
        if entry.is_dir():
            raise ValueError(f"{entry.path} is a folder inside that of a class; only pictures may be there.")
        names.append(entry.name)
    return sorted(names)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if not is_leftover(entry.name))


def _recognise(candidate: Candidate) -> bool:
    return candidate.is_folder


def _open(root: Path, options: SourceOptions) -> Source:
    # Only here: it imports OpenCV.
    from emotion_recognition.data.sources.folders.picture_source import PictureSource

    pictures = list_class_folders(root, options.classes, options.shares)
    if options.find_faces is None:
        return PictureSource(KIND.name, pictures, options)
    from emotion_recognition.data.sources.folders.found_faces import FoundFaceReader

    variant = options.variant
    reader = FoundFaceReader(options.find_faces, image_size=variant.image_size, channels=variant.channels)
    return PictureSource(KIND.name, pictures, options, reader)


KIND = SourceKind(
    name="folders of pictures, one for each class",
    description="a folder with train/CLASS/, test/CLASS/ and perhaps val/CLASS/, or with CLASS/ alone",
    recognise=_recognise,
    opener=_open,
    takes=("classes", "find_faces", "shares"),
    splits=SPLITS,
)
