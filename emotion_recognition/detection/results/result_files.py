"""Machine-readable results: each face with file, frame, time, box, score and every probability, as JSON or CSV.

Sights go in, one after the other; the files are written as the run goes on, so that an hour of video needs no memory,
and take their names only when complete.
"""

import contextlib
import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from emotion_recognition.detection.face_emotion import DIGITS
from emotion_recognition.detection.results.whole_text_file import GrowingText, open_whole_text
from emotion_recognition.detection.seen_face import Sight

#: CSV columns before the emotions.
CSV_COLUMNS = ("file", "frame", "time", "identity", "carried", "x", "y", "width", "height", "score", "emotion")


class JsonResults:
    """Takes sights for a JSON file; made by :func:`open_json`."""

    def __init__(self, file: GrowingText) -> None:
        self._file = file
        self._failed: list[dict[str, str]] = []
        self._summary: Mapping[str, Any] | None = None
        self._separator = ""

    def add(self, sight: Sight) -> None:
        """Adds a picture or frame, one line of the file; also one without faces.

        Raises:
            OSError: If the file cannot be written.
        """
        self._file.write(f"{self._separator}\n    {_dump(sight.to_dict())}")
        self._separator = ","

    def add_failure(self, file: str, reason: str) -> None:
        """Notes a picture that could not be read."""
        self._failed.append({"file": file, "error": reason})

    def add_summary(self, summary: Mapping[str, Any]) -> None:
        """Notes what a video came to; values that JSON has."""
        self._summary = summary

    def _end(self) -> None:
        self._file.write(f'\n  ],\n  "failed": {_dump(self._failed)},\n  "summary": {_dump(self._summary)}\n}}\n')


class CsvResults:
    """Takes sights for a CSV file, a row for each face; made by :func:`open_csv`."""

    def __init__(self, file: GrowingText, class_names: Sequence[str]) -> None:
        self._writer = csv.writer(file, lineterminator="\n")
        self._names = class_names
        self._writer.writerow([*CSV_COLUMNS, *class_names])

    def add(self, sight: Sight) -> None:
        """Adds the faces of a picture or frame.

        Raises:
            OSError: If the file cannot be written.
        """
        for face in sight.faces:
            emotion = face.emotion
            self._writer.writerow(
                [
                    sight.file,
                    sight.frame,
                    None if sight.time is None else round(sight.time, DIGITS),
                    face.identity,
                    int(face.carried),
                    *emotion.box,
                    round(emotion.score, DIGITS),
                    emotion.emotion,
                    *(round(emotion.probabilities[name], DIGITS) for name in self._names),
                ]
            )

    def add_failure(self, file: str, reason: str) -> None:
        """A picture that could not be read has no row."""

    def add_summary(self, summary: Mapping[str, Any]) -> None:
        """A table of faces has no place for a summary."""


@contextlib.contextmanager
def open_json(path: Path, about: Mapping[str, Any]) -> Iterator[JsonResults]:
    """Opens a JSON file for results.

    The file holds one object: what ``about`` says, then ``results``, a list with one object for each picture or frame
    (file, frame, time in seconds, width, height, faces), ``failed``, the pictures that could not be read, and for a
    video ``summary``.

    Args:
        path: The file to write or replace, once the block has ended without an error.
        about: What the run is; values that JSON has.

    Raises:
        OSError: If it cannot be written; nothing is left behind.
    """
    with open_whole_text(path) as file:
        file.write("{\n")
        for name, value in about.items():
            file.write(f"  {_dump(name)}: {_dump(value)},\n")
        file.write('  "results": [')
        results = JsonResults(file)
        yield results
        results._end()


@contextlib.contextmanager
def open_csv(path: Path, class_names: Sequence[str]) -> Iterator[CsvResults]:
    """Opens a CSV file for results: the columns :data:`CSV_COLUMNS`, then one for each emotion's probability.

    Frame, time and identity are empty where there is none.

    Args:
        path: The file to write or replace, once the block has ended without an error.
        class_names: The emotions in label order.

    Raises:
        OSError: If it cannot be written; nothing is left behind.
    """
    with open_whole_text(path) as file:
        yield CsvResults(file, class_names)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
