"""Long work by the project's own scripts, each in a process of its own, that a command given again takes up.

Data sets and models that are there already are kept; a training that was interrupted goes on from its resume point.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from emotion_recognition.workspace import RESUME_POINT, Workspace, beside

SCRIPTS = Path(__file__).resolve().parent.parent


def build_once(workspace: Workspace, classes: int, labels: str, fer2013: Path | None, votes: Path | None) -> None:
    """Builds the splits of some labels, with FER+'s votes, unless their last one is there.

    Args:
        workspace: Where they lie.
        classes: Number of classes.
        labels: Where the labels are from.
        fer2013: FER2013's CSV; needed only where something is built.
        votes: FER+'s votes, likewise.

    Raises:
        ValueError: If a file is needed and missing, or the script fails.
    """
    if (workspace.hdf5_folder / f"{labels}_{classes}classes_test.hdf5").is_file():
        return
    if fer2013 is None or votes is None:
        raise ValueError(
            f"{workspace.hdf5_folder} has no splits for {classes} classes labelled by {labels}; name --fer2013 and "
            "--votes, of which they are built."
        )
    source = ("--input", fer2013, "--votes", votes)
    run_script("BuildDataset.py", "-b", workspace.base_path, "-n", classes, "--labels", labels, *source)


def train_once(workspace: Workspace, model: str, classes: int, options: Sequence[str]) -> None:
    """Trains a model unless that is done; goes on with an interrupted training.

    Args:
        workspace: Where the model lies.
        model: Its file name.
        classes: Number of classes.
        options: Of TrainNetwork.py, without base path, classes and names.

    Raises:
        ValueError: If the script fails.
    """
    if is_trained(workspace, model):
        return
    resume = ["--resume"] if _resume_point(workspace, model).is_file() else []
    run_script("TrainNetwork.py", "-b", workspace.base_path, "-n", classes, "-om", model, *options, *resume)


def is_trained(workspace: Workspace, model: str) -> bool:
    """Whether a model's training came to its end: the resume point goes last."""
    return (workspace.output_folder / model).is_file() and not _resume_point(workspace, model).is_file()


def _resume_point(workspace: Workspace, model: str) -> Path:
    return beside(workspace.output_folder / model, RESUME_POINT)


def run_script(script: str, *arguments: object) -> None:
    """Runs a script after showing its command.

    Raises:
        ValueError: If it fails; it has said why.
    """
    command = [sys.executable, str(SCRIPTS / script), *map(str, arguments)]
    print(f"$ {script} {' '.join(command[2:])}", flush=True)
    if subprocess.run(command, check=False).returncode:
        raise ValueError(f"{script} failed; its message is above.")
