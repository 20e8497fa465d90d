"""Builds HDF5 splits from a list of pictures, in bounded memory.

Stages before: :mod:`emotion_recognition.data.sources.class_folders` or
:mod:`emotion_recognition.data.sources.voc_folder` make the list; next: training and evaluation read the files.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from emotion_recognition.data.building.build_targets import check_targets, remove_leftovers
from emotion_recognition.data.building.chunked_build import write_chunks
from emotion_recognition.data.building.picture_chunks import Chunk, FaceReader, PictureReader
from emotion_recognition.data.building.unreadable import report_unreadable
from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.picture_list import PictureList
from emotion_recognition.workspace import SPLITS, USUAL, Variant, Workspace


@dataclass(frozen=True, eq=False)
class Built:
    """What a build made.

    Args:
        class_names: The classes in label order.
        counts: The number of images of each class, int64 array (classes,), of each split.
        notes: What a person should know, a sentence each.
    """

    class_names: tuple[str, ...]
    counts: Mapping[str, np.ndarray]
    notes: tuple[str, ...] = ()


def check_split_targets(
    workspace: Workspace, classes: ClassLabels, variant: Variant, *, overwrite: bool
) -> dict[str, Path]:
    """The three files of a build, once it is sure that they may be written.

    Raises:
        FileExistsError: If they may not, see :func:`~emotion_recognition.data.building.build_targets.check_targets`.
    """
    paths = {split: workspace.split_path(split, len(classes.names), variant=variant) for split in SPLITS}
    check_targets(paths.values(), overwrite=overwrite)
    return paths


def build_from_pictures(
    pictures: PictureList,
    read_faces: FaceReader,
    workspace: Workspace,
    classes: ClassLabels,
    variant: Variant = USUAL,
    *,
    overwrite: bool = False,
    drop: Sequence[str] = (),
    allow_bad: bool = False,
    progress: bool = False,
) -> Built:
    """Opens all pictures and writes the three splits, all of them or none.

    Args:
        pictures: What to build.
        read_faces: Opens one picture; its images have the variant's size and channels.
        workspace: Where the splits go; its folders are created when missing.
        classes: The classes that the pictures were listed with.
        variant: Image size and channels.
        overwrite: Whether earlier splits may be replaced.
        drop: What is taken out of train and val and marked in test, see
            :func:`~emotion_recognition.data.building.chunked_build.write_chunks`.
        allow_bad: Whether any number of pictures may be unreadable.
        progress: Whether to show a progress bar, where standard error is a terminal.

    Raises:
        FileExistsError: If a split exists and may not be replaced, or what has its name is no file.
        ValueError: If too many pictures are unreadable, or a split would be empty.
        OSError: If a file cannot be written.
    """
    paths = check_split_targets(workspace, classes, variant, overwrite=overwrite)
    workspace.create_folders()
    remove_leftovers(paths.values())
    image_shape = (variant.image_size, variant.image_size, variant.channels)
    reader = PictureReader(pictures.root, read_faces, image_shape)
    notes = list(pictures.notes)

    def finish() -> str:
        report = workspace.unreadable_report(len(classes.names), variant=variant)
        note = report_unreadable(report, reader.unreadable, reader.seen, allow_bad=allow_bad)
        if note is not None:
            notes.append(note)
        return reader.sha256()

    total = sum(len(of_split) for of_split in pictures.splits.values())
    # disable=None: the bar shows on a terminal only.
    with tqdm(total=total, unit="picture", leave=False, disable=None if progress else True) as bar:

        def chunks(split: str) -> Iterator[Chunk]:
            for chunk in reader.chunks(pictures.splits[split]):
                bar.update(reader.seen - bar.n)
                yield chunk

        counts = write_chunks(
            paths,
            {split: chunks(split) for split in SPLITS},
            image_shape=image_shape,
            class_names=classes.names,
            source_name=pictures.root.resolve().name,
            finish=finish,
            drop=drop,
        )
    return Built(classes.names, counts, tuple(notes))
