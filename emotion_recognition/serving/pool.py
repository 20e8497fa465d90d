"""Detectors that work side by side, each in its own thread, behind a queue of bounded length.

A detector serves one thread at a time. Requests come in from the event loop; what cannot even wait is refused at once,
and what has waited too long is given up, so that nobody waits for ever.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from emotion_recognition.serving.refusal import RefusalError, busy

Worker = TypeVar("Worker")
Result = TypeVar("Result")

#: Weight of the newest job in the running mean of how long jobs take.
_NEWEST = 0.1


@dataclass(eq=False)
class _Job:
    work: Callable[[Any], Any]
    future: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop
    given_up: bool = False


class Pool(Generic[Worker]):
    """Lets jobs be done by a fixed number of workers.

    Args:
        workers: The detectors, or whatever does the work; each serves one job at a time.
        queue_length: Jobs that may wait, at least 0.
        seconds: How long a job may take from its arrival to its result.
    """

    def __init__(self, workers: list[Worker], queue_length: int, seconds: float) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._length, self._seconds = queue_length, seconds
        self._lock = threading.Lock()
        #: Jobs that have been taken in and are not done.
        self._open = 0
        #: Seconds that a job takes a worker, the running mean.
        self._mean = 0.1
        self._threads = [
            threading.Thread(target=self._work, args=(worker,), name=f"detector-{number}", daemon=True)
            for number, worker in enumerate(workers, 1)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Jobs that wait for a worker."""
        return max(0, self._open - len(self._threads))

    async def run(self, work: Callable[[Worker], Result]) -> Result:
        """Has a job done.

        Args:
            work: Called in a worker's thread.

        Raises:
            RefusalError: If the queue is full, or the job has taken too long; its result is then thrown away.
            Exception: Whatever ``work`` raises.
        """
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._open >= len(self._threads) + self._length:
                raise busy(self._mean * (self._length + 1) / len(self._threads))
            self._open += 1
        job = _Job(work, loop.create_future(), loop)
        self._jobs.put(job)
        try:
            return await asyncio.wait_for(job.future, self._seconds)
        except TimeoutError:
            wait = max(1, round(self._mean * self.waiting / len(self._threads)))
            raise RefusalError(
                503,
                "too_slow",
                f"This took longer than {self._seconds:g} s; send smaller or fewer pictures, or ask again later.",
                headers={"Retry-After": str(wait)},
            ) from None
        finally:
            job.given_up = True

    def close(self) -> None:
        """Ends the threads once they have done what is waiting."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, worker: Worker) -> None:
        while (job := self._jobs.get()) is not None:
            result: Any = None
            error: BaseException | None = None
            if not job.given_up:
                start = time.monotonic()
                try:
                    result = job.work(worker)
                except BaseException as raised:  # noqa: BLE001 - whatever it is, it is the caller's
                    error = raised
                self._mean += _NEWEST * (time.monotonic() - start - self._mean)
            with self._lock:
                self._open -= 1
            _deliver(job, result, error)


def _deliver(job: _Job, result: Any, error: BaseException | None) -> None:
    def set_it() -> None:
        if job.future.done():
            return
        if error is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(error)

    # The loop may have ended, and with it whoever was waiting.
    with contextlib.suppress(RuntimeError):
        job.loop.call_soon_threadsafe(set_it)
