"""Builds the HDF5 splits of FER2013 for one class count.

Stage before: :mod:`emotion_recognition.data.sources.fer2013_csv`; next: training and evaluation read the files.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.data.building.build_targets import check_targets, remove_leftovers
from emotion_recognition.data.building.dropping import drop_from_files
from emotion_recognition.data.building.streamed_build import write_fer2013
from emotion_recognition.data.files.hdf5 import Split, read_split
from emotion_recognition.data.sources.ferplus_votes import read_votes
from emotion_recognition.emotions import class_names, labels_from_fer2013
from emotion_recognition.workspace import FER2013, SPLITS, Variant, Workspace

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
        num_emotions: 5, 6 or 7; five leave the images of fear out. With FER+'s labels also 8.
        overwrite: Whether earlier splits may be replaced.
        votes: FER+'s CSV, to store its votes beside the labels; None to do without.
        labels: Whose labels the splits get, one of :data:`~emotion_recognition.workspace.LABELS`; FER+'s need votes,
            and images whose votes give no label are left out.
        drop: What is taken out of train and val and marked in test, some of
            :data:`~emotion_recognition.data.building.dropping.DROPPABLE`.

    Returns:
        The splits by name; their images stay in the files, see
        :func:`~emotion_recognition.data.files.hdf5.read_split`.

    Raises:
        FileExistsError: If a split exists and may not be replaced, or what has its name is no file.
        ValueError: If the source is not FER2013, one of its splits would be empty, or the votes do not belong to it or
            are missing where they are needed.
        OSError: If a file cannot be read or written.
    """
    if labels == FER2013:
        check_has_all(num_emotions)
    elif votes is None:
        raise ValueError(f"--labels {labels} needs FER+'s votes: --votes fer2013new.csv.")
    if "notface" in drop and votes is None:
        raise ValueError("--drop notface needs FER+'s votes: --votes fer2013new.csv.")
    variant = Variant(labels=labels)
    paths = {split: workspace.split_path(split, num_emotions, variant=variant) for split in SPLITS}
    check_targets(paths.values(), overwrite=overwrite)
    # The small file first: its mistakes show at once.
    ferplus = None if votes is None else read_votes(votes)
    workspace.create_folders()
    remove_leftovers(paths.values())
    with contextlib.ExitStack() as stack:
        partials = {split: stack.enter_context(replace_when_complete(path)) for split, path in paths.items()}
        write_fer2013(source, partials, num_emotions, ferplus=ferplus, labels=labels)
        drop_from_files(partials, drop)
    return {split: read_split(path, stream_above=0) for split, path in paths.items()}


def check_has_all(num_emotions: int) -> None:
    """Refuses a class count with a class that FER2013's own labels do not have.

    Raises:
        ValueError: If there is one.
    """
    missing = sorted(set(range(num_emotions)) - set(labels_from_fer2013(num_emotions).tolist()))
    if missing:
        raise ValueError(
            f"FER2013's own labels have no {class_names(num_emotions)[missing[0]]}, so they make no {num_emotions} "
            "classes; take -n 7, or FER+'s labels with --labels ferplus --votes fer2013new.csv."
        )
