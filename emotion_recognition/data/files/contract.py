"""What the arrays in an HDF5 file must be: checked on what the file declares, before anything is read.

Every reader of splits takes its arrays from here, so that none accepts what another refuses.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import h5py

#: How far a row of a distribution may be from adding up to 1; its numbers are float32.
_ROUNDING = 1e-3

_BYTES_AT_ONCE = 1 << 22


def checked_dataset(
    file: "h5py.File", name: str, dtype: type[np.generic], shape: Sequence[int | None]
) -> "h5py.Dataset":
    """A data set of a file, not read yet.

    Args:
        file: The open file.
        name: Of the data set.
        dtype: What its numbers must be.
        shape: How many there must be along each axis; None for any number, above 0 on all axes but the first.

    Raises:
        ValueError: If it is missing, is no data set, or declares other numbers.
    """
    import h5py

    dataset = file.get(name)
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError(f"it has no {name}")
    if dataset.dtype != dtype or not _fits(dataset.shape, shape):
        wanted = ", ".join("above 0" if length is None else str(length) for length in shape)
        raise ValueError(f"{name} must be {np.dtype(dtype)} ({wanted}). Received: {dataset.dtype} {dataset.shape}")
    return dataset


def checksum_name(data_set: str) -> str:
    """The attribute of a file with the SHA-256 of a data set."""
    return f"{data_set}_sha256"


def check_content(file: "h5py.File", dataset: "h5py.Dataset", path: Path) -> None:
    """Refuses data that are not those that were written; files of earlier versions do not say.

    The file is read from its start to its end, and no more than a few MB of it are in memory.

    Args:
        file: The open file.
        dataset: uint8 data set of it.
        path: The same file.

    Raises:
        ValueError: If the data's SHA-256 is not the one that the file states.
        OSError: If the file cannot be read.
    """
    name = dataset.name.rpartition("/")[2]
    stated, offset = file.attrs.get(checksum_name(name)), dataset.id.get_offset()
    if stated is None:
        return
    digest = hashlib.sha256()
    if offset is None:  # stored in pieces, as no build does, or empty
        digest.update(np.ascontiguousarray(dataset[...]).data)
    else:
        left = dataset.size
        with path.open("rb") as raw:
            raw.seek(offset)
            while left > 0 and (piece := raw.read(min(left, _BYTES_AT_ONCE))):
                digest.update(piece)
                left -= len(piece)
    if str(stated) != digest.hexdigest():
        raise ValueError(f"its {name} are not those that were written")


def check_class_names(names: Sequence[str]) -> None:
    """Refuses names of classes that are none, empty or equal.

    Raises:
        ValueError: If so.
    """
    bad = [name for i, name in enumerate(names) if not name.strip() or name in names[:i]]
    if bad or not names:
        raise ValueError(f"class_names must be names that differ. Received: {(bad or ['none'])[0]!r} of {len(names)}")


def check_distributions(distributions: np.ndarray) -> None:
    """Refuses rows that are no shares.

    Args:
        distributions: float32 array (N, classes).

    Raises:
        ValueError: If a number is not within 0..1, or a row does not add up to 1.
    """
    bad = ~((distributions >= 0) & (distributions <= 1)).all(axis=1)  # NaN is neither
    bad |= ~(np.abs(distributions.sum(axis=1, dtype=np.float64) - 1) <= _ROUNDING)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(
            "distributions must be shares, 0..1, that add up to 1 in every row. "
            f"Received: {distributions[row].tolist()} in row {row}"
        )


def _fits(shape: tuple[int, ...] | None, wanted: Sequence[int | None]) -> bool:
    if shape is None or len(shape) != len(wanted):
        return False
    axes = enumerate(zip(shape, wanted, strict=True))
    return all(length == right or (right is None and (length > 0 or axis == 0)) for axis, (length, right) in axes)
