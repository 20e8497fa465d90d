"""Keeps pictures without a face out of training, so that false faces can be counted on pictures nobody has learned.

Annotations go in, fewer come out; which pictures are left out depends on their names alone, so that a benchmark that
reads the same folder knows them without a list.
"""

import hashlib
from dataclasses import replace

from emotion_recognition.data.face_pictures.sources.face_source import FaceSource
from emotion_recognition.error_about import about
from emotion_recognition.quantity import quantity


def is_set_aside(name: str, share: float) -> bool:
    """Whether a picture without a face is kept out of training.

    Args:
        name: Its file's name as the annotations have it.
        share: Of all such pictures, 0..1.

    Example:
        >>> [is_set_aside("tree.jpg", share) for share in (0.0, 1.0)]
        [False, True]
    """
    first = int.from_bytes(hashlib.sha256(name.encode(errors="surrogateescape")).digest()[:8], "big")
    return first < share * 2**64


def without_set_aside(source: FaceSource, share: float) -> FaceSource:
    """Leaves a share of the pictures without a face out of the training split.

    Args:
        source: The annotations.
        share: Of the training split's pictures without a face, 0..1.

    Raises:
        ValueError: If ``share`` is outside 0..1.
    """
    if not 0 <= share <= 1:
        raise about(ValueError(f"faceless_aside must be within 0..1. Received: {share}"), "faceless_aside")
    train = source.splits["train"]
    kept = tuple(picture for picture in train.pictures if picture.boxes or not is_set_aside(picture.name, share))
    left_out = len(train.pictures) - len(kept)
    notes = (f"set aside: {quantity(left_out, 'picture')} without a face",) if left_out else ()
    return replace(
        source, splits={**source.splits, "train": replace(train, pictures=kept)}, notes=(*source.notes, *notes)
    )
