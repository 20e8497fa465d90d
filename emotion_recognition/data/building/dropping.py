"""Takes rows out of splits that are better not trained on. Test rows stay and are marked, so that tests compare.

Splits come in, and which rows stay goes out. Stage before: an audit has shown what is there; next:
the build writes those rows.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from emotion_recognition.data.audit.audit import blank_rows, not_face_rows
from emotion_recognition.data.audit.duplicates import exact_groups
from emotion_recognition.data.files.hdf5 import Split, build_id_of, read_split, write_split
from emotion_recognition.error_about import about

#: What can be dropped.
DROPPABLE = ("duplicates", "blank", "notface")

#: Of several copies, one in an earlier split of these stays: what is tested on must not be trained on.
_STAYS_IN = ("test", "val", "train")


def parse_kinds(text: str) -> tuple[str, ...]:
    """Reads ``"duplicates,blank"``; the kinds come out in the order of :data:`DROPPABLE`.

    Raises:
        ValueError: If a kind is none of :data:`DROPPABLE`.
    """
    kinds = [kind.strip() for kind in text.split(",")]
    for kind in kinds:
        if kind not in DROPPABLE:
            raise about(
                ValueError(f"drop must be some of {', '.join(DROPPABLE)}, joined by commas. Received: {kind!r}"),
                "drop",
            )
    return tuple(kind for kind in DROPPABLE if kind in kinds)


@dataclass(frozen=True, eq=False)
class Kept:
    """What is kept of a split.

    Args:
        split: The whole split, with ``dropped`` filled in, and ``marks`` if it is test.
        rows: int64 array, ascending: the rows that stay.
    """

    split: Split
    rows: np.ndarray


def drop_rows(splits: Mapping[str, Split], kinds: Sequence[str]) -> dict[str, Kept]:
    """Chooses the rows to take out of every split but test, and marks those of test.

    Of exact duplicates one copy stays: in test if there is one, else in val, else in train; there, the first that is
    not dropped for another reason. In test all copies of an image are marked, those whose twins were in other splits
    too.

    Args:
        splits: The splits by name.
        kinds: Some of :data:`DROPPABLE`.

    Returns:
        What is kept, by the splits' names.

    Raises:
        ValueError: If there is no such kind, a split has no votes to tell who is no face, or nothing would be left
            of a split.
    """
    unknown = [kind for kind in kinds if kind not in DROPPABLE]
    if unknown:
        raise ValueError(f"kinds must be among {list(DROPPABLE)}. Received: {unknown[0]!r}")
    found = {name: {kind: np.zeros(len(split), bool) for kind in kinds} for name, split in splits.items()}
    for kind, rows_of in (("blank", blank_rows), ("notface", not_face_rows)):
        if kind in kinds:
            for name, split in splits.items():
                found[name][kind][rows_of(split)] = True
    if "duplicates" in kinds:
        # Votes on copies differ: the one that stays is none of those that go anyway.
        going = {name: np.any(list(masks.values()), axis=0) for name, masks in found.items()}
        for name, mask in _superfluous(splits, going).items():
            found[name]["duplicates"] = mask
    return {name: _without(split, found[name]) for name, split in splits.items()}


def drop_from_files(paths: Mapping[str, Path], kinds: Sequence[str]) -> None:
    """Writes the temporary files of a build again without some rows; their images do not go into memory.

    Args:
        paths: The file of each split.
        kinds: Some of :data:`DROPPABLE`; none leaves the files as they are.

    Raises:
        ValueError: See :func:`drop_rows`.
        OSError: If a file cannot be written.
    """
    if not kinds:
        return
    splits = {split: read_split(path, stream_above=0) for split, path in paths.items()}
    (before,) = {split.build_id for split in splits.values()}
    build_id = build_id_of([before], f"without {', '.join(kinds)}")
    for split, kept in drop_rows(splits, kinds).items():
        smaller = paths[split].with_name(paths[split].name.replace(".partial.", ".kept.partial."))
        try:
            write_split(smaller, replace(kept.split, build_id=build_id), kept.rows)
            smaller.replace(paths[split])
        finally:
            smaller.unlink(missing_ok=True)


def _superfluous(splits: Mapping[str, Split], going: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """For each split, which rows are copies: of test all, of the others all but the one that stays."""
    order = sorted(splits, key=_STAYS_IN.index)
    names = np.repeat(order, [len(splits[name]) for name in order])
    rows = np.concatenate([np.arange(len(splits[name])) for name in order])
    masks = {name: np.zeros(len(split), bool) for name, split in splits.items()}
    # Groups are ascending, so that the first place of each is in the earliest split of the order.
    for group in exact_groups(itertools.chain.from_iterable(splits[name].images for name in order)):
        in_test = names[group[0]] == "test"
        lasting = (index for index in group if not going[names[index]][rows[index]])
        stays = group[0] if in_test else next(lasting, group[0])
        for index in group:
            masks[names[index]][rows[index]] = in_test or index != stays
    return masks


def _without(split: Split, found: Mapping[str, np.ndarray]) -> Kept:
    dropped = {kind: int(mask.sum()) for kind, mask in found.items()}
    marks = np.stack(list(found.values()), axis=1).astype(np.uint8)
    if split.split == "test":
        return Kept(replace(split, dropped=dropped, marks=marks), np.arange(len(split)))
    rows = np.flatnonzero(~marks.any(axis=1))
    if not len(rows):
        raise about(ValueError(f"dropping {', '.join(found)} would leave nothing of the {split.split} split."), "drop")
    return Kept(replace(split, dropped=dropped), rows)
