"""Writes the HDF5 file of a split piece by piece, so that a split may be larger than memory.

Images come in, in chunks; the file has the same layout as one written at once, see
:mod:`emotion_recognition.data.files.hdf5`, which reads it. HDF5 itself never writes to the disk: when that is full, its
writer can end the process. It lays the file out in memory, with a gap where the images go, and Python writes both.
"""

import hashlib
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from emotion_recognition.data.files.contract import checksum_name
from emotion_recognition.sealed_hdf5 import promise_seal, seal


class SplitWriter:
    """Writes one HDF5 file. Use it in a ``with`` block, and ``finish`` it there.

    Args:
        path: The file to write; it is whole only after :meth:`finish`, so give a temporary path.
        image_shape: Height, width and channels of every image; () for pictures that stay encoded, as bytes.
        data_set: What the images' data set is called in the file.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "val.hdf5"
        >>> with SplitWriter(path, (48, 48, 1)) as writer:
        ...     writer.append(np.zeros((2, 48, 48, 1), np.uint8))
        ...     writer.append(np.ones((1, 48, 48, 1), np.uint8))
        ...     writer.finish(lambda file: file.attrs.update(split="val"))
        >>> with h5py.File(path, "r") as file:
        ...     file["images"].shape, file.attrs["split"]
        ((3, 48, 48, 1), 'val')
    """

    def __init__(self, path: Path, image_shape: tuple[int, ...], *, data_set: str = "images") -> None:
        self._image_shape = image_shape
        self._data_set = data_set
        self._count = 0
        self._digest = hashlib.sha256()
        # The images are the first thing in the file, so that their place does not depend on what comes behind them.
        self._offset = _lay_out(data_set, (1, *image_shape), lambda file: None)[1]
        self._file = path.open("w+b")

    def __enter__(self) -> "SplitWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._count

    @property
    def images_sha256(self) -> str:
        """SHA-256 of all images so far, behind each other, 64 hexadecimal digits."""
        return self._digest.hexdigest()

    def append(self, images: np.ndarray) -> None:
        """Adds images.

        Args:
            images: uint8 array (n, height, width, channels), 0..255, or (n,), the bytes of files; n may be 0.

        Raises:
            ValueError: If they have another dtype or shape.
            OSError: If they cannot be written.
        """
        if images.dtype != np.uint8 or images.shape[1:] != self._image_shape:
            raise ValueError(
                f"{self._data_set} must be a uint8 array (n, {', '.join(map(str, self._image_shape))}). "
                f"Received: {images.dtype} {images.shape}"
            )
        self._file.seek(self._offset + self._count * math.prod(self._image_shape))
        content = np.ascontiguousarray(images).data
        self._file.write(content)
        self._digest.update(content)
        self._count += len(images)

    def finish(self, describe: Callable[[h5py.File], None]) -> None:
        """Writes all the rest, and the images' SHA-256, which :func:`~.contract.check_content` compares.

        Args:
            describe: Is given the file, to write its other data sets and attributes; these are held in memory.

        Raises:
            OSError: If it cannot be written.
        """

        def describe_all(file: h5py.File) -> None:
            describe(file)
            file.attrs[checksum_name(self._data_set)] = self.images_sha256
            promise_seal(file)

        memory, offset = _lay_out(self._data_set, (self._count, *self._image_shape), describe_all)
        assert self._count == 0 or offset == self._offset, "the place of the images must not depend on their number"
        for start, content in memory.pieces:
            self._file.seek(start)
            self._file.write(content)
        self._file.truncate(memory.size)
        seal(self._file, self._offset, self._count * math.prod(self._image_shape))
        self._file.flush()


class _SparseMemory(io.RawIOBase):
    """A file in memory that takes space only for what was written into it; the rest reads as zeros."""

    def __init__(self) -> None:
        super().__init__()
        #: Every write, earliest first: HDF5 makes a dozen of them.
        self.pieces: list[tuple[int, bytes]] = []
        self._place = 0
        self.size = 0

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.size}[whence]
        return self._place

    def truncate(self, size: int | None = None) -> int:
        self.size = self._place if size is None else size
        return self.size

    def write(self, content: Any) -> int:
        piece = bytes(content)
        self.pieces.append((self._place, piece))
        self._place += len(piece)
        self.size = max(self.size, self._place)
        return len(piece)

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        view[:] = bytes(len(view))
        for start, piece in self.pieces:
            low, high = max(start, self._place), min(start + len(piece), self._place + len(view))
            if low < high:
                view[low - self._place : high - self._place] = piece[low - start : high - start]
        self._place += len(view)
        return len(view)


def _lay_out(data_set: str, shape: tuple[int, ...], describe: Callable[[h5py.File], None]) -> tuple[_SparseMemory, int]:
    """Makes the file without its images; returns it and the place where the images belong, in bytes."""
    memory = _SparseMemory()
    with h5py.File(memory, "w") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_layout(h5py.h5d.CONTIGUOUS)
        # Space is set aside at once, and not filled with zeros.
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        properties.set_obj_track_times(False)  # the same images give the same file
        space = h5py.h5s.create_simple(shape)
        images = h5py.h5d.create(file.id, data_set.encode(), h5py.h5t.STD_U8LE, space, properties)
        offset = images.get_offset() if shape[0] else 0
        describe(file)
    return memory, offset
