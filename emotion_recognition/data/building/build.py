"""The one road from a source to HDF5 files: chunks come in, a file for each split grows, all are named at the end.

Memory holds a few chunks, and of each image what goes beside it, such as its label. Stage before:
:mod:`emotion_recognition.data.sources.registry` opens the source; next: training, evaluation and prediction read the
files.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.data.building.build_targets import check_targets, remove_leftovers, target_paths
from emotion_recognition.data.building.built import Built
from emotion_recognition.data.building.dropping import drop_from_files
from emotion_recognition.data.building.faceless import report_faceless
from emotion_recognition.data.building.unreadable import report_unreadable
from emotion_recognition.data.files.hdf5 import Split, build_id_of, describe, read_split
from emotion_recognition.data.files.split_writer import SplitWriter
from emotion_recognition.data.files.unlabelled import describe_unlabelled
from emotion_recognition.data.sources.class_labels import describe_absent
from emotion_recognition.data.sources.source import UNLABELLED, Chunk, Source
from emotion_recognition.error_about import about
from emotion_recognition.progress import Progress
from emotion_recognition.workspace import Workspace
from emotion_recognition.write_lock import write_lock


def build(
    source: Source,
    workspace: Workspace,
    *,
    overwrite: bool = False,
    drop: Sequence[str] = (),
    allow_bad: bool = False,
    progress: bool = False,
) -> Built:
    """Reads a source and writes its splits, all of them or none; earlier files stay until every new one is complete.

    Args:
        source: What to build; it is read once.
        workspace: Where the splits go; its folders are created when missing.
        overwrite: Whether earlier splits may be replaced.
        drop: What is taken out of train and val and marked in test, some of
            :data:`~emotion_recognition.data.building.dropping.DROPPABLE`.
        allow_bad: Whether any number of pictures may be unreadable.
        progress: Whether to show progress on standard error.

    Raises:
        FileExistsError: If a split exists and may not be replaced, what has its name is no file, or another process
            builds the same.
        ValueError: If the source is not as it must be, too many pictures are unreadable, nothing is left of a split,
            or what is to be dropped cannot be told.
        OSError: If a file cannot be read or written.
    """
    _check(source, drop)
    paths = target_paths(workspace, source.splits, source.options)
    check_targets(paths.values(), overwrite=overwrite)
    workspace.create_folders()
    notes: list[str] = []
    with write_lock(next(iter(paths.values())), "a build"), contextlib.ExitStack() as named:
        remove_leftovers(paths.values())
        partials = {split: named.enter_context(replace_when_complete(path)) for split, path in paths.items()}
        with contextlib.ExitStack() as opened:
            growing = {
                split: _Growing(opened.enter_context(SplitWriter(path, source.options.image_shape)))
                for split, path in partials.items()
            }
            _grow(growing, source, progress=progress)
            left_out = _report(source, workspace, allow_bad=allow_bad)
            described = {split: grown.described(split, source) for split, grown in growing.items()}
            contents = [made.content_sha256() for made in described.values() if made is not None]
            build_id = build_id_of([source.account.sha256, *contents])
            counts = {split: grown.finish(described[split], source, build_id) for split, grown in growing.items()}
        if drop:
            drop_from_files(partials, drop)
            splits = {split: read_split(path, stream_above=0) for split, path in partials.items()}
            counts = {split: read.class_counts() for split, read in splits.items()}
            notes += [_dropped(read) for read in splits.values()]
    notes += [*source.account.notes, *left_out]
    labelled = UNLABELLED not in source.splits
    if labelled:
        for split, of_split in counts.items():
            notes += describe_absent(source.options.classes, split, of_split.tolist())
    return Built(
        class_names=source.options.classes.names if labelled else (),
        counts=counts,
        paths=paths,
        notes=tuple(notes),
        unreadable=tuple(source.account.unreadable),
        faceless=tuple(source.account.faceless),
    )


def _check(source: Source, drop: Sequence[str]) -> None:
    if UNLABELLED not in source.splits and "labels" not in source.columns:
        raise ValueError(f"a source with splits must have labels. Received: {source.columns}")
    if drop and UNLABELLED in source.splits:
        raise about(ValueError(f"only images with labels are dropped; {source.name} has none."), "drop")
    if "notface" in drop and "votes" not in source.columns:
        raise about(ValueError(f"dropping notface needs FER+'s votes, and {source.name} comes without."), "votes")


class _Growing:
    """One split's file as it grows: its images are written, all else waits in memory."""

    def __init__(self, writer: SplitWriter) -> None:
        self._writer = writer
        self._columns: dict[str, list[np.ndarray]] = {}

    def add(self, chunk: Chunk, columns: Sequence[str]) -> None:
        if set(chunk.columns) != set(columns) or any(
            len(column) != len(chunk.images) for column in chunk.columns.values()
        ):
            lengths = {name: len(column) for name, column in chunk.columns.items()}
            raise ValueError(
                f"a chunk of {len(chunk.images)} images must have as many rows of {', '.join(columns) or 'nothing'}. "
                f"Received: {lengths}"
            )
        self._writer.append(chunk.images)
        for name, column in chunk.columns.items():
            self._columns.setdefault(name, []).append(column)

    def described(self, split: str, source: Source) -> Split | None:
        """All of the split but its images, which are in the file already; None where they have no labels."""
        if not len(self._writer):
            raise ValueError(f"no image is left for the {split} split.")
        if split == UNLABELLED:
            return None
        columns = {name: np.concatenate(pieces) for name, pieces in self._columns.items()}
        return Split(
            images=np.empty((len(self._writer), 0, 0, 0), np.uint8),
            labels=columns["labels"],
            class_names=source.options.classes.names,
            split=split,
            source_name=source.name,
            source_sha256=source.account.sha256,
            votes=columns.get("votes"),
            votes_sha256=source.votes_sha256,
            labels_from=source.options.variant.labels,
            distributions=columns.get("distributions"),
            images_sha256=self._writer.images_sha256,
        )

    def finish(self, described: Split | None, source: Source, build_id: str) -> np.ndarray:
        """Writes the rest of the file; returns the number of images of each class, as :class:`Built` has it."""
        if described is None:
            self._writer.finish(partial(describe_unlabelled, source_name=source.name))
            return np.array([len(self._writer)])
        self._writer.finish(partial(describe, split=replace(described, build_id=build_id)))
        return described.class_counts()


