"""Reads an HDF5 file once on trial: what is wrong with its structure ends here, not in the program that needs it.

libhdf5 trusts the sizes and addresses in a file; damaged ones make it run for ever or take all memory. So this is run
as a process of its own, with limits, by :mod:`emotion_recognition.sealed_hdf5`. It imports nothing of the project.
"""

import sys
from pathlib import Path

import h5py
import numpy as np

if sys.platform != "win32":
    import resource

#: deflate, HDF5's usual filter, makes data at most this many times smaller.
_LARGEST_RATIO = 1032
_SMALL = 1 << 20
_MOST_OBJECTS = 100_000
_MOST_TEXTS = 10_000_000
_BYTES_AT_ONCE = 1 << 24


def inspect(path: Path) -> None:
    """Visits every object of a file, and reads all of it but numbers that lie in it in one piece.

    Raises:
        ValueError: If data lie in another file, or are declared larger than what the file has of them.
        Exception: Whatever h5py raises where the file is damaged.
    """
    with h5py.File(path, "r") as file:
        _check_attributes(file)
        waiting: list[h5py.Group] = [file]
        seen = 0
        while waiting:
            group = waiting.pop()
            for name in group:
                seen += 1
                if seen > _MOST_OBJECTS:
                    raise ValueError(f"it has more than {_MOST_OBJECTS:,} objects")
                link = group.get(name, getlink=True)
                if isinstance(link, h5py.ExternalLink):
                    raise ValueError(f"{name} is a link to another file, {link.filename}")
                if not isinstance(link, h5py.HardLink):
                    continue
                item = group[name]
                _check_attributes(item)
                if isinstance(item, h5py.Group):
                    waiting.append(item)
                elif isinstance(item, h5py.Dataset):
                    _check_dataset(name, item)


def _check_attributes(item: h5py.HLObject) -> None:
    for name in item.attrs:
        count = int(np.prod(item.attrs.get_id(name).shape, dtype=np.float64))
        if count > _SMALL:
            raise ValueError(f"its attribute {name} declares {count:,} values")
        item.attrs[name]


def _check_dataset(name: str, dataset: h5py.Dataset) -> None:
    if dataset.is_virtual or dataset.external:
        raise ValueError(f"the data of {name} lie in another file")
    if dataset.shape is None:
        return
    stored = dataset.id.get_storage_size()
    declared = float(np.prod(dataset.shape, dtype=np.float64)) * dataset.dtype.itemsize
    if declared > _LARGEST_RATIO * stored + _SMALL:
        raise ValueError(f"{name} declares {declared:,.0f} bytes, of which the file has {stored:,}")
    if dataset.dtype.hasobject:
        if dataset.size > _MOST_TEXTS:
            raise ValueError(f"{name} declares {dataset.size:,} texts")
        dataset[()]
    elif dataset.chunks is not None:
        _read_chunks(name, dataset, stored)


def _read_chunks(name: str, dataset: h5py.Dataset, stored: int) -> None:
    chunk = float(np.prod(dataset.chunks, dtype=np.float64)) * dataset.dtype.itemsize
    if chunk > _LARGEST_RATIO * stored + _SMALL:
        raise ValueError(f"a chunk of {name} declares {chunk:,.0f} bytes, of which the file has {stored:,}")
    row = max(1, int(np.prod(dataset.shape[1:], dtype=np.float64)) * dataset.dtype.itemsize)
    step = max(1, _BYTES_AT_ONCE // row, dataset.chunks[0])
    for start in range(0, dataset.shape[0], step):
        dataset[start : start + step]


def _limit(seconds: int, memory: int) -> None:
    if sys.platform == "win32":
        return  # the caller's limit of time holds there
    for kind, limit in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        most = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))


def main() -> int:
    """Inspects a file, within seconds of computing and bytes of memory; a reason is the last line of standard error."""
    path, seconds, memory = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    _limit(seconds, memory)
    try:
        inspect(path)
    except MemoryError:
        print("reading it takes too much memory", file=sys.stderr)
        return 1
    except Exception as error:  # noqa: BLE001 - h5py raises whatever the damage leads to
        print(" ".join(str(error).split()) or type(error).__name__, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
