"""Which of the files that BuildDataset.py writes a command line means."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line.parsers import variant_of
from emotion_recognition.emotions import are_emotions
from emotion_recognition.workspace import Variant

if TYPE_CHECKING:
    from emotion_recognition.data.files.hdf5 import Split


def built_file(arguments: argparse.Namespace, path_of: Callable[[Variant], Path]) -> tuple[Variant, Path]:
    """The build that is meant, and its file: for ``--classes`` their own; without one, for emotions, the usual.

    Args:
        arguments: What was parsed.
        path_of: The file of a build, there or not.
    """
    variant = variant_of(arguments)
    path = path_of(variant)
    if arguments.classes is not None and not path.is_file() and are_emotions(arguments.classes):
        variant = replace(variant, own_classes=False)
        path = path_of(variant)
    return variant, path


def train_split(path: Path) -> "Split | None":
    """The split to look for twins in; without its file None, after a note.

    Raises:
        ValueError: If it is damaged.
        OSError: If it cannot be read.
    """
    from emotion_recognition.data.files.hdf5 import read_split

    if path.is_file():
        return read_split(path, role="train")
    print(f"note: there is no {path}, so images that were trained on are not left out; BuildDataset.py writes it")
    return None
