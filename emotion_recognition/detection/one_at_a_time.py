"""Lets one thread at a time into an object: OpenCV's networks crash the process when two threads use one of them.

Detectors and the classifier are guarded by it, so that threads may share one; they take turns.
"""

import functools
import threading
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

Owner = TypeVar("Owner")
Given = ParamSpec("Given")
Result = TypeVar("Result")

_LOCK = "_one_at_a_time"
#: Held while an object gets its lock.
_CREATING = threading.Lock()


def one_at_a_time(
    method: Callable[Concatenate[Owner, Given], Result],
) -> Callable[Concatenate[Owner, Given], Result]:
    """Decorates a method: of all the calls of such methods of one object, one runs at a time.

    A method may call others of the same object.

    Example:
        >>> class Counter:
        ...     count = 0
        ...
        ...     @one_at_a_time
        ...     def step(self):
        ...         self.count += 1
        >>> counter = Counter()
        >>> counter.step()
        >>> counter.count
        1
    """

    @functools.wraps(method)
    def guarded(owner: Owner, /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        with _lock_of(owner):
            return method(owner, *args, **kwargs)

    return guarded


def _lock_of(owner: Any) -> Any:
    lock = owner.__dict__.get(_LOCK)
    if lock is None:
        with _CREATING:
            lock = owner.__dict__.setdefault(_LOCK, threading.RLock())
    return lock
