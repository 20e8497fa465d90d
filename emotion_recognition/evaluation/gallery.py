"""Chooses the examples that a person should look at: the most confident right and wrong ones of each class.

Predictions come before; :func:`emotion_recognition.plots.draw_gallery` draws the choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Examples of each kind that fit into a figure's row.
EXAMPLES = 6


@dataclass(frozen=True)
class GalleryRow:
    """The examples of one class, most confident first.

    Args:
        name: The class.
        right: Indices of images that were recognised as this class, which they are.
        wrong: Indices of images of this class that were taken for another.
    """

    name: str
    right: tuple[int, ...]
    wrong: tuple[int, ...]


def choose_gallery(
    labels: np.ndarray,
    probabilities: np.ndarray,
    class_names: Sequence[str],
    *,
    images: np.ndarray | None = None,
    count: int = EXAMPLES,
) -> list[GalleryRow]:
    """Chooses examples.

    Args:
        labels: Integer array (N,), 0..classes-1.
        probabilities: float array (N, classes), 0..1.
        class_names: The classes in label order.
        images: uint8 array (N, height, width, channels), to choose only one of those that are exactly the same; by
            default all count as different.
        count: Examples of each kind and class; fewer where there are fewer.

    Returns:
        A row for each class, in label order.

    Raises:
        ValueError: If the shapes or numbers do not fit or ``count`` is below 1.

    Example:
        >>> certain, likely = [1.0, 0.0], [0.7, 0.3]
        >>> choose_gallery(np.array([0, 0, 1]), np.array([likely, certain, likely]), ["sad", "happy"], count=1)
        [GalleryRow(name='sad', right=(1,), wrong=()), GalleryRow(name='happy', right=(), wrong=(2,))]
    """
    if probabilities.shape != (len(labels), len(class_names)):
        expected = (len(labels), len(class_names))
        raise ValueError(f"probabilities must have the shape {expected}. Received: {probabilities.shape}")
    if count < 1:
        raise ValueError(f"count must be at least 1. Received: {count}")
    if images is not None and len(images) != len(labels):
        raise ValueError(f"images must be as many as labels, {len(labels)}. Received: {len(images)}")
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    # Stable, so that examples of the same confidence come in the data's order.
    order = np.argsort(-confidence, kind="stable")
    rows = []
    for label, name in enumerate(class_names):
        own = order[labels[order] == label]
        is_right = predicted[own] == label
        right, wrong = (
            _first_different(rows_of.tolist(), images, count) for rows_of in (own[is_right], own[~is_right])
        )
        rows.append(GalleryRow(name, right, wrong))
    return rows


def _first_different(candidates: Sequence[int], images: np.ndarray | None, count: int) -> tuple[int, ...]:
    """The first candidates, of each image but one."""
    if images is None:
        return tuple(candidates[:count])
    chosen: dict[bytes, int] = {}
    for row in candidates:
        if len(chosen) == count:
            break
        chosen.setdefault(np.asarray(images[row]).tobytes(), row)
    return tuple(chosen.values())
