"""Writes FER2013's splits while the CSV is being read, so that both may be larger than memory.

Blocks of rows come in, three files grow. Stage before: :mod:`emotion_recognition.data.sources.fer2013_csv`; next:
:mod:`emotion_recognition.data.building.building` gives the files their names, or drops rows first.
"""

import contextlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from emotion_recognition.data.files.hdf5 import Split, describe
from emotion_recognition.data.files.split_writer import SplitWriter
from emotion_recognition.data.sources.fer2013_csv import IMAGE_SIZE, SPLIT_OF_USAGE, CsvBlock, CsvReader
from emotion_recognition.data.sources.ferplus_labels import label_votes
from emotion_recognition.data.sources.ferplus_votes import FerPlusVotes
from emotion_recognition.emotions import NO_LABEL, class_names, labels_from_fer2013
from emotion_recognition.workspace import FER2013


def write_fer2013(
    source: Path, paths: Mapping[str, Path], num_emotions: int, *, ferplus: FerPlusVotes | None, labels: str
) -> None:
    """Reads the CSV and writes a file for each split.

    Memory holds a few blocks of rows, and of each image its label, votes and distribution.

    Args:
        source: The CSV, or an archive that holds it.
        paths: The file of each split; half written when this fails, so give temporary paths.
        num_emotions: The number of classes.
        ferplus: FER+'s votes; None to do without.
        labels: Whose labels the splits get, one of :data:`~emotion_recognition.workspace.LABELS`; FER+'s need votes.

    Raises:
        ValueError: If the source is not FER2013, the votes do not belong to it, or a split would be empty.
        OSError: If a file cannot be read or written.
    """
    reader = CsvReader(source)
    with contextlib.ExitStack() as stack:
        parts = {split: _Part(stack.enter_context(_writer(path))) for split, path in paths.items()}
        next_row = 0
        for block in reader:
            votes = None if ferplus is None else ferplus.of_rows(next_row, block.usages, source)
            rows, columns = _labelled(block, votes, num_emotions, labels)
            next_row += len(block.usages)
            for usage, split in enumerate(SPLIT_OF_USAGE.values()):
                parts[split].seen += int((block.usages == usage).sum())
                mine = block.usages[rows] == usage
                parts[split].add(block.images[rows[mine]], {name: column[mine] for name, column in columns.items()})
        if ferplus is not None:
            ferplus.check_end(next_row, source)
        for split, part in parts.items():
            if not part.seen:
                raise ValueError(f"{source}: no row belongs to the {split} split.")
            if not len(part.writer):
                why = "a label among these" if labels == FER2013 else "votes that give it a label"
                raise ValueError(f"{source}: no image of the {split} split has {why}.")
            columns = part.joined()
            small = Split(
                images=np.empty((len(part.writer), 0, 0, 0), np.uint8),
                labels=columns["labels"],
                class_names=class_names(num_emotions),
                split=split,
                source_name=source.name,
                source_sha256=reader.source_sha256,
                votes=columns.get("votes"),
                votes_sha256=None if ferplus is None else ferplus.sha256,
                labels_from=labels,
                distributions=columns.get("distributions"),
            )
            part.writer.finish(partial(describe, split=small))


class _Part:
    """One split as it grows: its images go to the file, all else waits in memory."""

    def __init__(self, writer: SplitWriter) -> None:
        self.writer = writer
        #: Rows of the CSV that belong to the split, those without a label too.
        self.seen = 0
        self._columns: dict[str, list[np.ndarray]] = {}

    def add(self, images: np.ndarray, columns: Mapping[str, np.ndarray]) -> None:
        self.writer.append(images)
        for name, column in columns.items():
            self._columns.setdefault(name, []).append(column)

    def joined(self) -> dict[str, np.ndarray]:
        return {name: np.concatenate(pieces) for name, pieces in self._columns.items()}


def _writer(path: Path) -> SplitWriter:
    return SplitWriter(path, (IMAGE_SIZE, IMAGE_SIZE, 1))


def _labelled(
    block: CsvBlock, votes: np.ndarray | None, num_emotions: int, labels: str
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The rows of a block that have a label, and what goes into the file beside their images."""
    if labels == FER2013:
        own = labels_from_fer2013(num_emotions)[block.emotions]
        rows = np.flatnonzero(own != NO_LABEL)
        columns = {"labels": own[rows]}
    else:
        assert votes is not None, "the votes were asked for before"
        labelled = label_votes(votes, num_emotions, labels)
        rows, columns = labelled.rows, {"labels": labelled.labels, "distributions": labelled.distributions}
    if votes is not None:
        columns["votes"] = votes[rows]
    return rows, columns
