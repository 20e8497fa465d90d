"""What the recommender remembers, in SQLite: what was recommended in which mood, and what was taken.

SQLite's write-ahead log makes every entry whole or absent, whenever the process ends. One process has the file at a
time; it holds SQLite's own lock, which the system takes away with the process.
"""

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Each makes the tables of the version before those of the next; SQLite's ``user_version`` is how many have been
#: carried out. An entry never changes once it is released: a change is a new entry.
MIGRATIONS = (
    """
    CREATE TABLE recommendations (
        id TEXT PRIMARY KEY, created REAL NOT NULL, person TEXT, moods TEXT NOT NULL, items TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX recommendations_created ON recommendations (created);
    CREATE INDEX recommendations_person ON recommendations (person) WHERE person IS NOT NULL;
    CREATE TABLE feedback (
        number INTEGER PRIMARY KEY, recommendation TEXT NOT NULL, item TEXT NOT NULL, reward REAL NOT NULL,
        moods TEXT NOT NULL, tags TEXT NOT NULL, person TEXT, created REAL NOT NULL,
        UNIQUE (recommendation, item)
    );
    CREATE INDEX feedback_person ON feedback (person) WHERE person IS NOT NULL;
    """,
)

#: Recommendations that are kept for feedback to come; older ones go.
KEPT = 20_000


@dataclass(frozen=True)
class Feedback:
    """What somebody did with an item.

    Args:
        item: The item's id.
        reward: 0, not taken, to 1, taken.
        moods: Probability of each emotion when it was recommended.
        tags: The item's moods in its catalogue.
        person: Who, if they agreed to be remembered.
    """

    item: str
    reward: float
    moods: Mapping[str, float]
    tags: Sequence[str]
    person: str | None = None


class Memory:
    """The file; one thread at a time may use it.

    Args:
        path: The file, which is made when missing; ``:memory:`` for none.

    Raises:
        OSError: If it cannot be opened or written, or another process has it.
        ValueError: If it is no such file, or of a later version.
    """

    def __init__(self, path: Path | str) -> None:
        try:
            self._base = sqlite3.connect(path, timeout=1, check_same_thread=False, isolation_level=None)
            self._check(path)
            self._base.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._base.execute("PRAGMA secure_delete = ON")
            self._base.execute("PRAGMA journal_mode = WAL")
            self._migrate(path)
        except sqlite3.OperationalError as error:
            reason = "another process has it" if "locked" in str(error) else str(error)
            raise OSError(f"The recommender's file {path} cannot be opened: {reason}.") from error
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{path} is not a file of the recommender: {error}.") from error

    def _check(self, path: Path | str) -> None:
        """Refuses another program's data before anything of it is changed."""
        (version,) = self._base.execute("PRAGMA user_version").fetchone()
        tables = {name for (name,) in self._base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        is_ours = tables >= {"recommendations", "feedback"} if version else not tables
        if version <= len(MIGRATIONS) and not is_ours:
            self._base.close()
            raise ValueError(f"{path} is not a file of the recommender: it has other tables.")

    def _migrate(self, path: Path | str) -> None:
        (version,) = self._base.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise ValueError(f"{path} was written by a later version of this software; it cannot be read.")
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            self._base.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
        # Takes the lock now, not with the first entry.
        self._base.executescript("BEGIN EXCLUSIVE; COMMIT;")

    def add_recommendation(
        self, name: str, moods: Mapping[str, float], items: Mapping[str, Sequence[str]], person: str | None
    ) -> None:
        """Notes what was recommended: for each item's id its moods."""
        self._base.execute(
            "INSERT INTO recommendations VALUES (?, ?, ?, ?, ?)",
            (name, time.time(), person, json.dumps(dict(moods)), json.dumps({k: list(v) for k, v in items.items()})),
        )

    def prune(self) -> None:
        """Drops all but the newest recommendations."""
        self._base.execute(
            "DELETE FROM recommendations WHERE created < "
            "(SELECT created FROM recommendations ORDER BY created DESC LIMIT 1 OFFSET ?)",
            (KEPT - 1,),
        )

    def add_feedback(self, recommendation: str, item: str, reward: float) -> Feedback | None:
        """Notes what was done with a recommended item.

        Returns:
            The entry; None if there is one already.

        Raises:
            LookupError: If there is no such recommendation, or the item was not in it.
        """
        row = self._base.execute(
            "SELECT person, moods, items FROM recommendations WHERE id = ?", (recommendation,)
        ).fetchone()
        if row is None:
            raise LookupError("there is no such recommendation, or it is too old")
        items = json.loads(row[2])
        if item not in items:
            raise LookupError("the item was not in this recommendation")
        done = self._base.execute(
            "INSERT OR IGNORE INTO feedback (recommendation, item, reward, moods, tags, person, created) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (recommendation, item, reward, row[1], json.dumps(items[item]), row[0], time.time()),
        )
        return Feedback(item, reward, json.loads(row[1]), items[item], row[0]) if done.rowcount else None

    def all_feedback(self) -> list[Feedback]:
        """Everything, oldest first."""
        rows = self._base.execute("SELECT item, reward, moods, tags, person FROM feedback ORDER BY number")
        return [
            Feedback(item, reward, json.loads(moods), json.loads(tags), person)
            for item, reward, moods, tags, person in rows
        ]

    def forget(self, person: str) -> int:
        """Deletes all entries of a person, from the disk too; returns their number."""
        self._base.execute("BEGIN IMMEDIATE")
        deleted = sum(
            self._base.execute(f"DELETE FROM {table} WHERE person = ?", (person,)).rowcount
            for table in ("feedback", "recommendations")
        )
        self._base.execute("COMMIT")
        self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return deleted

    def close(self) -> None:
        """Closes the file."""
        self._base.close()
