"""FER2013's whole CSV as a source: its rows say their split, and FER+'s votes may stand beside its own labels.

Stage before: :mod:`emotion_recognition.data.sources.fer2013.csv_reader`; next:
:mod:`emotion_recognition.data.building.build`.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from emotion_recognition.data.sources.fer2013.csv_reader import PUBLISHED_COUNTS, CsvReader
from emotion_recognition.data.sources.fer2013.csv_rows import CONTEMPT, SPLIT_OF_USAGE, CsvBlock
from emotion_recognition.data.sources.fer2013.ferplus_labels import label_votes
from emotion_recognition.data.sources.fer2013.ferplus_votes import read_votes
from emotion_recognition.data.sources.fer2013.fitting import fitted_chunks
from emotion_recognition.data.sources.fer2013.own_labels import check_has_all, kept_rows, note_on_contempt
from emotion_recognition.data.sources.source import Account, Candidate, Chunk, SourceKind, SourceOptions
from emotion_recognition.error_about import about
from emotion_recognition.workspace import FER2013, SPLITS


class WholeCsv:
    """A :class:`~emotion_recognition.data.sources.source.Source`.

    Args:
        path: The CSV, or an archive that holds it.
        options: What is to be made of it. Labels of FER+ need its votes, and leave out images whose votes give none.

    Raises:
        ValueError: If votes are wrong, or missing where they are needed.
        OSError: If the votes cannot be read.
    """

    splits = SPLITS
    total = 0

    def __init__(self, path: Path, options: SourceOptions) -> None:
        self._own = options.variant.labels == FER2013
        if not self._own and options.votes is None:
            raise about(ValueError(f"the labels {options.variant.labels} need FER+'s votes, fer2013new.csv."), "votes")
        self._path = path
        self.kind = KIND.name
        self.name = path.name
        self.options = options
        # The small file first: its mistakes show at once.
        self._votes = None if options.votes is None else read_votes(options.votes)
        self.votes_sha256 = None if self._votes is None else self._votes.sha256
        self.columns = (
            "labels",
            *([] if self._votes is None else ["votes"]),
            *([] if self._own else ["distributions"]),
        )
        self.account = Account()

    def chunks(self) -> Iterator[Chunk]:
        """Reads the CSV once; the splits take turns as they do in it.

        Raises:
            ValueError: If it is not FER2013, has no such labels, the votes do not belong to it, or it leaves nothing of
                a split.
            OSError: If it cannot be read.
        """
        reader = CsvReader(self._path)
        has_contempt = False
        rows_of, kept_of = dict.fromkeys(SPLITS, 0), dict.fromkeys(SPLITS, 0)
        for block in reader:
            rows, columns = self._labelled(block)
            self.account.seen += len(block.usages)
            has_contempt = has_contempt or CONTEMPT in block.emotions
            for usage, split in enumerate(SPLIT_OF_USAGE.values()):
                mine = block.usages[rows] == usage
                rows_of[split] += int((block.usages == usage).sum())
                kept_of[split] += int(mine.sum())
                of_split = {name: column[mine] for name, column in columns.items()}
                yield from fitted_chunks(split, block.images[rows[mine]], of_split, self.options)
        if self._votes is not None:
            self._votes.check_end(self.account.seen, self._path)
        if self._own:
            check_has_all(self.options.classes, has_contempt=has_contempt)
            note = note_on_contempt(self.options.classes) if has_contempt else None
            self.account.notes += [] if note is None else [note]
        for split in SPLITS:
            if not rows_of[split]:
                raise ValueError(f"{self._path}: no row belongs to the {split} split.")
            if not kept_of[split]:
                why = "a label among these" if self._own else "votes that give it a label"
                raise ValueError(f"{self._path}: no image of the {split} split has {why}.")
        if not self._own:
            self.account.notes.append("images whose votes give them no label are left out")
        if rows_of != PUBLISHED_COUNTS:
            published = " / ".join(f"{count:,}" for count in PUBLISHED_COUNTS.values())
            self.account.notes.append(f"the whole FER2013 has {published} images")
        self.account.sha256 = reader.source_sha256

    def _labelled(self, block: CsvBlock) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The rows of a block that have a label, and what goes into the file beside their images."""
        votes = None if self._votes is None else self._votes.of_rows(self.account.seen, block.usages, self._path)
        if self._own:
            rows, labels = kept_rows(block.emotions, self.options.classes)
            columns = {"labels": labels}
        else:
            assert votes is not None, "they were asked for when the source was opened"
            labelled = label_votes(votes, len(self.options.classes.names), self.options.variant.labels)
            rows, columns = labelled.rows, {"labels": labelled.labels, "distributions": labelled.distributions}
        if votes is not None:
            columns["votes"] = votes[rows]
        return rows, columns


def _recognise(candidate: Candidate) -> bool:
    return not candidate.is_folder and "Usage" in candidate.columns


KIND = SourceKind(
    name="FER2013's CSV",
    description="FER2013's CSV with emotion, pixels and Usage, plain, .gz, .tar.gz or .zip",
    recognise=_recognise,
    opener=WholeCsv,
    takes=("labels", "votes"),
    splits=SPLITS,
)
