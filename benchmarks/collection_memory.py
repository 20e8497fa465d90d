"""Memory of the process that leads a collection, at 1, 10 and 100 thousand pictures, none of which is decoded.

    python -m benchmarks.collection_memory

Prints too how many pictures a second it lists and writes, which bounds what one collection gets from a cluster.

Each number runs in a process of its own: a list of that many paths is planned, every shard is handed to an engine that
gives back a face for each picture at once, and the tables are written.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

from emotion_recognition.collection.annotate import Piece, annotate_shards
from emotion_recognition.collection.collection_files import CollectionFiles
from emotion_recognition.collection.fingerprint import Fingerprint
from emotion_recognition.collection.inputs import items_of
from emotion_recognition.collection.plan import Plan, write_plan
from emotion_recognition.collection.shard_work import ShardWork, Tables
from emotion_recognition.collection.worker_pool import Finished
from emotion_recognition.detection.detector_plan import DetectorPlan
from emotion_recognition.detection.results.parquet_file import face_schema

NUMBERS = (1_000, 10_000, 100_000)
SHARD_SIZE = 500


class AtOnce:
    """An engine that has looked at everything already."""

    slots = 2

    def __init__(self, names: tuple[str, ...]) -> None:
        self._schema = face_schema(names, embeddings=False)
        self._pieces: deque[Piece] = deque()

    def submit(self, piece: Piece) -> None:
        """Adds a piece."""
        self._pieces.append(piece)

    def next(self) -> Finished[Piece, Tables]:
        """A row for each picture."""
        import pyarrow as pa

        piece = self._pieces.popleft()
        rows = [{"file": item.name, "face": 1, "emotion": "happy"} for item in piece.items]
        counts = {"pictures": len(rows), "faces": len(rows)}
        return Finished(
            piece, Tables(pa.Table.from_pylist(rows, schema=self._schema), self._schema.empty_table(), counts)
        )


def figures_of(number: int) -> tuple[float, float, float]:
    """The largest memory of this process in MB after so many pictures, and the seconds for their plan and tables."""
    names = ("happy", "sad")
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "list.txt")
        with listed.open("w", encoding="utf-8") as file:
            file.writelines(f"pictures/of/a/collection/{i:09d}.jpg\n" for i in range(number))
        files = CollectionFiles(Path(folder, "out"))
        began = time.monotonic()
        write_plan(files.plan, items_of([str(listed)]), SHARD_SIZE)
        planned = time.monotonic()
        with Plan(files.plan) as plan:
            work = ShardWork(DetectorPlan(()), Fingerprint("", ""), names)
            annotate_shards(files, plan, AtOnce(names), work, seconds=60, shard_size=SHARD_SIZE)
        written = time.monotonic()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return memory, planned - began, written - planned


def main() -> int:
    """Runs each number in a process of its own and prints the memory."""
    if len(sys.argv) == 2:
        print(json.dumps(figures_of(int(sys.argv[1]))))
        return 0
    for number in NUMBERS:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.collection_memory", str(number)],
            cwd=Path(__file__).resolve().parents[1],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        memory, listing, writing = json.loads(done.stdout)
        print(
            f"{number:>9,} pictures: {memory:.0f} MB; {number / listing:,.0f} a second are listed, "
            f"{number / writing:,.0f} a second written",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
