"""Builds the HDF5 splits of FER2013 for one class count.

Stage before: :mod:`emotion_recognition.data.fer2013_csv`; next: training and evaluation read the files.
"""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.data.dropping import drop_rows
from emotion_recognition.data.ferplus_votes import read_votes
from emotion_recognition.data.hdf5 import Split, read_split, write_rows
from emotion_recognition.data.streamed_build import write_fer2013
from emotion_recognition.emotions import class_names
from emotion_recognition.workspace import FER2013, SPLITS, Workspace, build_name

#: The files that are looked for in ``fer2013/``, the first that is there is taken.
SOURCE_NAMES = ("fer2013.csv", "fer2013.csv.gz", "fer2013.tar.gz", "icml_face_data.csv", "icml_face_data.csv.gz")


def find_source(folder: Path) -> Path:
    """Finds FER2013 in a folder: one of :data:`SOURCE_NAMES`, or else the only .zip.

    Raises:
        FileNotFoundError: If nothing is there; the message says what to put where.
        ValueError: If there are several .zip files and nothing else.
    """
    for name in SOURCE_NAMES:
        if (folder / name).is_file():
            return folder / name
    archives = sorted(folder.glob("*.zip"))
    if len(archives) > 1:
        raise ValueError(f"{folder} holds several .zip files; name one with --input: {archives[0].name} ...")
    if archives:
        return archives[0]
    raise FileNotFoundError(
        f"There is no FER2013 in {folder}: put fer2013.csv from Kaggle there (or the same as .gz, its .tar.gz or .zip, "
        "or icml_face_data.csv), or name a file with --input."
    )


def build_splits(
    source: Path,
    workspace: Workspace,
    num_emotions: int,
    *,
    overwrite: bool = False,
    votes: Path | None = None,
    labels: str = FER2013,
    drop: Sequence[str] = (),
) -> dict[str, Split]:
    """Reads FER2013 and writes its three splits, all of them or none.

    Args:
        source: The CSV, or an archive that holds it.
        workspace: Where the splits go; its folders are created when missing.
        num_emotions: 6 or 7; with FER+'s labels also 8.
        overwrite: Whether earlier splits may be replaced.
        votes: FER+'s CSV, to store its votes beside the labels; None to do without.
        labels: Whose labels the splits get, one of :data:`~emotion_recognition.workspace.LABELS`; FER+'s need votes,
            and images whose votes give no label are left out.
        drop: What is taken out of train and val and marked in test, some of
            :data:`~emotion_recognition.data.dropping.DROPPABLE`.

    Returns:
        The splits by name; their images stay in the files, see
        :func:`~emotion_recognition.data.hdf5.read_split`.

    Raises:
        FileExistsError: If a split exists and may not be replaced, or what has its name is no file.
        ValueError: If the source is not FER2013, one of its splits would be empty, or the votes do not belong to it or
            are missing where they are needed.
        OSError: If a file cannot be read or written.
    """
    _check_labels(num_emotions, labels, votes)
    if "notface" in drop and votes is None:
        raise ValueError("--drop notface needs FER+'s votes: --votes fer2013new.csv.")
    paths = {split: workspace.split_path(split, num_emotions, labels) for split in SPLITS}
    existing = [str(path) for path in paths.values() if path.exists()]
    if existing and not overwrite:
        raise FileExistsError(f"Already built: {', '.join(existing)}; --overwrite replaces them.")
    for path in paths.values():
        if path.exists() and not path.is_file():
            raise FileExistsError(f"{path} is no file and cannot be replaced; move it away.")
    # The small file first: its mistakes show at once.
    ferplus = None if votes is None else read_votes(votes)
    workspace.create_folders()
    for leftover in workspace.hdf5_folder.glob(f".{build_name(num_emotions, labels)}_*.partial.hdf5"):
        leftover.unlink()  # of a build that was killed
    with contextlib.ExitStack() as stack:
        partials = {split: stack.enter_context(replace_when_complete(path)) for split, path in paths.items()}
        write_fer2013(source, partials, num_emotions, ferplus=ferplus, labels=labels)
        if drop:
            _drop(partials, drop)
    return {split: read_split(path, stream_above=0) for split, path in paths.items()}


def _drop(paths: Mapping[str, Path], kinds: Sequence[str]) -> None:
    """Writes temporary files again without some rows; whatever their size, their images do not go into memory."""
    splits = {split: read_split(path, stream_above=0) for split, path in paths.items()}
    for split, kept in drop_rows(splits, kinds).items():
        smaller = paths[split].with_name(paths[split].name.replace(".partial.", ".kept.partial."))
        try:
            write_rows(smaller, kept.split, kept.rows)
            smaller.replace(paths[split])
        finally:
            smaller.unlink(missing_ok=True)


def _check_labels(num_emotions: int, labels: str, votes: Path | None) -> None:
    if labels == FER2013 and "contempt" in class_names(num_emotions):
        raise ValueError(
            "FER2013's own labels have no contempt, so they make no 8 classes; -n 7, or FER+'s labels with "
            "--labels ferplus --votes fer2013new.csv."
        )
    if labels != FER2013 and votes is None:
        raise ValueError(f"--labels {labels} needs FER+'s votes: --votes fer2013new.csv.")
