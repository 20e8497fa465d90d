"""All kinds of sources of photographs with face boxes: which one a path is, and what help texts say of them.

A path goes in, its annotations come out. To add a kind is a file with a row, and its name here. Next:
:mod:`emotion_recognition.data.face_pictures.building`.
"""

from pathlib import Path

from emotion_recognition.data.face_pictures.sources import csv_folder, single_csv, wider_source
from emotion_recognition.data.face_pictures.sources.face_source import FaceSource, FaceSourceKind
from emotion_recognition.data.sources.stratified import SplitShares

#: In the order in which they are asked whether a path is theirs.
FACE_SOURCES: tuple[FaceSourceKind, ...] = (wider_source.KIND, csv_folder.KIND, single_csv.KIND)


def read_face_source(source: Path, shares: SplitShares | None = None) -> FaceSource:
    """Reads the annotations of a source; its pictures are not opened.

    Args:
        source: One of :data:`FACE_SOURCES`.
        shares: The part of the training pictures that becomes a missing val split, and the seed.

    Raises:
        FileNotFoundError: If it is not there, or one of its files.
        ValueError: If it is none of these, or an annotation is not as it must be.
        OSError: If a file cannot be read.
    """
    if not source.exists():
        raise FileNotFoundError(f"There is no {source}.")
    for kind in FACE_SOURCES:
        if kind.recognise(source):
            return kind.open(source, shares or SplitShares())
    if source.is_dir():
        raise ValueError(f"{source} must hold train.csv, or WIDER FACE with its folder {wider_source.LISTS}.")
    raise ValueError(f"{source} is no CSV with face boxes; of WIDER FACE, give the folder that holds all of it.")


def face_sources_help() -> str:
    """The kinds of sources for a help text, an indented line or more each."""
    return "\n".join("  " + kind.description.replace("\n", "\n    ") for kind in FACE_SOURCES)


def face_sources_table() -> str:
    """The kinds of sources as a Markdown table."""
    rows = [(kind.name, " ".join(kind.description.split())) for kind in FACE_SOURCES]
    return "\n".join(f"| {' | '.join(row)} |" for row in [("source", "what it holds"), ("---", "---"), *rows])
