"""Photographs on which no face was found: left out of a build, counted, and named in a report."""

from collections.abc import Sequence
from pathlib import Path

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.data.building.unreadable import as_text


def report_faceless(path: Path, names: Sequence[str], seen: int) -> str | None:
    """Writes the report.

    Args:
        path: The report, a text file with a line for each photograph. Without such photographs, an earlier one is
            deleted.
        names: The path of each.
        seen: How many pictures there were.

    Returns:
        A note on how many were left out; None if none were.

    Raises:
        OSError: If the report cannot be written.
    """
    if not names:
        path.unlink(missing_ok=True)
        return None
    with replace_when_complete(path) as partial:
        partial.write_text("".join(f"{as_text(name)}\n" for name in names), "utf-8", errors="backslashreplace")
    return f"no face was found on {len(names):,} of {seen:,} pictures, which are left out; {path} names them"
