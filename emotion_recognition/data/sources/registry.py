"""All kinds of sources: which one a path is, and what help texts and documents say of them.

A path goes in, a :class:`~emotion_recognition.data.sources.source.SourceKind` comes out, which opens it. To add a kind
is a file with such a row, and its name here. Next: :mod:`emotion_recognition.data.building.build`.
"""

from pathlib import Path

from emotion_recognition.data.sources.fer2013 import train_csv, unlabelled_csv, whole_csv
from emotion_recognition.data.sources.fer2013.csv_reader import read_columns
from emotion_recognition.data.sources.folders import class_folders, voc_folder
from emotion_recognition.data.sources.source import OPTIONS, Candidate, SourceKind

#: In the order in which they are asked whether a path is theirs.
SOURCES: tuple[SourceKind, ...] = (
    voc_folder.KIND,
    class_folders.KIND,
    whole_csv.KIND,
    train_csv.KIND,
    unlabelled_csv.KIND,
)


def recognise(path: Path) -> SourceKind:
    """Tells what a source is, by its content.

    Args:
        path: A file or a folder.

    Raises:
        ValueError: If it is none of :data:`SOURCES`.
        OSError: If it cannot be read.
    """
    candidate = Candidate(path, read_columns)
    for kind in SOURCES:
        if kind.recognise(candidate):
            return kind
    raise ValueError(f"{path} is none of these: {'; '.join(kind.name for kind in SOURCES)}.")


def sources_help() -> str:
    """The kinds of sources for a help text, an indented line each."""
    return "\n".join(f"  {kind.description}" for kind in SOURCES)


def sources_table() -> str:
    """The kinds of sources as a Markdown table."""
    rows = [(kind.name, kind.description, ", ".join(OPTIONS[name] for name in kind.takes) or "-") for kind in SOURCES]
    lines = [("source", "what it holds", "takes"), ("---", "---", "---"), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
