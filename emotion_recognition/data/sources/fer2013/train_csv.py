"""The competition's ``train.csv`` as a source: emotions and pixels, of which val and test become parts.

Stage before: :mod:`emotion_recognition.data.sources.fer2013.csv_reader`; next:
:mod:`emotion_recognition.data.building.build`.
"""

from collections.abc import Iterator
from pathlib import Path

from emotion_recognition.data.sources.fer2013.csv_reader import CsvReader, read_emotions
from emotion_recognition.data.sources.fer2013.csv_rows import CONTEMPT
from emotion_recognition.data.sources.fer2013.fitting import fitted_chunks
from emotion_recognition.data.sources.fer2013.own_labels import check_has_all, kept_rows, note_on_contempt
from emotion_recognition.data.sources.source import Account, Candidate, Chunk, SourceKind, SourceOptions
from emotion_recognition.data.sources.stratified import divide
from emotion_recognition.workspace import SPLITS


class TrainCsv:
    """A :class:`~emotion_recognition.data.sources.source.Source`.

    Args:
        path: The CSV, or an archive that holds it.
        options: What is to be made of it.
    """

    splits = SPLITS
    columns = ("labels",)
    total = 0
    votes_sha256 = None

    def __init__(self, path: Path, options: SourceOptions) -> None:
        self._path = path
        self.kind = KIND.name
        self.name = path.name
        self.options = options
        self.account = Account()

    def chunks(self) -> Iterator[Chunk]:
        """Reads the CSV twice: the emotions, to divide the rows evenly over them, then everything.

        Raises:
            ValueError: If anything in it is not as it must be; the message has the file and the row.
            OSError: If it cannot be read.
        """
        emotions = read_emotions(self._path)
        has_contempt = CONTEMPT in emotions
        check_has_all(self.options.classes, has_contempt=has_contempt)
        parts = divide(emotions, self.options.shares)
        reader = CsvReader(self._path, ("emotion", "pixels"))
        for block in reader:
            first, self.account.seen = self.account.seen, self.account.seen + len(block.emotions)
            if self.account.seen > len(parts):
                break
            rows, labels = kept_rows(block.emotions, self.options.classes)
            for part, split in enumerate(SPLITS):
                mine = parts[first + rows] == part
                yield from fitted_chunks(split, block.images[rows[mine]], {"labels": labels[mine]}, self.options)
        if self.account.seen != len(parts):
            raise ValueError(f"{self._path} has changed while it was read.")
        seed = self.options.shares.seed
        self.account.notes.append(f"val and test split off from the training rows with seed {seed}")
        note = note_on_contempt(self.options.classes) if has_contempt else None
        self.account.notes += [] if note is None else [note]
        self.account.sha256 = reader.source_sha256


def _recognise(candidate: Candidate) -> bool:
    return not candidate.is_folder and "emotion" in candidate.columns and "Usage" not in candidate.columns


KIND = SourceKind(
    name="the competition's train.csv",
    description="the competition's train.csv (emotion, pixels), of which val and test become parts",
    recognise=_recognise,
    opener=TrainCsv,
    takes=("shares",),
    splits=SPLITS,
)
