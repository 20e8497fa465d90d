"""Looks at pictures in several processes at once, with the outcomes and the files of one process.

Each process reads, detects, draws and writes; the results come back in the order of the pictures, for the JSON, the
tables and the screen. :mod:`emotion_recognition.detection.runs.picture_run` is the same in one process.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion_recognition.collection.worker_pool import Finished, WorkerPool
from emotion_recognition.detection.detector_plan import DetectorPlan
from emotion_recognition.detection.runs.outputs import Outputs, OutputSettings
from emotion_recognition.detection.runs.picture_run import Outcome, look_at_picture, name_below
from emotion_recognition.detection.seen_face import Sight
from emotion_recognition.pictures.shown_path import shown_path

#: Pictures per process that may be finished before the one whose turn it is: a large picture holds up nobody.
_AHEAD = 16

#: How often a picture may end the process that looks at it before it counts as unreadable.
_ATTEMPTS = 2


@dataclass(frozen=True)
class ParallelPictures:
    """Takes the place of :func:`~emotion_recognition.detection.runs.picture_run.look_at_pictures`.

    A picture that ends its process, as a damaged one may, is tried once more and then reported like any other that
    cannot be read.

    Args:
        plan: Opens a detector in each process.
        settings: What to write beside annotated pictures.
        explain: Whether heat maps are drawn.
        workers: Number of processes, at least 1.
    """

    plan: DetectorPlan
    settings: OutputSettings
    explain: bool
    workers: int

    def __call__(
        self, pictures: Sequence[tuple[Path, Path]], detect: Any, outputs: Outputs, folder: Path | None = None
    ) -> Iterator[Outcome]:
        """Yields an outcome for each picture, in their order.

        Args:
            pictures: Path of each picture, and of its annotated copy.
            detect: Not used; each process has a detector of its own.
            outputs: Where the results go, except annotated pictures and crops, which the processes write.
            folder: One that all pictures are in, or below.

        Raises:
            OSError: If something cannot be written.
        """
        tasks = (_Task(i, picture, copy, name_below(picture, folder)) for i, (picture, copy) in enumerate(pictures))
        start = _Start(self.plan, self.settings, self.explain)
        with WorkerPool[_Task, _Seen](start, min(self.workers, len(pictures))) as pool:
            for task, seen in _in_order(pool, tasks, self.workers * _AHEAD):
                if seen.sight is None:
                    outputs.record_failure(shown_path(task.picture), seen.reason)
                    yield Outcome(task.picture, error=ValueError(seen.reason))
                else:
                    outputs.tabulate(seen.sight)
                    yield Outcome(task.picture, seen.sight)


@dataclass(frozen=True)
class _Task:
    number: int
    picture: Path
    copy: Path
    name: str


@dataclass(frozen=True)
class _Seen:
    sight: Sight | None
    reason: str = ""


@dataclass(frozen=True)
class _Start:
    """Opens the detector in a process; gives what looks at a picture."""

    plan: DetectorPlan
    settings: OutputSettings
    explain: bool

    def __call__(self) -> Callable[[_Task], _Seen]:
        detector = self.plan.open()
        explanation = None
        if self.explain:
            from emotion_recognition.detection.drawing.explanation import Explanation

            explanation = Explanation(self.plan.models, detector)
        outputs = Outputs(self.settings, [], explanation)

        def look(task: _Task) -> _Seen:
            outcome = look_at_picture(task.picture, task.copy, detector.detect, outputs, task.name)
            return _Seen(outcome.sight, outcome.reason)

        return look


def _in_order(pool: WorkerPool[_Task, _Seen], tasks: Iterator[_Task], most: int) -> Iterator[tuple[_Task, _Seen]]:
    """Submits tasks, at most so many ahead of the one whose turn it is; yields the results in the tasks' order."""
    order: deque[_Task] = deque()
    results: dict[int, _Seen] = {}
    losses: dict[int, int] = {}
    while True:
        while len(order) < most and (task := next(tasks, None)) is not None:
            order.append(task)
            pool.submit(task)
        if not order:
            return
        while order[0].number not in results:
            outcome = pool.next()
            number = outcome.task.number
            if isinstance(outcome, Finished):
                results[number] = outcome.result
                continue
            losses[number] = losses.get(number, 0) + 1
            if losses[number] < _ATTEMPTS:
                pool.submit(outcome.task)
            else:
                shown = shown_path(outcome.task.picture)
                results[number] = _Seen(None, f"{shown}: the process that looked at it {outcome.reason}.")
        first = order.popleft()
        yield first, results.pop(first.number)
