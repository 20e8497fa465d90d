"""Lists the pictures of a folder with Pascal VOC annotations: an XML file with boxes and class names per picture.

A folder goes in, a :class:`~emotion_recognition.data.sources.folders.picture_list.PictureList` comes out. Stage before:
:mod:`emotion_recognition.data.sources.folders.voc_object`; next:
:mod:`emotion_recognition.data.sources.folders.picture_source`.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.folders.picture_list import (
    Picture,
    PictureList,
    is_leftover,
    split_of_name,
)
from emotion_recognition.data.sources.folders.voc_object import Annotation, read_annotation
from emotion_recognition.data.sources.plain_text import read_bytes
from emotion_recognition.data.sources.source import Candidate, Source, SourceKind, SourceOptions
from emotion_recognition.data.sources.stratified import SplitShares, divide
from emotion_recognition.error_about import about, names_of
from emotion_recognition.pictures.image_header import PICTURE_SUFFIXES
from emotion_recognition.quantity import quantity
from emotion_recognition.workspace import SPLITS

#: Where pictures are looked for, from the folder of the XML file.
_PICTURE_FOLDERS = (".", "../JPEGImages", "../images", "..")
_LISTS_FOLDER = "ImageSets/Main"

#: The list of train and val together, which may be all that a data set has beside that of test.
_TRAINVAL = "trainval"


def list_voc_folder(root: Path, classes: ClassLabels, shares: SplitShares | None = None) -> PictureList:
    """Lists the annotated pictures of a folder, with every face's box and label.

    The splits are those of the folders ``train/``, ``val/``, ``test/`` around the XML files, at any depth, or those of
    ``ImageSets/Main/train.txt`` (or ``trainval.txt``, without what ``val.txt`` lists), ``val.txt`` and ``test.txt``;
    missing ones are split off from the training pictures, all faces of a picture together.

    Args:
        root: The folder.
        classes: The classes that names in the annotations may stand for.
        shares: The part of the training pictures that becomes a missing split, and the seed.

    Raises:
        ValueError: If an annotation cannot be read, contradicts another or has an unknown class, lists or folders
            divide only some of the pictures, or there is no face to train with; the message names the file.
        OSError: If a file cannot be read.
    """
    shares = shares or SplitShares()
    notes: dict[str, None] = {}
    pictures: dict[str, Picture] = {}  # by XML file
    annotated_by: dict[str, str] = {}
    strata: dict[str, list[int]] = {}  # of all faces, by picture
    for file in sorted(_xml_files(root)):
        annotation = read_annotation(root / file)
        path = _picture_path(root, file, annotation)
        if path in annotated_by:
            raise ValueError(f"{root / file} and {root / annotated_by[path]} both annotate {path}.")
        annotated_by[path] = file
        picture = _labelled(root / file, path, annotation, classes, notes)
        pictures[file] = picture
        strata[path] = [classes.stratum_of(face.name) for face in annotation.faces]
    splits = _splits(root, pictures, notes)
    if not any(picture.labels for picture in splits["train"]):
        raise ValueError(f"{root} has no annotated face to train with.")
    missing = [split for split in ("val", "test") if not splits[split]]
    if missing:
        splits = _divided(splits, strata, shares)
        notes[f"{' and '.join(missing)} split off from the training pictures with seed {shares.seed}"] = None
    unused = shares.without_effect(missing)
    if unused is not None:
        notes[unused] = None
    empty = sum(not picture.labels for picture in pictures.values())
    if empty:
        notes[f"{quantity(empty, 'annotation')} without a face of these classes"] = None
    with_faces = {split: [picture for picture in of_split if picture.labels] for split, of_split in splits.items()}
    return PictureList(root, classes.names, with_faces, tuple(notes))


def _labelled(file: Path, path: str, annotation: Annotation, classes: ClassLabels, notes: dict[str, None]) -> Picture:
    labels, boxes = [], []
    for number, face in enumerate(annotation.faces, start=1):
        try:
            label, place = classes.label_of(face.name), classes.place_of(face.name)
        except ValueError as error:
            raise about(ValueError(f"{file}, object {number}: {error}"), *names_of(error)) from error
        if place is not None:
            notes[place] = None
        if label is not None:
            labels.append(label)
            boxes.append(face.box)
    return Picture(path, tuple(labels), tuple(boxes), annotation.size)


def _picture_path(root: Path, file: str, annotation: Annotation) -> str:
    """The picture of an XML file, relative to the root; where it should be, if it is nowhere."""
    folder, stem = PurePosixPath(file).parent, PurePosixPath(file).stem
    places = [os.path.normpath(folder / place) for place in _PICTURE_FOLDERS]
    of_stem = [f"{place}/{stem}{suffix}" for place in places for suffix in (*PICTURE_SUFFIXES, ".JPG", ".JPEG", ".PNG")]
    named = [] if annotation.picture_name is None else [f"{place}/{annotation.picture_name}" for place in places]
    by_name, by_stem = (
        [os.path.normpath(path) for path in candidates if (root / path).is_file()] for candidates in (named, of_stem)
    )
    if by_name and by_stem and not set(by_name) & set(by_stem):
        # A copied XML file keeps the name of the picture that it was made for.
        raise ValueError(f"{root / file} names the picture {by_name[0]}, but {by_stem[0]} has the file's own name.")
    return (by_name or by_stem or [os.path.normpath(path) for path in named[:1] or of_stem[:1]])[0]


def _splits(root: Path, pictures: dict[str, Picture], notes: dict[str, None]) -> dict[str, list[Picture]]:
    """The pictures of each split; only "train" where the source names no splits."""
    listed = _listed(root / _LISTS_FOLDER)
    if not listed:
        return _splits_of_folders(root, pictures)
    splits: dict[str, list[Picture]] = {split: [] for split in SPLITS}
    by_stem = {PurePosixPath(file).stem: picture for file, picture in pictures.items()}
    count_of = Counter(PurePosixPath(file).stem for file in pictures)
    for split, (path, stems) in listed.items():
        unknown = [stem for stem in stems if stem not in by_stem]
        if unknown:
            raise ValueError(f"{path} lists {unknown[0]!r}, for which there is no XML file.")
        several = next((stem for stem in stems if count_of[stem] > 1), None)
        if several is not None:
            raise ValueError(
                f"{path} lists {several!r}, which is the name of {count_of[several]} XML files; names must tell them "
                "apart."
            )
        splits[split] = [by_stem[stem] for stem in stems]
    unlisted = len(pictures) - sum(len(part) for part in splits.values())
    if unlisted:
        notes[f"left out, in none of the lists in {_LISTS_FOLDER}: {quantity(unlisted, 'annotated picture')}"] = None
    return splits


def _listed(folder: Path) -> dict[str, tuple[Path, list[str]]]:
    """Each split's list and the names in it; none without lists."""
    paths = {name: folder / f"{name}.txt" for name in (*SPLITS, _TRAINVAL)}
    found = {name: _stems(path) for name, path in paths.items() if path.is_file()}
    both = found.pop(_TRAINVAL, None)
    if "train" not in found and both is not None:
        of_val = set(found.get("val", ()))
        found["train"] = [stem for stem in both if stem not in of_val]
        paths["train"] = paths[_TRAINVAL]
    if found and "train" not in found:
        raise ValueError(f"{folder} has {' and '.join(found)}.txt, but neither train.txt nor {_TRAINVAL}.txt.")
    stems = Counter(stem for of_split in found.values() for stem in of_split)
    twice = next((stem for stem, count in stems.items() if count > 1), None)
    if twice is not None:
        raise ValueError(f"{folder} lists {twice!r} more than once; splits must not overlap.")
    return {split: (paths[split], of_split) for split, of_split in found.items()}


