"""Works on the pieces of a collection in actors of a Ray cluster: one per core, or per share of a GPU.

Ray starts processes, finds out which have died and carries arguments and results. Which piece is done, what is tried
again and how long it may take is decided here, not by Ray Data, which may wait for ever for an actor that has died.
Each wait has an end, and what comes to none is lost and named.
"""

import collections
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from emotion_recognition.collection.annotate import Piece
from emotion_recognition.collection.items import Item
from emotion_recognition.collection.shard_work import ShardWork, Tables
from emotion_recognition.collection.worker_pool import Finished, Lost
from emotion_recognition.ray_cluster import check_gpus, connected, import_ray, raised_there, room_for

#: Seconds for the first actor to come up; for a finished result to arrive.
_START_SECONDS, _FETCH_SECONDS = 300.0, 60.0

#: Seconds between two looks at whether nodes have come or gone.
_LOOK_SECONDS = 5.0

#: So many actors per slot may fail in a row before they are ready.
_MOST_FAILED_STARTS = 3


class RayEngine:
    """An :class:`~emotion_recognition.collection.annotate.Engine`; a context manager.

    A Ray that this process is connected to already is used and stays connected. The package and the models' files must
    be on every node, at the same paths.

    Args:
        work: What is done with items.
        address: ``"auto"`` for the cluster of this machine, ``"HOST:PORT"`` for another; None starts one here.
        workers: Number of actors; None for as many as the cluster has room for, nodes that join later included.
        gpus_per_worker: GPUs that each actor reserves; may be a fraction.

    Raises:
        ValueError: If Ray is not installed, or a number is out of range.
        OSError: On entry, if there is no cluster at that address.
    """

    def __init__(
        self, work: ShardWork, address: str | None = None, workers: int | None = None, *, gpus_per_worker: float = 0.0
    ) -> None:
        check_gpus(gpus_per_worker)
        import_ray()
        self._work, self._address, self._asked, self._gpus = work, address, workers, gpus_per_worker
        self._waiting: collections.deque[Piece] = collections.deque()
        self._actors: list[_Actor] = []
        self._stack = contextlib.ExitStack()
        self._failed_starts = 0
        self._slots, self._looked = 1, -_LOOK_SECONDS
        self._without_actor_since = 0.0

    @property
    def slots(self) -> int:
        """Number of actors that the cluster has room for, or that were asked for."""
        return self._slots

    @property
    def description(self) -> str:
        """The engine in words."""
        import ray

        nodes = sum(node["Alive"] for node in ray.nodes())
        return f"{self.slots} Ray actor{'s' * (self.slots != 1)} on {nodes} node{'s' * (nodes != 1)}"

    def submit(self, piece: Piece) -> None:
        """Adds a piece."""
        self._waiting.append(piece)

    def next(self) -> Finished[Piece, Tables] | Lost[Piece]:
        """Waits for the next that is finished or lost.

        Raises:
            ValueError: If a node opens another model than this process.
            TimeoutError: If no actor comes up in time.
            ChildProcessError: If each dies before it is ready.
        """
        import ray

        while True:
            self._look_at_cluster()
            self._fill()
            by_reference = {actor.reference: actor for actor in self._actors if actor.reference is not None}
            ready, _ = ray.wait(list(by_reference), num_returns=1, timeout=self._time_left())
            for reference in ready:
                outcome = self._hear(by_reference[reference])
                if outcome is not None:
                    return outcome
            for actor in self._actors:
                if actor.piece is not None and actor.busy_for >= actor.piece.seconds:
                    return self._lose(actor, f"took longer than {actor.busy_for:.1f} seconds")
            self._check_start()

    def __enter__(self) -> "RayEngine":
        self._stack.enter_context(connected(self._address))
        self._without_actor_since = time.monotonic()
        self._look_at_cluster()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for actor in self._actors:
            actor.kill()
        self._stack.close()

    def _look_at_cluster(self) -> None:
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        if self._asked is not None:
            self._slots = self._asked
            return
        self._slots = max(1, room_for(1, self._gpus))

    def _fill(self) -> None:
        while len(self._actors) < self._slots:
            self._actors.append(_Actor(self._work, self._gpus))
        for actor in self._actors:
            if self._waiting and actor.is_ready and actor.piece is None:
                actor.give(self._waiting.popleft())

    def _time_left(self) -> float:
        left = [actor.piece.seconds - actor.busy_for for actor in self._actors if actor.piece is not None]
        return max(0.0, min([_LOOK_SECONDS, *left]))

    def _hear(self, actor: "_Actor") -> Finished[Piece, Tables] | Lost[Piece] | None:
        import ray
        from ray import exceptions

        try:
            value = ray.get(actor.reference, timeout=_FETCH_SECONDS)
        except exceptions.RayTaskError as error:
            raise raised_there(error) from error
        except exceptions.RayError as error:
            reason = f"was lost ({type(error).__name__})"
            if actor.piece is not None:
                return self._lose(actor, reason)
            self._failed_starts += 1
            if self._failed_starts > _MOST_FAILED_STARTS * self._slots:
                text = " ".join(str(error).split())
                raise ChildProcessError(
                    f"No Ray actor comes up: the last one {reason} while it started. {text}"
                ) from error
            self._drop(actor)
            return None
        if actor.piece is None:
            actor.is_ready, actor.reference, self._failed_starts = True, None, 0
            return None
        return Finished(actor.finish(), value)

    def _check_start(self) -> None:
        if any(actor.is_ready for actor in self._actors):
            self._without_actor_since = time.monotonic()
        elif time.monotonic() - self._without_actor_since > _START_SECONDS:
            gpus = f" and {self._gpus:g} GPUs" if self._gpus else ""
            raise TimeoutError(
                f"No Ray actor came up within {_START_SECONDS:g} seconds: no node of the cluster has a free core{gpus}."
            )

    def _lose(self, actor: "_Actor", reason: str) -> Lost[Piece]:
        piece = actor.finish()
        self._drop(actor)
        return Lost(piece, reason)

    def _drop(self, actor: "_Actor") -> None:
        actor.kill()
        self._actors.remove(actor)


