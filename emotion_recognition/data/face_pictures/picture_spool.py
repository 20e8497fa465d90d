"""Keeps the bytes of pictures out of memory while a split is put together.

:mod:`emotion_recognition.data.face_pictures.assembling` adds pictures as they are opened; the split that it makes reads
them from a temporary file.
"""

import tempfile
from pathlib import Path
from typing import IO

import numpy as np


class PictureSpool:
    """A temporary file of pictures, one behind the other. Use it in a ``with`` block.

    Args:
        folder: Where the file lies; it has no name there, so that nothing of it stays. The system's place for
            temporary files by default.

    Example:
        >>> with PictureSpool() as spool:
        ...     spool.add(np.array([1, 2, 3], np.uint8))
        ...     spool.add(np.array([4], np.uint8))
        ...     pictures = spool.pictures()
        >>> [picture.tolist() for picture in pictures]
        [[1, 2, 3], [4]]
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - __exit__ closes it
        self._ends = [0]

    def __enter__(self) -> "PictureSpool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, encoded: np.ndarray) -> None:
        """Adds a picture.

        Args:
            encoded: uint8 array (bytes,).

        Raises:
            OSError: If it cannot be written.
        """
        self._file.write(np.ascontiguousarray(encoded).data)
        self._ends.append(self._ends[-1] + len(encoded))

    def pictures(self) -> list[np.ndarray]:
        """All pictures, read-only uint8 arrays (bytes,); they may be used behind the ``with`` block too.

        Raises:
            OSError: If the last ones cannot be written.
        """
        self._file.flush()
        if not self._ends[-1]:
            return [np.empty(0, np.uint8) for _ in self._ends[1:]]
        # A map of the file holds on to it when it is closed.
        flat = np.asarray(np.memmap(self._file, np.uint8, mode="r"))
        return [flat[start:end] for start, end in zip(self._ends[:-1], self._ends[1:], strict=True)]
