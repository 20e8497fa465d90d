"""Works on the pieces of a collection in processes of this machine."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from emotion_recognition.collection.annotate import Piece
from emotion_recognition.collection.shard_work import ShardWork, Tables
from emotion_recognition.collection.worker_pool import Finished, Lost, WorkerPool, usable_cores


class LocalEngine:
    """An :class:`~emotion_recognition.collection.annotate.Engine`; a context manager.

    Args:
        work: What is done with items.
        workers: Number of processes; None for one per core.
    """

    def __init__(self, work: ShardWork, workers: int | None = None) -> None:
        self.slots = workers or usable_cores()
        self._pool: WorkerPool[Piece, Tables] = WorkerPool(
            _PieceWork(work), self.slots, seconds=lambda piece: piece.seconds
        )

    @property
    def description(self) -> str:
        """The engine in words."""
        return f"{self.slots} process{'es' * (self.slots != 1)} on this machine"

    def submit(self, piece: Piece) -> None:
        """Adds a piece."""
        self._pool.submit(piece)

    def next(self) -> Finished[Piece, Tables] | Lost[Piece]:
        """Waits for the next that is finished or lost.

        Raises:
            ValueError: If a process opens another model than this one.
            ChildProcessError: If no process comes up.
        """
        return self._pool.next()

    def __enter__(self) -> "LocalEngine":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()


@dataclass(frozen=True)
class _PieceWork:
    work: ShardWork

    def __call__(self) -> Callable[[Piece], Tables]:
        look = self.work()
        return lambda piece: look(piece.items)
