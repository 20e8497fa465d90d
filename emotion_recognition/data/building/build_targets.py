"""The files that a build is about to write: which they are, whether it may, and what a killed build left behind."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from emotion_recognition.data.sources.source import UNLABELLED, SourceOptions
from emotion_recognition.error_about import about
from emotion_recognition.workspace import Workspace


def target_paths(workspace: Workspace, splits: Sequence[str], options: SourceOptions) -> dict[str, Path]:
    """The file of each split of a source, see :class:`~emotion_recognition.data.sources.source.Source`."""
    count, variant = len(options.classes.names), options.variant
    return {
        split: workspace.unlabelled_path(variant=variant)
        if split == UNLABELLED
        else workspace.split_path(split, count, variant=variant)
        for split in splits
    }


def check_targets(paths: Iterable[Path], *, overwrite: bool) -> None:
    """Refuses, before any work is done, to replace what should or can not be replaced.

    Raises:
        FileExistsError: If a file exists and may not be replaced, or what has its name is no file.
    """
    existing = [path for path in paths if path.exists()]
    if existing and not overwrite:
        raise about(FileExistsError(f"Already built: {', '.join(map(str, existing))}."), "overwrite")
    for path in existing:
        if not path.is_file():
            raise FileExistsError(f"{path} is no file and cannot be replaced; move it away.")


def remove_leftovers(paths: Iterable[Path]) -> None:
    """Deletes the temporary files that a killed build of the same targets left beside them."""
    for path in paths:
        for leftover in path.parent.glob(f".{path.stem}.*.partial{path.suffix}"):
            leftover.unlink()
