"""What photographs with face boxes are built from: annotations, split by split, and the kinds of places they lie in.

Next: :mod:`emotion_recognition.data.face_pictures.building` opens the pictures.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from emotion_recognition.data.face_pictures.sources.annotated_picture import AnnotationFile
from emotion_recognition.data.sources.stratified import SplitShares, divide
from emotion_recognition.workspace import FACE_SPLITS, SPLITS


@dataclass(frozen=True, eq=False)
class FaceSource:
    """The annotations of a source.

    Args:
        kind: What it is, in words.
        splits: The annotations of "train" and "val".
        notes: What a person should know about how it was read, a sentence each.
    """

    kind: str
    splits: Mapping[str, AnnotationFile]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FaceSourceKind:
    """A row of the registry: a kind of source.

    Args:
        name: What it is, in words.
        description: What it holds, for a help text.
        recognise: Whether a path that exists is of this kind.
        open: Reads its annotations; given the part of the training pictures that becomes a missing val split.
    """

    name: str
    description: str
    recognise: Callable[[Path], bool]
    open: Callable[[Path, SplitShares], FaceSource]


def with_own_val(kind: str, splits: Mapping[str, AnnotationFile], shares: SplitShares) -> FaceSource:
    """A source that has val itself, with a note on what was chosen for dividing it off and changes nothing.

    Args:
        kind: What the source is, in words.
        splits: The annotations of "train" and "val".
        shares: What was chosen.
    """
    unused = shares.without_effect((), of=("val",))
    return FaceSource(kind, splits, () if unused is None else (unused,))


def divided(kind: str, annotations: AnnotationFile, shares: SplitShares) -> FaceSource:
    """Splits val off, with as large a share of the pictures without a face.

    Args:
        kind: What the source is, in words.
        annotations: All of its pictures.
        shares: The part that becomes val, and the seed.
    """
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
