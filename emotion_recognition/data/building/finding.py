"""Finds FER2013 in its folder, where nobody has named a file."""

from pathlib import Path

from emotion_recognition.error_about import about
from emotion_recognition.workspace import FER2013_FILES, Workspace


def find_source(workspace: Workspace) -> Path:
    """Finds FER2013 in the base path: one of :data:`~emotion_recognition.workspace.FER2013_FILES`, or the only .zip.

    Raises:
        FileNotFoundError: If nothing is there; the message says what to put where.
        ValueError: If there are several .zip files and nothing else.
    """
    folder = workspace.fer2013_folder
    for name in FER2013_FILES:
        if (folder / name).is_file():
            return folder / name
    archives = sorted(folder.glob("*.zip"))
    if len(archives) > 1:
        raise about(ValueError(f"{folder} holds several .zip files, such as {archives[0].name}; name one."), "input")
    if archives:
        return archives[0]
    raise about(
        FileNotFoundError(
            f"There is no FER2013 in {folder}: put fer2013.csv from Kaggle there (or the same as .gz, its .tar.gz or "
            ".zip, or icml_face_data.csv), or name a file."
        ),
        "input",
    )
