"""Connects this process to a Ray cluster; collections and searches use one."""

import contextlib
import logging
import math
import os
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emotion_recognition.error_about import about
from emotion_recognition.host_and_port import host_and_port

if TYPE_CHECKING:
    from ray.exceptions import RayTaskError

#: Seconds for reaching a cluster's address.
_REACH_SECONDS = 10.0


def import_ray() -> Any:
    """Imports Ray.

    Raises:
        ValueError: If it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        message = f"A cluster needs Ray; install it with: pip install -r requirements-cluster.txt ({error})"
        raise ValueError(message) from error
    return ray


def check_gpus(gpus_per_worker: float) -> None:
    """Refuses what is no share of a GPU.

    Raises:
        ValueError: If it is below 0, or infinite.
    """
    if not 0 <= gpus_per_worker < math.inf:
        raise about(
            ValueError(f"gpus_per_worker must be a number of at least 0. Received: {gpus_per_worker}"),
            "gpus_per_worker",
        )


@contextlib.contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Inside the block this process is connected to a cluster; a connection that is there already stays.

    Args:
        address: ``"auto"`` for the cluster of this machine, ``"HOST:PORT"`` for another; None starts one here.

    Raises:
        ValueError: If it is no address.
        OSError: If there is no cluster at that address.
    """
    # Ray would send figures about its use, and let a run without GPUs see those that are there.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    if ray.is_initialized():
        yield
        return
    if address not in (None, "auto"):
        _check_reachable(str(address))
    options: dict[str, Any] = {} if address is not None else {"include_dashboard": False}
    try:
        ray.init(address=address or "local", logging_level=logging.ERROR, log_to_driver=False, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        text = str(error).splitlines()[0]
        raise about(OSError(f"There is no Ray cluster at {address or 'this machine'}: {text}"), "address") from error
    try:
        yield
    finally:
        ray.shutdown()


def room_for(cpus: float, gpus: float) -> int:
    """Number of actors of so many cores and GPUs that the cluster has room for, busy or not.

    Example:
        An actor of one core and half a GPU, on machines with 8 cores and 2 GPUs: 4.
    """
    import ray

    # An actor has to fit on one machine.
    rooms = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return sum(
        int(min(room.get("CPU", 0.0) / cpus, room.get("GPU", 0.0) / gpus if gpus else math.inf)) for room in rooms
    )


def raised_there(error: "RayTaskError") -> Exception:
    """What to raise here for an error on another machine: the ``ValueError`` or ``OSError`` itself, or its text."""
    cause = error.cause
    return cause if isinstance(cause, ValueError | OSError) else RuntimeError(str(error))


def _check_reachable(address: str) -> None:
    place = host_and_port(address)
    if place is None:
        raise about(ValueError(f"address must be auto or HOST:PORT. Received: {address}"), "address")
    try:
        socket.create_connection(place, timeout=_REACH_SECONDS).close()
    except OSError as error:
        text = f"There is no Ray cluster at {address}: {error.strerror or error}"
        raise about(OSError(text), "address") from error
