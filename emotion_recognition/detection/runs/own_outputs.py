"""What earlier runs have written beside the pictures of a folder, so that it is not looked at as a picture again.

Paths that a folder or a pattern leads to go in; :mod:`emotion_recognition.detection.runs.inputs` takes what is left.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from emotion_recognition.workspace import Workspace

#: What the names of outputs add to that of their input, X: X_emotions.jpg, X_timeline.png, X_face1_happy.png.
_OUTPUTS = (
    re.compile(r"(.+)_emotions\.[^.]+"),
    re.compile(r"(.+)_timeline\.png"),
    re.compile(r"(.+?)(?:_frame\d{6,})?_face\d+_.+\.png"),
)
_FOLDER = re.compile(r"(.+)_emotions")
_SAMPLE = Workspace().sample_photo
_ANNOTATED_SAMPLE = Workspace().annotated_photo(_SAMPLE)

#: What lies beside pictures and is none: annotations, captions, tables, arrays.
_NEVER_INPUTS = (
    ".xml",
    ".json",
    ".txt",
    ".csv",
    ".tsv",
    ".xmp",
    ".npy",
    ".npz",
    ".mat",
    ".md",
    ".yaml",
    ".yml",
    ".html",
)

#: Folders whose names are kept once a name in them may be an output's; pictures mostly come one folder after the other.
_MOST_FOLDERS = 64


def without_own_outputs(pictures: Sequence[Path], base: Path) -> tuple[list[Path], list[Path]]:
    """Separates pictures from outputs of earlier runs, which are known by their names and by their input beside them.

    Args:
        pictures: Files below ``base``.
        base: The folder that the user has named; what it is called itself does not matter.

    Returns:
        The pictures, and the outputs, both in the given order.
    """
    own = OwnOutputs(base)
    found: list[Path] = []
    left_out: list[Path] = []
    for picture in pictures:
        (left_out if own.has(picture) else found).append(picture)
    return found, left_out


class OwnOutputs:
    """Says of one picture after the other whether an earlier run has written it.

    Args:
        base: The folder that the user has named; what it is called itself does not matter.
    """

    def __init__(self, base: Path) -> None:
        self._base = base
        self._names: dict[Path, set[str]] = {}

    def has(self, picture: Path) -> bool:
        """Whether a file below the folder is an output, which is known by its name and by its input beside it."""
        inputs = _inputs_of(picture.name)
        if inputs and not self._names_in(picture.parent).isdisjoint(inputs):
            return True
        return _is_in_output_folder(picture, self._base)

    def _names_in(self, folder: Path) -> set[str]:
        """The names in a folder of what may be an input, with and without their suffixes."""
        if folder not in self._names:
            if len(self._names) >= _MOST_FOLDERS:
                self._names.clear()
            inputs = (entry for entry in folder.iterdir() if entry.suffix.lower() not in _NEVER_INPUTS)
            self._names[folder] = {name for entry in inputs for name in (entry.name, entry.stem)}
        return self._names[folder]


def _inputs_of(name: str) -> list[str]:
    """What the input of an output with this name may be called; for most names nothing, so no folder is listed."""
    inputs = [match[1] for pattern in _OUTPUTS if (match := pattern.fullmatch(name))]
    return [*inputs, _SAMPLE.name] if name == _ANNOTATED_SAMPLE.name else inputs


def _is_in_output_folder(picture: Path, base: Path) -> bool:
    for folder in picture.parents:
        if folder == base:
            return False
        match = _FOLDER.fullmatch(folder.name)
        if match and folder.with_name(match[1]).is_dir():
            return True
    return False