def _splits_of_folders(root: Path, pictures: dict[str, Picture]) -> dict[str, list[Picture]]:
    split_of: dict[str, str | None] = {}
    for file in pictures:
        around = {split_of_name(part) for part in PurePosixPath(file).parts[:-1]} - {None}
        if len(around) > 1:
            raise ValueError(f"{root / file} lies in the folders of several splits.")
        split_of[file] = next(iter(around), None)
    outside = next((file for file, split in split_of.items() if split is None), None)
    if outside is not None and any(split_of.values()):
        raise ValueError(f"{root / outside} lies in none of the folders of splits, but others do; move it away.")
    splits: dict[str, list[Picture]] = {split: [] for split in SPLITS}
    for file, picture in pictures.items():
        splits[split_of[file] or "train"].append(picture)
    return splits


def _stems(path: Path) -> list[str]:
    try:
        lines = read_bytes(path).decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no list of picture names: {error}") from error
    return [line.strip() for line in lines if line.strip()]


def _divided(
    splits: dict[str, list[Picture]], strata: dict[str, list[int]], shares: SplitShares
) -> dict[str, list[Picture]]:
    train = [picture for picture in splits["train"] if strata[picture.path]]
    counts = Counter(stratum for picture in train for stratum in strata[picture.path])
    # A picture goes where its rarest class needs it.
    rarest = [min(strata[picture.path], key=lambda stratum: (counts[stratum], stratum)) for picture in train]
    parts = divide(np.array(rarest), shares, has_val=bool(splits["val"]), has_test=bool(splits["test"]))
    divided: dict[str, Sequence[Picture]] = {
        split: [train[i] for i in np.flatnonzero(parts == index)] for index, split in enumerate(SPLITS)
    }
    return {split: [*divided[split], *(splits[split] if split != "train" else [])] for split in SPLITS}


def _xml_files(root: Path) -> Iterator[str]:
    """The XML files below a folder, relative to it, with ``/`` between the parts."""

    def fail(error: OSError) -> None:
        raise error

    for folder, names, files in os.walk(root, onerror=fail):
        names[:] = sorted(name for name in names if not is_leftover(name))
        for file in files:
            if file.lower().endswith(".xml") and not is_leftover(file):
                yield Path(folder, file).relative_to(root).as_posix()


def _recognise(candidate: Candidate) -> bool:
    if candidate.is_folder:
        return next(_xml_files(candidate.path), None) is not None
    if candidate.path.suffix.lower() == ".xml":
        raise ValueError(f"{candidate.path} is one annotation; give the folder that holds all of them.")
    return False


def _open(root: Path, options: SourceOptions) -> Source:
    # Only here: it imports OpenCV.
    from emotion_recognition.data.sources.folders.picture_source import PictureSource

    return PictureSource(KIND.name, list_voc_folder(root, options.classes, options.shares), options)


KIND = SourceKind(
    name="Pascal VOC annotations with a box for each face",
    description="a folder with Pascal VOC annotations: an XML file with boxes and emotions for each picture",
    recognise=_recognise,
    opener=_open,
    takes=("classes", "shares"),
    splits=SPLITS,
)
