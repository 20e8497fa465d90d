"""Paths as text that can be stored and printed: a file's name may hold bytes that are no text, and line breaks."""

from pathlib import Path


def shown_path(path: Path) -> str:
    r"""The path as text; bytes that are not UTF-8 become ``\xFF``.

    Example:
        >>> shown_path(Path("me\udcff.jpg"))  # how Python holds a name with the byte 255
        'me\\xff.jpg'
    """
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def printed(path: Path | str) -> str:
    r"""A path, or a text that stands for one, in a line of output: what would break it or steer a terminal is escaped.

    Example:
        >>> printed("two\nlines \x1b[31mred.jpg")
        'two\\nlines \\x1b[31mred.jpg'
    """
    text = path if isinstance(path, str) else shown_path(path)
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
