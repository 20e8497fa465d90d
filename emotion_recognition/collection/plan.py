"""Which item belongs to which shard, in a file: sorted, each item once, and the same after every interruption.

SQLite sorts and finds duplicates on the disk, so that millions of items need no memory here. Items go in by
:func:`write_plan`; a :class:`Plan` gives a shard's.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.collection.items import VIDEO, Item
from emotion_recognition.error_about import about

_FIELDS = "name, kind, place, start, length, column_name"


def write_plan(path: Path, items: Iterable[tuple[int, Item]], shard_size: int) -> None:
    """Writes a plan, complete or not at all.

    Items are in the order of their inputs, then of their files, and where they lie in these. A video is a shard.

    Args:
        path: The file to write or replace.
        items: Each with the number of its input.
        shard_size: Pictures per shard.

    Raises:
        OSError: If it cannot be written.
    """
    with replace_when_complete(path) as partial, closing(sqlite3.connect(partial)) as base:
        # Before the file has its name, nobody needs it after a crash.
        base.execute("PRAGMA journal_mode = OFF")
        base.execute("PRAGMA synchronous = OFF")
        try:
            _fill(base, items, shard_size)
        except sqlite3.OperationalError as error:
            raise OSError(f"{path} cannot be written: {error}") from error


class Plan:
    """Reads a plan; a context manager.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: If it is gone.
        ValueError: If it is damaged.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise about(FileNotFoundError(f"There is no {path}, the plan of the collection; write elsewhere."), "out")
        self._base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            (self.items,) = self._base.execute("SELECT count(*) FROM items").fetchone()
            (self.shards,) = self._base.execute("SELECT count(*) FROM shards").fetchone()
        except sqlite3.DatabaseError as error:
            self._base.close()
            raise about(ValueError(f"{path} is damaged: {error}; write elsewhere."), "out") from error

    def shard(self, number: int) -> tuple[Item, ...]:
        """The items of a shard, counted from 0."""
        first, count = self._base.execute("SELECT first, count FROM shards WHERE number = ?", (number,)).fetchone()
        rows = self._base.execute(
            f"SELECT {_FIELDS} FROM items WHERE number >= ? AND number < ? ORDER BY number", (first, first + count)
        )
        return tuple(Item(name, kind, os.fsdecode(place), *rest) for name, kind, place, *rest in rows)

    def size(self, number: int) -> int:
        """The number of items of a shard."""
        (count,) = self._base.execute("SELECT count FROM shards WHERE number = ?", (number,)).fetchone()
        return int(count)

    def __enter__(self) -> "Plan":
        return self

    def __exit__(self, *error: object) -> None:
        self._base.close()


def _fill(base: sqlite3.Connection, items: Iterable[tuple[int, Item]], shard_size: int) -> None:
    base.execute(
        "CREATE TABLE found (input INTEGER, name TEXT, kind TEXT, place BLOB, start INTEGER, length INTEGER, "
        "column_name TEXT, UNIQUE (place, length, start))"
    )
    base.executemany(
        "INSERT OR IGNORE INTO found VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((n, i.name, i.kind, os.fsencode(i.place), i.start, i.length, i.column) for n, i in items),
    )
    base.execute(
        "CREATE TABLE items (number INTEGER PRIMARY KEY, name TEXT, kind TEXT, place BLOB, start INTEGER, "
        "length INTEGER, column_name TEXT)"
    )
    # Row groups and places in a tar grow with the row, so both kinds of item are in the order of their file.
    base.execute(
        f"INSERT INTO items ({_FIELDS}) SELECT {_FIELDS} FROM found "
        f"ORDER BY input, place, CASE kind WHEN 'parquet' THEN length ELSE 0 END, start"
    )
    base.execute("DROP TABLE found")
    base.execute("CREATE TABLE shards (number INTEGER PRIMARY KEY, first INTEGER, count INTEGER)")
    base.executemany("INSERT INTO shards VALUES (?, ?, ?)", _shards(base, shard_size))
    base.commit()


def _shards(base: sqlite3.Connection, shard_size: int) -> Iterator[tuple[int, int, int]]:
    shard, first, count = 0, 1, 0
    for number, kind in base.execute("SELECT number, kind FROM items ORDER BY number"):
        if count and (count == shard_size or kind == VIDEO):
            yield shard, first, count
            shard, first, count = shard + 1, number, 0
        count += 1
        if kind == VIDEO:
            yield shard, first, count
            shard, first, count = shard + 1, number + 1, 0
    if count:
        yield shard, first, count