def _grow(growing: Mapping[str, _Growing], source: Source, *, progress: bool) -> None:
    with Progress("pictures", source.total) if progress else contextlib.nullcontext() as shown:
        for chunk in source.chunks():
            if chunk.split not in growing:
                raise ValueError(f"a chunk's split must be one of {', '.join(growing)}. Received: {chunk.split}")
            growing[chunk.split].add(chunk, source.columns)
            if shown is not None:
                shown.step(source.account.seen - shown.done)


def _report(source: Source, workspace: Workspace, *, allow_bad: bool) -> list[str]:
    """Names the pictures that are left out in reports; returns notes on how many they are."""
    if UNLABELLED in source.splits:
        return []
    account, variant, count = source.account, source.options.variant, len(source.options.classes.names)
    notes = [
        report_faceless(workspace.no_face_report(count, variant=variant), account.faceless, account.seen),
        report_unreadable(
            workspace.unreadable_report(count, variant=variant), account.unreadable, account.seen, allow_bad=allow_bad
        ),
    ]
    return [note for note in notes if note is not None]


def _dropped(split: Split) -> str:
    """What was taken out of a split, in words."""
    counts = ", ".join(f"{count:,} {kind}" for kind, count in split.dropped.items())
    return f"{'marked in' if split.split == 'test' else 'dropped from'} {split.split}: {counts}"
