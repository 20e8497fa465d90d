"""Paths as text that can be printed and stored: a file's name may hold bytes that are no text."""

from pathlib import Path


def shown_path(path: Path) -> str:
    r"""The path as text; bytes that are not UTF-8 become ``\xFF``.

    Example:
        >>> shown_path(Path("me\udcff.jpg"))  # how Python holds a name with the byte 255
        'me\\xff.jpg'
    """
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
