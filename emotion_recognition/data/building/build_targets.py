"""The files that a build is about to write: whether it may, and what a killed build left behind."""

from collections.abc import Iterable
from pathlib import Path


def check_targets(paths: Iterable[Path], *, overwrite: bool) -> None:
    """Refuses, before any work is done, to replace what should or can not be replaced.

    Raises:
        FileExistsError: If a file exists and may not be replaced, or what has its name is no file.
    """
    existing = [path for path in paths if path.exists()]
    if existing and not overwrite:
        raise FileExistsError(f"Already built: {', '.join(map(str, existing))}; --overwrite replaces them.")
    for path in existing:
        if not path.is_file():
            raise FileExistsError(f"{path} is no file and cannot be replaced; move it away.")


def remove_leftovers(paths: Iterable[Path]) -> None:
    """Deletes the temporary files that a killed build of the same targets left beside them."""
    for path in paths:
        for leftover in path.parent.glob(f".{path.stem}.*.partial{path.suffix}"):
            leftover.unlink()
