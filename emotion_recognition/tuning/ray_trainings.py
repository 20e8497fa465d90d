"""Trainings of a search on the machines of a Ray cluster: an actor holds the process of each.

Which settings are tried, which trials are stopped and where all of it is kept is decided by the process that searches,
as on one machine; Ray finds room for the trainings. The machines share the folder that models and logs are written to.
"""

import contextlib
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from emotion_recognition.error_about import about
from emotion_recognition.ray_cluster import check_gpus, connected, import_ray, raised_there, room_for
from emotion_recognition.tuning.trainings import LocalTraining, LostTrainingError

Answer = TypeVar("Answer")

#: Seconds for an actor to come up, and for it to answer.
_START_SECONDS, _ANSWER_SECONDS = 300.0, 60.0


class RayTrainings:
    """Starts trainings on a cluster; a context manager.

    Args:
        shared: A file in the folder that all machines share.
        address: ``"auto"`` for the cluster of this machine, ``"HOST:PORT"`` for another; None starts one here.
        cpus_per_worker: Cores that each training reserves.
        gpus_per_worker: GPUs that each training reserves; may be a fraction.

    Raises:
        ValueError: If Ray is not installed, or a number is out of range.
        OSError: On entry, if there is no cluster at that address.
    """

    def __init__(
        self, shared: Path, address: str | None = None, *, cpus_per_worker: float = 1.0, gpus_per_worker: float = 0.0
    ) -> None:
        if not cpus_per_worker > 0:
            error = ValueError(f"cpus_per_worker must be above 0. Received: {cpus_per_worker}")
            raise about(error, "cpus_per_worker")
        check_gpus(gpus_per_worker)
        import_ray()
        self._shared, self._address = shared.resolve(), address
        self._cpus, self._gpus = cpus_per_worker, gpus_per_worker
        self._stack = contextlib.ExitStack()

    @property
    def slots(self) -> int:
        """Number of trainings that the cluster has room for.

        Raises:
            ValueError: If it has none for a single one.
        """
        room = room_for(self._cpus, self._gpus)
        if room < 1:
            text = f"No machine of the cluster has {self._cpus:g} cores and {self._gpus:g} GPUs for a training."
            raise about(ValueError(text), "cpus_per_worker", "gpus_per_worker")
        return room

    def __call__(self, command: Sequence[str]) -> "RayTraining":
        """Starts a training.

        Raises:
            LostTrainingError: If no machine has room for it in time, or its machine is gone.
            OSError: If the machine does not share the folder, or cannot run the command.
        """
        return RayTraining(self._shared, command, self._cpus, self._gpus)

    def __enter__(self) -> "RayTrainings":
        self._stack.enter_context(connected(self._address))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


class RayTraining:
    """A :class:`~emotion_recognition.tuning.trainings.Training` in an actor."""

    def __init__(self, shared: Path, command: Sequence[str], cpus: float, gpus: float) -> None:
        import ray

        # A training that is lost has failed; the search tries other settings.
        options = {"num_cpus": cpus, "num_gpus": gpus, "max_restarts": 0, "max_task_retries": 0}
        self._handle: Any = ray.remote(_Holder).options(**options).remote()
        try:
            self._ask(self._handle.start.remote(str(shared), list(command)), _START_SECONDS)
        except BaseException:
            self._kill()
            raise

    def wait(self, seconds: float) -> int | None:
        """Waits until it has ended, so long at most; its exit status, or None if it has not.

        Raises:
            LostTrainingError: If it is gone.
        """
        status: int | None = self._ask(self._handle.wait.remote(seconds), seconds + _ANSWER_SECONDS)
        return status

    def errors(self) -> str:
        """What it has said of its errors."""
        text: str = self._ask(self._handle.errors.remote(), _ANSWER_SECONDS)
        return text

    def end(self) -> None:
        """Ends it, if it has not ended."""
        with contextlib.suppress(LostTrainingError, OSError):
            self._ask(self._handle.end.remote(), _ANSWER_SECONDS)
        self._kill()

    def _ask(self, reference: Any, seconds: float) -> Any:
        import ray
        from ray import exceptions

        try:
            return ray.get(reference, timeout=seconds)
        except exceptions.GetTimeoutError as error:
            raise LostTrainingError(f"no machine has answered within {seconds:g} seconds") from error
        except exceptions.RayTaskError as error:
            raise raised_there(error) from error
        except exceptions.RayError as error:
            raise LostTrainingError(f"its process or machine was lost ({type(error).__name__})") from error

    def _kill(self) -> None:
        import ray

        with contextlib.suppress(Exception):
            ray.kill(self._handle)


class _Holder:
    """What lives in an actor."""

    def __init__(self) -> None:
        self._training: LocalTraining | None = None

    def start(self, shared: str, command: Sequence[str]) -> None:
        if not Path(shared).exists():
            raise OSError(f"The machine {platform.node()} has no {shared}; all machines must share its folder.")
        self._training = LocalTraining(command)

    def wait(self, seconds: float) -> int | None:
        return self._of(LocalTraining.wait, seconds)

    def errors(self) -> str:
        return self._of(LocalTraining.errors)

    def end(self) -> None:
        self._of(LocalTraining.end)

    def _of(self, method: Callable[..., Answer], *arguments: Any) -> Answer:
        if self._training is None:
            raise RuntimeError("start() comes first")
        return method(self._training, *arguments)
