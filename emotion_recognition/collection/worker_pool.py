"""Worker processes that each hold one handler: tasks go in, results come out, and no death of a process is silent.

The standard library's pools do not fit: one of a ``ProcessPoolExecutor``'s processes that dies breaks the whole pool,
and ``multiprocessing.Pool`` waits for its result for ever. :mod:`emotion_recognition.collection.parallel_pictures` and
the local engine of a collection hand out their work here.
"""

import collections
import contextlib
import logging
import math
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Generic, TypeVar

from emotion_recognition.error_about import about, names_of

Task = TypeVar("Task")
Result = TypeVar("Result")

#: So many processes in a row may end before they are ready; one may be killed by chance, all have a cause.
_MOST_FAILED_STARTS = 3

#: Seconds of one wait; the system's takes no more than a few weeks of them, and waits follow each other.
_LONGEST_WAIT = 3600.0

#: Seconds that a process is given to end by itself.
_PATIENCE = 5.0

#: Libraries that would start a thread per core in every process read these when they are imported.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


@dataclass(frozen=True)
class Finished(Generic[Task, Result]):
    """A task with its result."""

    task: Task
    result: Result


@dataclass(frozen=True)
class Lost(Generic[Task]):
    """A task whose process died or took too long; it can be submitted again.

    Args:
        task: The task.
        reason: What became of the process, as the end of a sentence.
    """

    task: Task
    reason: str


class WorkerPool(Generic[Task, Result]):
    """Processes that work on tasks; a context manager, so that none outlives the block.

    Each process computes with one thread. When this process dies, whatever way, they end too.

    Args:
        start: Called once in each process; gives what handles a task. Both must be picklable.
        workers: Number of processes.
        seconds: Says of a task the longest that it may take; None for no limit.

    Example:
        >>> import functools
        >>> with WorkerPool(functools.partial(functools.partial, len), 1) as pool:
        ...     pool.submit("three")
        ...     pool.next().result
        5
    """

    def __init__(
        self,
        start: Callable[[], Callable[[Task], Result]],
        workers: int,
        *,
        seconds: Callable[[Task], float] | None = None,
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers must be at least 1. Received: {workers}")
        self._start, self._seconds = start, seconds
        self._waiting: collections.deque[Task] = collections.deque()
        self._failed_starts = 0
        self._workers = [_Worker(start) for _ in range(workers)]

    @property
    def unfinished(self) -> int:
        """Number of tasks that :meth:`next` has still to give back."""
        return len(self._waiting) + sum(worker.is_busy for worker in self._workers)

    def submit(self, task: Task) -> None:
        """Adds a task; it starts when a process is free."""
        self._waiting.append(task)

    def next(self) -> Finished[Task, Result] | Lost[Task]:
        """Waits until the next task is finished or lost, in whatever order they were submitted.

        Raises:
            Exception: What the handler has raised; the task is gone.
            ChildProcessError: If no process can be started.
        """
        while True:
            self._hand_out()
            by_connection = {worker.connection: worker for worker in self._workers}
            for ready in wait(list(by_connection), self._time_left()):
                worker = by_connection[ready]  # type: ignore[index]
                outcome = self._hear(worker)
                if outcome is not None:
                    return outcome
            for worker in self._workers:
                if worker.is_busy and self._left(worker) <= 0:
                    return self._lose(worker, f"took longer than {worker.busy_for:.1f} seconds")

    def close(self) -> None:
        """Ends the processes."""
        for worker in self._workers:
            worker.end()

    def __enter__(self) -> "WorkerPool[Task, Result]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _hand_out(self) -> None:
        for worker in self._workers:
            if self._waiting and worker.is_ready and not worker.is_busy:
                # A process that has just died is found out when it is listened to.
                worker.give(self._waiting.popleft())

    def _time_left(self) -> float | None:
        left = [self._left(worker) for worker in self._workers if worker.is_busy]
        return None if self._seconds is None or not left else min(max(0.0, min(left)), _LONGEST_WAIT)

    def _left(self, worker: "_Worker") -> float:
        return math.inf if self._seconds is None else self._seconds(worker.task) - worker.busy_for

    def _hear(self, worker: "_Worker") -> Finished[Task, Result] | Lost[Task] | None:
        try:
            word, value = worker.connection.recv()
        except (EOFError, OSError):
            reason = worker.how_it_ended()
            if worker.is_busy:
                return self._lose(worker, reason)
            self._failed_starts += not worker.is_ready
            if self._failed_starts >= _MOST_FAILED_STARTS:
                raise ChildProcessError(
                    f"No worker process comes up: the last one {reason} while it started."
                ) from None
            self._replace(worker)
            return None
        if word == "ready":
            worker.is_ready, self._failed_starts = True, 0
            return None
        if word == "raised":
            raise value
        return Finished(worker.finish(), value)

    def _lose(self, worker: "_Worker", reason: str) -> Lost[Task]:
        task = worker.finish()
        self._replace(worker)
        return Lost(task, reason)

    def _replace(self, worker: "_Worker") -> None:
        worker.end(at_once=True)
        self._workers[self._workers.index(worker)] = _Worker(self._start)


def usable_cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Worker:
    """One process, as the pool sees it."""

    def __init__(self, start: Callable[[], Callable[[Any], Any]]) -> None:
        # Forking would copy the threads' locks of OpenCV and TensorFlow, held by threads that are not copied.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, start), daemon=True)
        with _without_interruptions():
            self._process.start()
        theirs.close()
        self.is_ready = self.is_busy = False
        self.task: Any = None
        self._since = 0.0

    @property
    def busy_for(self) -> float:
        """Seconds since its task was given to it."""
        return time.monotonic() - self._since

    def give(self, task: Any) -> None:
        self.task, self._since, self.is_busy = task, time.monotonic(), True
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def finish(self) -> Any:
        task, self.task, self.is_busy = self.task, None, False
        return task

    def how_it_ended(self) -> str:
        self._process.join(_PATIENCE)
        code = self._process.exitcode
        if code is not None and code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with status {code}"

    def end(self, at_once: bool = False) -> None:
        with contextlib.suppress(OSError):
            if not at_once and not self.is_busy:
                self.connection.send(None)
                self._process.join(_PATIENCE)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self.connection.close()


@contextlib.contextmanager
def _without_interruptions() -> Iterator[None]:
    """Keeps Ctrl-C, which reaches every process of a terminal, from those that are started in the block.

    They inherit what this thread has blocked, from their first instruction on; for this process it comes afterwards.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(connection: "Connection[Any, Any]", start: Callable[[], Callable[[Any], Any]]) -> None:
    """What a process does."""
    # Ctrl-C reaches every process of a terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # The first process says what there is to say about models.
    logging.disable(logging.WARNING)
    for name in _THREADS:
        os.environ.setdefault(name, "1")
    import cv2

    cv2.setNumThreads(1)
    try:
        handle = start()
        connection.send(("ready", None))
        while (task := connection.recv()) is not None:
            connection.send(("done", handle(task)))
    except EOFError:
        return
    except Exception as error:  # noqa: BLE001 - whatever it is, the first process raises it
        connection.send(("raised", _picklable(error)))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)


def _picklable(error: Exception) -> Exception:
    """The error itself if it arrives as what it is, else one of its text."""
    kind = next(kind for kind in (ValueError, OSError, RuntimeError, Exception) if isinstance(error, kind))
    if kind in (RuntimeError, Exception):
        return RuntimeError(f"{type(error).__name__}: {error}")
    return about(kind(str(error)), *names_of(error))
