"""Results as Parquet: typed columns, a row for each face, for pandas, DuckDB, Polars and Spark. Needs pyarrow.

Sights go in, one after the other; rows are written a group at a time, so that an hour of video needs no memory, and the
file takes its name only when complete.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.detection.face_emotion import DIGITS
from emotion_recognition.detection.results.whole_text_file import naming
from emotion_recognition.detection.seen_face import Sight

if TYPE_CHECKING:
    import pyarrow as pa

#: Columns before the probabilities, with the types that Arrow calls so.
FACE_COLUMNS = {
    "file": "string",
    "frame": "int64",
    "time": "float64",
    "identity": "int64",
    "carried": "bool",
    "picture_width": "int32",
    "picture_height": "int32",
    "face": "int32",
    "x": "int32",
    "y": "int32",
    "width": "int32",
    "height": "int32",
    "score": "float32",
    "emotion": "string",
}

#: Rows that are collected before they are written.
_ROWS_AT_ONCE = 10_000


class ParquetResults:
    """Takes sights for a Parquet file; made by :func:`open_parquet`."""

    def __init__(self, writer: "pa.parquet.ParquetWriter", schema: "pa.Schema", path: Path) -> None:
        self._writer, self._schema, self._path = writer, schema, path
        self._rows: list[dict[str, Any]] = []

    def add(self, sight: Sight) -> None:
        """Adds the faces of a picture or frame.

        Raises:
            OSError: If the file cannot be written.
        """
        self._rows += face_rows(sight)
        if len(self._rows) >= _ROWS_AT_ONCE:
            self.flush()

    def add_failure(self, file: str, reason: str) -> None:
        """A picture that could not be read has no row."""

    def add_summary(self, summary: Mapping[str, Any]) -> None:
        """A table of faces has no place for a summary."""

    def flush(self) -> None:
        """Writes the rows that are collected."""
        import pyarrow as pa

        if self._rows:
            with naming(self._path):
                self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []


@contextlib.contextmanager
def open_parquet(
    path: Path, about: Mapping[str, Any], class_names: Sequence[str], embeddings: bool = False
) -> Iterator[ParquetResults]:
    """Opens a Parquet file for results: :data:`FACE_COLUMNS`, then one for each emotion's probability.

    Args:
        path: The file to write or replace, once the block has ended without an error.
        about: What the run is; values that JSON has. It is kept in the file's metadata under "about".
        class_names: The emotions in label order.
        embeddings: Whether there is a last column with the feature vectors.

    Raises:
        ValueError: If pyarrow is not installed.
        OSError: If the file cannot be written; nothing is left behind.
    """
    check_parquet()
    from pyarrow import parquet

    schema = face_schema(class_names, embeddings).with_metadata({"about": json.dumps(about, ensure_ascii=False)})
    with replace_when_complete(path) as partial:
        with naming(path):
            file = partial.open("wb")
        writer = parquet.ParquetWriter(file, schema)
        try:
            results = ParquetResults(writer, schema, path)
            yield results
            results.flush()
            with naming(path):
                writer.close()
                file.close()
        finally:
            # After an error what is buffered may not be writable either; it is thrown away with the file, and so is the
            # writer, which would try again when it is deleted.
            writer.is_open = False
            with contextlib.suppress(OSError):
                file.close()


def check_parquet() -> None:
    """Finds out early whether Parquet can be written and read.

    Raises:
        ValueError: If pyarrow is not installed.
    """
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ValueError(
            f"Parquet needs pyarrow; install it with: pip install -r requirements-collection.txt ({error})"
        ) from error


def face_schema(class_names: Sequence[str], embeddings: bool) -> "pa.Schema":
    """The columns of a table of faces; every type is stated, so that a table without rows has them too."""
    import pyarrow as pa

    fields = [pa.field(name, pa.type_for_alias(kind)) for name, kind in FACE_COLUMNS.items()]
    fields += [pa.field(name, pa.float32()) for name in class_names]
    if embeddings:
        fields.append(pa.field("embedding", pa.list_(pa.float32())))
    return pa.schema(fields)


def face_rows(sight: Sight) -> list[dict[str, Any]]:
    """A row for each face of a picture or frame, by the names of :func:`face_schema`; faces are counted from 1.

    Example:
        >>> face_rows(Sight("empty.jpg", (64, 48), ()))
        []
    """
    rows = []
    for number, face in enumerate(sight.faces, start=1):
        emotion = face.emotion
        x, y, width, height = emotion.box
        rows.append(
            {
                "file": sight.file,
                "frame": sight.frame,
                "time": None if sight.time is None else round(sight.time, DIGITS),
                "identity": face.identity,
                "carried": face.carried,
                "picture_width": sight.size[0],
                "picture_height": sight.size[1],
                "face": number,
                "x": x,
                "y": y,
                "width": width,
                "height": height,
                "score": emotion.score,
                "emotion": emotion.emotion,
                **emotion.probabilities,
                "embedding": emotion.embedding,
            }
        )
    return rows
