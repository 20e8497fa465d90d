"""Pictures that could not be read: how many are too many, and the report that names them."""

from collections.abc import Sequence
from pathlib import Path

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.error_about import about

#: A data set may have lost this share of its pictures; when more are gone, something is wrong with the source.
MAX_UNREADABLE_SHARE = 0.01


def report_unreadable(path: Path, unreadable: Sequence[tuple[str, str]], seen: int, *, allow_bad: bool) -> str | None:
    """Writes the report, and refuses to go on when too many pictures are in it.

    Args:
        path: The report, a text file with a line for each picture. Without such pictures, an earlier one is deleted.
        unreadable: Path and reason of each picture.
        seen: How many pictures there were.
        allow_bad: Whether any number of them is allowed.

    Returns:
        A note on how many were left out; None if none were.

    Raises:
        ValueError: If more than :data:`MAX_UNREADABLE_SHARE` could not be read and that is not allowed.
        OSError: If the report cannot be written.
    """
    if not unreadable:
        path.unlink(missing_ok=True)
        return None
    lines = [f"{as_text(name)}: {reason}" for name, reason in unreadable]
    with replace_when_complete(path) as partial:
        partial.write_text("\n".join([*lines, ""]), encoding="utf-8", errors="backslashreplace")
    count = f"{len(unreadable):,} of {seen:,} pictures cannot be read"
    if len(unreadable) > MAX_UNREADABLE_SHARE * seen and not allow_bad:
        raise about(
            ValueError(f"{count}, more than {MAX_UNREADABLE_SHARE:.0%}: {lines[0]} ... {path} names them all."),
            "allow_bad",
        )
    return f"{count} and are left out; {path} names them"


def as_text(name: str) -> str:
    r"""A file's name as it can stand in a line of text: it may hold bytes that are no text, and line ends.

    Example:
        >>> as_text("sad/a.jpg"), as_text("sad/a\nb.jpg")
        ('sad/a.jpg', 'sad/a\\nb.jpg')
    """
    return name if name.isprintable() else ascii(name)[1:-1]