class RayWorker:
    """What lives in an actor.

    Args:
        work: What is done with items.
    """

    def __init__(self, work: ShardWork) -> None:
        self._work = work
        self._look: Callable[[Sequence[Item]], Tables] | None = None

    def open(self) -> None:
        """Opens the detector, once."""
        import cv2

        # The first process says what there is to say about models.
        logging.disable(logging.WARNING)
        cv2.setNumThreads(1)
        self._look = self._work()

    def look(self, items: Sequence[Item]) -> Tables:
        """Looks at items."""
        if self._look is None:
            raise RuntimeError("open() comes first")
        return self._look(items)


class _Actor:
    """One actor, as the engine sees it."""

    def __init__(self, work: ShardWork, gpus: float) -> None:
        import ray

        # Ray must not repeat anything by itself: the engine counts how often something was tried.
        kind = ray.remote(RayWorker).options(num_cpus=1, num_gpus=gpus, max_restarts=0, max_task_retries=0)
        self._handle = kind.remote(work)
        self.reference: Any = self._handle.open.remote()
        self.is_ready = False
        self.piece: Piece | None = None
        self._since = 0.0

    @property
    def busy_for(self) -> float:
        """Seconds since its piece was given to it."""
        return time.monotonic() - self._since

    def give(self, piece: Piece) -> None:
        self.piece, self._since = piece, time.monotonic()
        self.reference = self._handle.look.remote(piece.items)

    def finish(self) -> Piece:
        piece, self.piece, self.reference = self.piece, None, None
        if piece is None:
            raise RuntimeError("an idle actor has nothing to finish")
        return piece

    def kill(self) -> None:
        import ray

        with contextlib.suppress(Exception):
            ray.kill(self._handle)
