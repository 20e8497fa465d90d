"""Recognises what holds photographs with face boxes, and reads its annotations, split by split.

A path goes in; next stage: :mod:`emotion_recognition.data.face_pictures.building`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from emotion_recognition.data.face_pictures.annotated_picture import AnnotationFile
from emotion_recognition.data.face_pictures.csv_source import read_face_csv
from emotion_recognition.data.face_pictures.wider_source import read_wider
from emotion_recognition.data.sources.stratified import SplitShares, divide
from emotion_recognition.workspace import FACE_SPLITS, SPLITS

CSV_FOLDER_KIND, CSV_KIND, WIDER_KIND = "train.csv and val.csv with face boxes", "a CSV with face boxes", "WIDER FACE"

_WIDER_LISTS = "wider_face_split"


@dataclass(frozen=True, eq=False)
class FaceSource:
    """The annotations of a source.

    Args:
        kind: What it is, for a person.
        splits: The annotations of "train" and "val".
        notes: What a person should know about how it was read, a sentence each.
    """

    kind: str
    splits: Mapping[str, AnnotationFile]
    notes: tuple[str, ...] = ()


def read_face_source(source: Path, shares: SplitShares | None = None) -> FaceSource:
    """Reads the annotations of a source; its pictures are not opened.

    Args:
        source: A folder with ``train.csv`` and perhaps ``val.csv``, see
            :func:`~emotion_recognition.data.face_pictures.csv_source.read_face_csv`; one such CSV; or WIDER FACE's
            folder with ``wider_face_split``, ``WIDER_train`` and ``WIDER_val``.
        shares: The part of the training pictures that becomes a missing val split, and the seed.

    Raises:
        FileNotFoundError: If it is not there, or one of its files.
        ValueError: If it is none of these, or an annotation is not as it must be.
        OSError: If a file cannot be read.
    """
    shares = shares or SplitShares()
    if not source.exists():
        raise FileNotFoundError(f"There is no {source}.")
    if not source.is_dir():
        if source.suffix.lower() != ".csv":
            raise ValueError(
                f"{source} is no CSV with face boxes; of WIDER FACE, give the folder that holds all of it."
            )
        return _divided(CSV_KIND, read_face_csv(source), shares)
    if (source / _WIDER_LISTS).is_dir():
        return FaceSource(
            WIDER_KIND,
            {
                split: read_wider(
                    source / _WIDER_LISTS / f"wider_face_{split}_bbx_gt.txt", source / f"WIDER_{split}" / "images"
                )
                for split in FACE_SPLITS
            },
        )
    if not (source / "train.csv").is_file():
        raise ValueError(f"{source} must hold train.csv, or WIDER FACE with its folder {_WIDER_LISTS}.")
    if (source / "val.csv").is_file():
        return FaceSource(CSV_FOLDER_KIND, {split: read_face_csv(source / f"{split}.csv") for split in FACE_SPLITS})
    return _divided(CSV_KIND, read_face_csv(source / "train.csv"), shares)


def _divided(kind: str, annotations: AnnotationFile, shares: SplitShares) -> FaceSource:
    """Splits val off, with as large a share of the pictures without a face."""
    strata = np.array([not picture.boxes for picture in annotations.pictures], dtype=int)
    parts = divide(strata, shares, has_test=True)
    splits = {
        split: replace(
            annotations,
            pictures=tuple(annotations.pictures[i] for i in np.flatnonzero(parts == SPLITS.index(split)).tolist()),
        )
        for split in FACE_SPLITS
    }
    return FaceSource(kind, splits, (f"val split off from the training pictures with seed {shares.seed}",))
