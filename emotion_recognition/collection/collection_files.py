"""The files of an annotated collection: a manifest, a plan, and for each shard two tables and a note that it is done.

    DIR/manifest.json         what the collection is, and by what it is annotated
    DIR/plan.sqlite           which picture belongs to which shard
    DIR/faces/00000.parquet   a row for each face
    DIR/others/00000.parquet  a row for each picture without a face, or that cannot be read
    DIR/done/00000.json       written last: how many rows the shard has

One process writes all of them, each complete or not at all. A shard without its note is done again; so is one whose
tables are not as large as the note says.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_recognition.atomic_file import replace_when_complete, write_json
from emotion_recognition.collection.shard_work import Tables
from emotion_recognition.detection.results.whole_text_file import naming
from emotion_recognition.error_about import about

if TYPE_CHECKING:
    import pyarrow as pa

#: The number of the layout above; another one is refused.
_FORMAT = 1

#: What two runs must have in common for the second to go on with the first.
_MUST_AGREE = {
    "model": "another model, or other options or another card of it",
    "detector": "another face detector, or other settings of it",
    "every": "another choice of frames",
    "class_names": "other classes",
    "embeddings": "another choice of feature vectors",
    "column": "another column of lists",
}


class CollectionFiles:
    """Names, reads and writes the files.

    Args:
        folder: The folder of the collection.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = folder / "manifest.json"
        self.plan = folder / "plan.sqlite"

    def start(self, manifest: Mapping[str, Any], *, resume: bool) -> bool:
        """Finds out whether there is work to go on with.

        Args:
            manifest: What this run would write.
            resume: Whether it is to go on.

        Returns:
            True if the folder has a plan and a manifest that agree with this run, False if it has none.

        Raises:
            FileExistsError: If it has, and is not to be resumed; or has shards and no manifest.
            ValueError: If they do not agree.
        """
        if not self.manifest.is_file():
            if any(self._note(0).parent.glob("*.json")):
                message = (
                    f"{self.folder} has shards, but no manifest of their collection; empty it, or write elsewhere."
                )
                raise about(FileExistsError(message), "out")
            return False
        if not resume:
            message = f"{self.folder} has an annotated collection already; resume it, or write elsewhere."
            raise about(FileExistsError(message), "resume")
        found = self.read_manifest()
        for name, what in _MUST_AGREE.items():
            if found.get(name) != manifest[name]:
                raise about(
                    ValueError(
                        f"{self.folder} was annotated with {what}: {found.get(name)}, and now it is {manifest[name]}. "
                        "Write elsewhere, or take what it began with."
                    ),
                    "out",
                )
        if manifest["inputs"] and found["inputs"] != manifest["inputs"]:
            raise about(
                ValueError(
                    f"{self.folder} is of other inputs: {' '.join(found['inputs'])}. Name those or none to resume it."
                ),
                "out",
            )
        return True

    def read_manifest(self) -> dict[str, Any]:
        """Reads the manifest.

        Raises:
            ValueError: If it is damaged, or of another version.
        """
        try:
            content = json.loads(self.manifest.read_text(encoding="utf-8"))
            if content["format"] == _FORMAT and isinstance(content["inputs"], list):
                return dict(content)
        except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError):
            pass
        raise about(ValueError(f"{self.manifest} is not the manifest of a collection, or is damaged."), "out")

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Writes the manifest; the plan must be there."""
        with naming(self.manifest):
            write_json(self.manifest, {"format": _FORMAT, **manifest})

    def forget(self) -> None:
        """Deletes manifest and plan of a collection without a shard, so that another run can begin it."""
        self.manifest.unlink(missing_ok=True)
        self.plan.unlink(missing_ok=True)

    def write_shard(self, number: int, tables: Tables) -> None:
        """Writes the tables of a shard, then the note that it is done.

        Raises:
            OSError: If they cannot be written; the shard counts as not done.
        """
        note: dict[str, Any] = dict(tables.counts)
        for name, table in (("faces", tables.faces), ("others", tables.others)):
            path = self._table(name, number)
            _write_table(path, table)
            note[f"{name}_bytes"] = path.stat().st_size
        path = self._note(number)
        with naming(path):
            write_json(path, note)

    def missing(self, shards: int) -> Iterator[int]:
        """The shards that are not done, in order."""
        return (number for number in range(shards) if self.done(number) is None)

    def done(self, number: int) -> dict[str, int] | None:
        """The note of a shard; None if it is not done."""
        try:
            note = json.loads(self._note(number).read_text(encoding="utf-8"))
            whole = all(self._table(name, number).stat().st_size == note[f"{name}_bytes"] for name in _TABLES)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return dict(note) if whole else None

    def _table(self, name: str, number: int) -> Path:
        return self.folder / name / f"{number:05d}.parquet"

    def _note(self, number: int) -> Path:
        return self.folder / "done" / f"{number:05d}.json"


_TABLES = ("faces", "others")


def _write_table(path: Path, table: "pa.Table") -> None:
    from pyarrow import parquet

    with naming(path), replace_when_complete(path) as partial, partial.open("wb") as file:
        parquet.write_table(table, file)
        # The note that follows must not survive a power failure without the table.
        file.flush()
        os.fsync(file.fileno())
