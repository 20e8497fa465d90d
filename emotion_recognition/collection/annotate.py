"""Annotates a collection, shard by shard: hands shards to an engine, writes what comes back, goes on after anything.

What an engine has lost is tried again, then in halves, so that a single picture that ends its process, or never comes
to an end, is found and recorded as unreadable, and everything beside it is kept.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from emotion_recognition.collection.collection_files import CollectionFiles
from emotion_recognition.collection.items import IN_PACKED_TAR, VIDEO, Item
from emotion_recognition.collection.plan import Plan
from emotion_recognition.collection.shard_work import ShardWork, Tables
from emotion_recognition.collection.worker_pool import Finished, Lost

#: How often the same items may be lost before they are halved; processes are also killed by chance.
_ATTEMPTS = 3

#: So many pictures of one run may end their processes; with more, something else than the pictures is at fault.
MOST_LOST_PICTURES = 20

#: Seconds that even a single picture may take, and how much longer a video may take than a shard of pictures.
_LEAST_SECONDS, _VIDEO_FACTOR = 30.0, 100.0


@dataclass(frozen=True)
class Piece:
    """A shard, or a part of one, that an engine works on.

    Args:
        shard: Number of the shard.
        start: Place of the first item in it.
        items: The items.
        seconds: The longest that it may take.
        attempt: How often it has been lost before.
    """

    shard: int
    start: int
    items: tuple[Item, ...] = field(repr=False)
    seconds: float
    attempt: int = 0


class Engine(Protocol):
    """Works on pieces, whatever runs them."""

    @property
    def slots(self) -> int:
        """Number of pieces that are worked on at the same time."""

    def submit(self, piece: Piece) -> None:
        """Adds a piece."""

    def next(self) -> Finished[Piece, Tables] | Lost[Piece]:
        """Waits for the next that is finished or lost."""


def annotate_shards(
    files: CollectionFiles,
    plan: Plan,
    engine: Engine,
    work: ShardWork,
    *,
    seconds: float,
    shard_size: int,
    step: Callable[[int], None] = lambda count: None,
) -> None:
    """Annotates the shards that are missing.

    Args:
        files: Where they go.
        plan: Which items they have.
        engine: Looks at them.
        work: What the engine does; makes the rows of what is lost for good.
        seconds: The longest that a shard of pictures may take; a part of one may take its share, a video longer.
        shard_size: Pictures of a whole shard.
        step: Called with the number of items that have been written.

    Raises:
        OSError: If something cannot be written.
        ChildProcessError: If more pictures are lost than can be those pictures' own fault; names the shard.
    """
    missing = files.missing(plan.shards)
    open_shards: dict[int, _OpenShard] = {}
    submitted = lost = 0

    def limit(items: Sequence[Item]) -> float:
        if any(item.kind == VIDEO for item in items):
            return seconds * _VIDEO_FACTOR
        if any(item.kind == IN_PACKED_TAR for item in items):
            return seconds  # a process may have to unpack it from its start
        return max(min(_LEAST_SECONDS, seconds), seconds * len(items) / shard_size)

    while True:
        # One more for each slot waits, so that none is idle while a shard is written.
        while submitted < 2 * engine.slots and (number := next(missing, None)) is not None:
            items = plan.shard(number)
            open_shards[number] = _OpenShard(len(items))
            engine.submit(Piece(number, 0, items, limit(items)))
            submitted += 1
        if not submitted:
            return
        outcome = engine.next()
        submitted -= 1
        if isinstance(outcome, Lost):
            pieces = list(_again(outcome.task, limit))
            for piece in pieces:
                engine.submit(piece)
            submitted += len(pieces)
            if pieces:
                continue
            lost += 1
            if lost > MOST_LOST_PICTURES:
                raise ChildProcessError(
                    f"More than {MOST_LOST_PICTURES} pictures were lost, the last in shard {outcome.task.shard}, "
                    f"{outcome.task.items[0].name}: the process that looked at it {outcome.reason}."
                )
            outcome = Finished(outcome.task, work.lost(outcome.task.items[0], outcome.reason))
        shard = open_shards[outcome.task.shard]
        shard.add(outcome.task, outcome.result)
        if shard.is_whole:
            files.write_shard(outcome.task.shard, shard.tables())
            del open_shards[outcome.task.shard]
            step(shard.size)


class _OpenShard:
    """The parts of a shard that have come back."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._parts: dict[int, tuple[int, Tables]] = {}

    def add(self, piece: Piece, tables: Tables) -> None:
        self._parts[piece.start] = (len(piece.items), tables)

    @property
    def is_whole(self) -> bool:
        return sum(count for count, _ in self._parts.values()) == self.size

    def tables(self) -> Tables:
        import pyarrow as pa

        parts = [tables for _, (_, tables) in sorted(self._parts.items())]
        counts = {name: sum(part.counts[name] for part in parts) for name in parts[0].counts}
        return Tables(
            pa.concat_tables([part.faces for part in parts]).combine_chunks(),
            pa.concat_tables([part.others for part in parts]).combine_chunks(),
            counts,
        )


def _again(piece: Piece, limit: Callable[[Sequence[Item]], float]) -> Iterator[Piece]:
    """What to submit for a piece that was lost; nothing if it is one item that has had its chances."""
    attempt = piece.attempt + 1
    if attempt < _ATTEMPTS:
        yield Piece(piece.shard, piece.start, piece.items, piece.seconds, attempt)
    elif len(piece.items) > 1:
        middle = len(piece.items) // 2
        for start, items in ((0, piece.items[:middle]), (middle, piece.items[middle:])):
            yield Piece(piece.shard, piece.start + start, items, limit(items), 1)


def summary_of(files: CollectionFiles, shards: int) -> dict[str, Any]:
    """The numbers of pictures, frames, faces and so on over all shards."""
    totals: dict[str, int] = {}
    for number in range(shards):
        for name, value in (files.done(number) or {}).items():
            if not name.endswith("_bytes"):
                totals[name] = totals.get(name, 0) + value
    return totals
