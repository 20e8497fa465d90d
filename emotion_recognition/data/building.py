"""Builds the HDF5 splits of FER2013 for one class count.

Stage before: :mod:`emotion_recognition.data.fer2013_csv`; next: training and evaluation read the files.
"""

from pathlib import Path

from emotion_recognition.data.build_targets import check_targets, remove_leftovers
from emotion_recognition.data.fer2013_csv import Fer2013, read_fer2013
from emotion_recognition.data.ferplus_votes import FerPlusVotes, read_votes
from emotion_recognition.data.hdf5 import Split, write_splits
from emotion_recognition.emotions import NO_LABEL, class_names, labels_from_fer2013
from emotion_recognition.workspace import SPLITS, Workspace

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
    source: Path, workspace: Workspace, num_emotions: int, *, overwrite: bool = False, votes: Path | None = None
) -> dict[str, Split]:
    """Reads FER2013 and writes its three splits, all of them or none.

    Args:
        source: The CSV, or an archive that holds it.
        workspace: Where the splits go; its folders are created when missing.
        num_emotions: 5, 6 or 7; five leave the images of fear out.
        overwrite: Whether earlier splits may be replaced.
        votes: FER+'s CSV, to store its votes beside the labels; None to do without.

    Returns:
        The splits by name.

    Raises:
        FileExistsError: If a split exists and may not be replaced, or what has its name is no file.
        ValueError: If the source is not FER2013, one of its splits would be empty, or the votes do not belong to it.
        OSError: If a file cannot be read or written.
    """
    check_has_all(num_emotions)
    paths = {split: workspace.split_path(split, num_emotions) for split in SPLITS}
    check_targets(paths.values(), overwrite=overwrite)
    # The small file first: its mistakes show at once.
    ferplus = None if votes is None else read_votes(votes)
    fer2013 = read_fer2013(source)
    if ferplus is not None:
        ferplus.check_rows(fer2013.usages, source)
    splits = {split: _split(fer2013, ferplus, split, num_emotions, source) for split in SPLITS}
    workspace.create_folders()
    remove_leftovers(paths.values())
    write_splits({paths[split]: splits[split] for split in SPLITS})
    return splits


def check_has_all(num_emotions: int) -> None:
    """Refuses a class count with a class that FER2013's own labels do not have.

    Raises:
        ValueError: If there is one.
    """
    missing = sorted(set(range(num_emotions)) - set(labels_from_fer2013(num_emotions).tolist()))
    if missing:
        raise ValueError(
            f"FER2013's own labels have no {class_names(num_emotions)[missing[0]]}, so they make no {num_emotions} "
            "classes; take -n 7."
        )


def _split(fer2013: Fer2013, ferplus: FerPlusVotes | None, split: str, num_emotions: int, source: Path) -> Split:
    labels = labels_from_fer2013(num_emotions)[fer2013.emotions]
    rows = fer2013.rows_of(split) & (labels != NO_LABEL)
    if not rows.any():
        raise ValueError(f"{source}: no row belongs to the {split} split.")
    return Split(
        images=fer2013.images[rows],
        labels=labels[rows],
        class_names=class_names(num_emotions),
        split=split,
        source_name=source.name,
        source_sha256=fer2013.source_sha256,
        votes=None if ferplus is None else ferplus.counts[rows],
        votes_sha256=None if ferplus is None else ferplus.sha256,
    )
