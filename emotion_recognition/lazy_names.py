"""Public names of a package that are imported on first use, so that importing the package stays fast.

A table of names and their modules goes in; what the package answers ``package.name`` and ``dir(package)`` with comes
out.
"""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

_LIBRARY = __name__.partition(".")[0]


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Returns a package's ``__getattr__`` and ``__dir__``.

    Args:
        package: The package's ``__name__``.
        homes: The name of the module that defines each public name, without ``emotion_recognition.`` before it.

    Example:
        >>> find, names = lazy_names("emotion_recognition.data", {"class_names": "emotions"})
        >>> find("class_names")(6)
        ('anger', 'fear', 'happy', 'sad', 'surprise', 'neutral')
        >>> "class_names" in names()
        True
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(f"{_LIBRARY}.{homes[name]}"), name)
        # The next look-up finds it without coming here.
        setattr(sys.modules[package], name, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return find, names
