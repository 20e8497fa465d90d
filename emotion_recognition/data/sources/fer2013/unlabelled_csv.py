"""The competition's ``test.csv`` as a source: pixels without labels, to predict for.

Stage before: :mod:`emotion_recognition.data.sources.fer2013.csv_reader`; next:
:mod:`emotion_recognition.data.building.build`.
"""

from collections.abc import Iterator
from pathlib import Path

from emotion_recognition.data.sources.fer2013.csv_reader import CsvReader
from emotion_recognition.data.sources.fer2013.fitting import fitted_chunks
from emotion_recognition.data.sources.source import (
    UNLABELLED,
    Account,
    Candidate,
    Chunk,
    SourceKind,
    SourceOptions,
)


class UnlabelledCsv:
    """A :class:`~emotion_recognition.data.sources.source.Source`.

    Args:
        path: The CSV, or an archive that holds it.
        options: What is to be made of it; there are no classes in it.
    """

    splits = (UNLABELLED,)
    columns: tuple[str, ...] = ()
    total = 0
    votes_sha256 = None

    def __init__(self, path: Path, options: SourceOptions) -> None:
        self._path = path
        self.kind = KIND.name
        self.name = path.name
        self.options = options
        self.account = Account()

    def chunks(self) -> Iterator[Chunk]:
        """Reads the CSV once, in its order.

        Raises:
            ValueError: If anything in it is not as it must be; the message has the file and the row.
            OSError: If it cannot be read.
        """
        reader = CsvReader(self._path, ("pixels",))
        for block in reader:
            self.account.seen += len(block.images)
            yield from fitted_chunks(UNLABELLED, block.images, {}, self.options)
        self.account.sha256 = reader.source_sha256


def _recognise(candidate: Candidate) -> bool:
    return not candidate.is_folder and "emotion" not in candidate.columns


KIND = SourceKind(
    name="the competition's test.csv",
    description="the competition's test.csv (pixels), to predict the emotions of",
    recognise=_recognise,
    opener=UnlabelledCsv,
    takes=(),
    splits=(UNLABELLED,),
)
