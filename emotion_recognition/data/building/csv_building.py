"""Builds data sets from CSVs without splits, without labels, or in another image size than their own.

:mod:`emotion_recognition.data.building.building` does FER2013's whole CSV as it is. Stage before:
:mod:`emotion_recognition.data.sources.fer2013_csv`; next: training, evaluation and prediction read the files.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from emotion_recognition.data.building.build_targets import check_targets, remove_leftovers
from emotion_recognition.data.building.building import check_has_all
from emotion_recognition.data.building.chunked_build import write_chunks
from emotion_recognition.data.building.picture_building import Built, check_split_targets
from emotion_recognition.data.building.picture_chunks import Chunk
from emotion_recognition.data.files.unlabelled import write_unlabelled
from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.fer2013_csv import read_rows
from emotion_recognition.data.sources.stratified import SplitShares, divide
from emotion_recognition.emotions import NO_LABEL, labels_from_fer2013
from emotion_recognition.pictures.image_form import fit_images
from emotion_recognition.workspace import SPLITS, USUAL, Variant, Workspace

_CHUNK_IMAGES = 512


def build_from_csv(
    source: Path,
    workspace: Workspace,
    classes: ClassLabels,
    variant: Variant = USUAL,
    *,
    shares: SplitShares | None = None,
    overwrite: bool = False,
    drop: Sequence[str] = (),
) -> Built:
    """Reads a CSV with labels and writes three splits, all of them or none.

    Args:
        source: FER2013's CSV, or the competition's ``train.csv``, of which the other splits are parts.
        workspace: Where the splits go; its folders are created when missing.
        classes: A set of emotions.
        variant: Image size and channels.
        shares: The parts of ``train.csv`` that become the validation and test splits, and the seed.
        overwrite: Whether earlier splits may be replaced.
        drop: What is taken out of train and val and marked in test, see
            :func:`~emotion_recognition.data.building.chunked_build.write_chunks`.

    Raises:
        FileExistsError: If a split exists and may not be replaced, or what has its name is no file.
        ValueError: If the source is no such CSV, or a split would be empty.
        OSError: If a file cannot be read or written.
    """
    shares = shares or SplitShares()
    check_has_all(len(classes.names))
    paths = check_split_targets(workspace, classes, variant, overwrite=overwrite)
    rows = read_rows(source, ("emotion", "pixels"))
    assert rows.emotions is not None, "the column was asked for"
    labels = labels_from_fer2013(len(classes.names))[rows.emotions]
    kept = np.flatnonzero(labels != NO_LABEL)
    if rows.usages is None:
        parts = divide(rows.emotions, shares)[kept]
        notes: tuple[str, ...] = (f"val and test split off from the training rows with seed {shares.seed}",)
    else:
        parts, notes = rows.usages[kept], ()
    workspace.create_folders()
    remove_leftovers(paths.values())

    def chunks(index: int) -> Iterator[Chunk]:
        of_split = kept[parts == index]
        for start in range(0, len(of_split), _CHUNK_IMAGES):
            chosen = of_split[start : start + _CHUNK_IMAGES]
            images = fit_images(rows.images[chosen], variant.image_size, variant.channels)
            yield Chunk(images, labels[chosen])

    counts = write_chunks(
        paths,
        {split: chunks(index) for index, split in enumerate(SPLITS)},
        image_shape=(variant.image_size, variant.image_size, variant.channels),
        class_names=classes.names,
        source_name=source.name,
        finish=lambda: rows.source_sha256,
        drop=drop,
    )
    return Built(classes.names, counts, notes)


def build_unlabelled(
    source: Path, workspace: Workspace, variant: Variant = USUAL, *, overwrite: bool = False
) -> tuple[Path, int]:
    """Reads the competition's ``test.csv`` and writes its images.

    Returns:
        The HDF5 file, and the number of images in it.

    Raises:
        FileExistsError: If the file exists and may not be replaced, or what has its name is no file.
        ValueError: If the source is no such CSV.
        OSError: If a file cannot be read or written.
    """
    path = workspace.unlabelled_path(variant=variant)
    check_targets([path], overwrite=overwrite)
    rows = read_rows(source)
    workspace.create_folders()
    remove_leftovers([path])
    chunks = (
        fit_images(rows.images[start : start + _CHUNK_IMAGES], variant.image_size, variant.channels)
        for start in range(0, len(rows.images), _CHUNK_IMAGES)
    )
    write_unlabelled(path, chunks, (variant.image_size, variant.image_size, variant.channels), source.name)
    return path, len(rows.images)
