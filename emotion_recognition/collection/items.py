"""One thing of a collection to be looked at: a picture in a file, a tar or a Parquet list, or a video."""

import functools
from dataclasses import dataclass
from typing import Any

from emotion_recognition.collection.places import open_place, read_place
from emotion_recognition.collection.tar_bytes import read_packed

#: The kinds of item, see :class:`Item`.
FILE, IN_TAR, IN_PACKED_TAR, IN_PARQUET, VIDEO = "file", "tar", "packed tar", "parquet", "video"


@dataclass(frozen=True)
class Item:
    """A picture or a video.

    Args:
        name: What the tables call it.
        kind: :data:`FILE`, :data:`IN_TAR`, :data:`IN_PACKED_TAR`, :data:`IN_PARQUET` or :data:`VIDEO`.
        place: The file that it is, or is in.
        start: In a tar, where its bytes begin, unpacked; in a Parquet file, its row.
        length: In a tar, the number of its bytes; in a Parquet file, its row group.
        column: In a Parquet file, the column of its bytes.
    """

    name: str
    kind: str
    place: str
    start: int = 0
    length: int = 0
    column: str = ""

    def read(self) -> bytes:
        """The bytes of the picture's file.

        Raises:
            OSError: If they cannot be read.
            ValueError: If they are not there.
        """
        if self.kind == IN_TAR:
            return read_place(self.place, self.start, self.length)
        if self.kind == IN_PACKED_TAR:
            return read_packed(self.place, self.start, self.length)
        if self.kind == IN_PARQUET:
            value = _cells(self.place, self.length, self.column)[self.start].as_py()
            content = value.get("bytes") if isinstance(value, dict) else value
            if not isinstance(content, bytes):
                raise ValueError(f"{self.name} has no bytes in the column {self.column}.")
            return content
        return read_place(self.place)


@functools.lru_cache(maxsize=1)
def _cells(place: str, group: int, column: str) -> Any:
    """A column of one row group: the items of a shard lie side by side, so that each group is read once."""
    from pyarrow import parquet

    with open_place(place) as file:
        return parquet.ParquetFile(file).read_row_group(group, columns=[column]).column(0)
