"""Where what was seen goes: annotated pictures, JSON, CSV, Parquet, crops, in any combination.

The runs over pictures and videos give each sight to one of these.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from emotion_recognition.atomic_file import check_can_write
from emotion_recognition.detection.drawing.annotation import annotate
from emotion_recognition.detection.results.crop_files import write_crops
from emotion_recognition.detection.results.parquet_file import ParquetResults, open_parquet
from emotion_recognition.detection.results.result_files import CsvResults, JsonResults, open_csv, open_json
from emotion_recognition.detection.results.whole_text_file import naming
from emotion_recognition.detection.seen_face import Sight

#: A file that takes one sight after the other.
ResultFile = JsonResults | CsvResults | ParquetResults

#: Takes a picture, BGR uint8 (height, width, 3), with what was seen on it; gives a copy with heat maps.
Explain = Callable[[np.ndarray, Sight], np.ndarray]


@dataclass(frozen=True)
class OutputSettings:
    """What to write beside annotated pictures.

    Args:
        json: JSON file, None for none.
        csv: CSV file, None for none.
        crops: Folder for the faces' crops, None for none.
        histogram: Whether to draw all probabilities beside each face.
        parquet: Parquet file, None for none.
        embeddings: Whether the Parquet file has a column for the faces' feature vectors.
    """

    json: Path | None = None
    csv: Path | None = None
    crops: Path | None = None
    histogram: bool = False
    parquet: Path | None = None
    embeddings: bool = False


class Outputs:
    """Takes sights; made by :func:`open_outputs`.

    Args:
        settings: What to write.
        files: The open result files.
        explain: Draws heat maps, None for none.
    """

    def __init__(self, settings: OutputSettings, files: Sequence[ResultFile], explain: Explain | None = None) -> None:
        self._settings, self._files, self._explain = settings, files, explain

    def record(self, sight: Sight, image: np.ndarray, name: str) -> None:
        """Writes a sight into the result files, and its crops.

        Args:
            sight: What was seen.
            image: BGR uint8 array (height, width, 3), 0..255, as it was.
            name: What the crops' names start with; it may lead through folders.

        Raises:
            OSError: If a file cannot be written.
        """
        if self._settings.crops is not None:
            write_crops(self._settings.crops, sight, image, name)
        self.tabulate(sight)

    def tabulate(self, sight: Sight) -> None:
        """Writes a sight into the result files alone.

        Raises:
            OSError: If a file cannot be written.
        """
        for file in self._files:
            file.add(sight)

    def record_failure(self, file: str, reason: str) -> None:
        """Notes a picture that could not be read."""
        for results in self._files:
            results.add_failure(file, reason)

    def summarise(self, summary: Mapping[str, Any]) -> None:
        """Notes what a video came to."""
        for results in self._files:
            results.add_summary(summary)

    def draw(self, sight: Sight, image: np.ndarray) -> np.ndarray:
        """Returns an annotated copy of the picture, BGR uint8 array of the same shape."""
        faces = [face.emotion for face in sight.faces]
        identities = [face.identity for face in sight.faces]
        if self._explain is not None:
            image = self._explain(image, sight)
        return annotate(image, faces, identities=identities, histogram=self._settings.histogram)


@contextlib.contextmanager
def open_outputs(
    settings: OutputSettings, about: Mapping[str, Any], class_names: Sequence[str], explain: Explain | None = None
) -> Iterator[Outputs]:
    """Opens the result files; they take their names when the block ends without an error.

    Args:
        settings: What to write.
        about: What the run is, for the JSON file.
        class_names: The emotions in label order.
        explain: Draws heat maps, None for none.

    Raises:
        OSError: If a file or folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        files: list[ResultFile] = []
        if settings.json is not None:
            files.append(stack.enter_context(open_json(settings.json, about)))
        if settings.csv is not None:
            files.append(stack.enter_context(open_csv(settings.csv, class_names)))
        if settings.parquet is not None:
            files.append(
                stack.enter_context(open_parquet(settings.parquet, about, class_names, embeddings=settings.embeddings))
            )
        if settings.crops is not None:
            with naming(settings.crops):
                check_can_write(settings.crops / "crop")
        yield Outputs(settings, files, explain)
