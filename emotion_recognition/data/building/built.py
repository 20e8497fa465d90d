"""What a build made, for programs and as a table for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_recognition.quantity import quantity


@dataclass(frozen=True, eq=False)
class Built:
    """What a build made.

    Args:
        class_names: The classes in label order; empty where the images have no labels.
        counts: The number of images of each class of each split, int64 array (classes,); of images without labels,
            their number alone, int64 array (1,).
        paths: The file of each split.
        notes: What a person should know, a sentence each.
        unreadable: Path and reason of every picture that could not be read and was left out.
        faceless: Path of every picture on which a face was looked for and none found, and that was left out.
    """

    class_names: tuple[str, ...]
    counts: Mapping[str, np.ndarray]
    paths: Mapping[str, Path]
    notes: tuple[str, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()
    faceless: tuple[str, ...] = ()


def counts_table(built: Built) -> str:
    """The number of images of each class in each split and in all, as aligned columns.

    Example:
        >>> counts = {"train": np.array([1200, 4]), "val": np.array([3, 2])}
        >>> print(counts_table(Built(("sad", "happy"), counts, {})))
                train     val     all
        sad     1,200       3   1,203
        happy       4       2       6
        all     1,204       5   1,209
    """
    if not built.class_names:
        return f"{quantity(sum(int(counts.sum()) for counts in built.counts.values()), 'image')} without labels"
    width = max(len("all"), *(len(name) for name in built.class_names))

    def line(name: str, cells: Sequence[str | int]) -> str:
        return f"{name:<{width}}" + "".join(f"{cell:>8,}" if isinstance(cell, int) else f"{cell:>8}" for cell in cells)

    of_splits = [counts.tolist() for counts in built.counts.values()]
    rows = [[*of_class, sum(of_class)] for of_class in zip(*of_splits, strict=True)]
    return "\n".join(
        [
            line("", [*built.counts, "all"]),
            *(line(name, row) for name, row in zip(built.class_names, rows, strict=True)),
            line("all", [sum(column) for column in zip(*rows, strict=True)]),
        ]
    )
