"""Opens HDF5 files that may be damaged, and seals those of the project's own, so that damage is noticed.

A seal is 56 bytes behind the end of the file as HDF5 knows it: a checksum of all of it but its largest data, which
have one of their own. A file with a whole seal is what was written; one whose seal does not fit, or that has lost it,
is refused. Any other, of an earlier version or from elsewhere, is read first by
:mod:`emotion_recognition.hdf5_trial`, in a process with limits.
"""

import contextlib
import functools
import hashlib
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import h5py

#: What reading a damaged file may raise, beside what is wrong with its content.
DAMAGE = (
    OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError, OverflowError, MemoryError
)  # fmt: skip

#: Limits of the trial: seconds of computing, seconds in all, bytes.
CPU_SECONDS, SECONDS, MEMORY = 5, 60, 3 * 2**29

#: A mark, the place and the length of what the checksum leaves out, and the SHA-256 of the rest.
_SEAL = struct.Struct("<8sQQ32s")
_MARK = b"fer-seal"
#: The attribute by which a file says that it has a seal, so that one without its end is noticed.
_PROMISE = "sealed"
_BYTES_AT_ONCE = 1 << 20
_TRIAL = Path(__file__).with_name("hdf5_trial.py")


def promise_seal(file: "h5py.File") -> None:
    """Writes into an open HDF5 file that it gets a seal, with :func:`seal`, when it is whole."""
    file.attrs[_PROMISE] = True


def seal(file: BinaryIO, start: int = 0, length: int = 0) -> None:
    """Writes the seal behind the end of a file that is open for reading and writing.

    Args:
        file: The file, whole.
        start: Place of the bytes that the seal says nothing of.
        length: Their number.
    """
    size = file.seek(0, os.SEEK_END)
    digest = _digest(file, size, start, length)
    file.seek(size)
    file.write(_SEAL.pack(_MARK, start, length, digest))


def is_sealed(path: Path) -> bool:
    """Whether a file has a seal that fits it.

    Raises:
        OSError: If it cannot be read.
    """
    return bool(_seal_fits(path))


@contextlib.contextmanager
def open_hdf5(path: Path) -> Iterator["h5py.File"]:
    """Opens an HDF5 file for reading, once it is known that reading it ends.

    Args:
        path: A regular file.

    Raises:
        ValueError: If it is none, is damaged, or its data lie in other files.
        OSError: If it cannot be read.
    """
    import h5py

    sealed = _checked(path)
    with h5py.File(path, "r") as file:
        if not sealed and _PROMISE in file.attrs:
            raise ValueError("its checksum is missing: it is damaged, or was changed after it was written")
        yield file


def check_hdf5(path: Path) -> None:
    """Refuses a file whose structure is damaged, or whose data lie in other files.

    Raises:
        ValueError: If so.
        OSError: If it cannot be read.
    """
    _checked(path)


def _checked(path: Path) -> bool:
    """Whether a file has a seal; raises as :func:`check_hdf5`."""
    if not path.is_file():
        raise ValueError("it is not a regular file")
    fits = _seal_fits(path)
    if fits is None:
        status = path.stat()
        reason = _reason_against(path.resolve(), status.st_size, status.st_mtime_ns)
        if reason is not None:
            raise ValueError(reason)
    elif not fits:
        raise ValueError("its checksum does not fit: it is damaged, or was changed after it was written")
    return bool(fits)


def _seal_fits(path: Path) -> bool | None:
    """Whether a file's seal fits it; None where it has none."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END) - _SEAL.size
        if size < 0:
            return None
        file.seek(size)
        mark, start, length, digest = _SEAL.unpack(file.read(_SEAL.size))
        if mark != _MARK:
            return None
        return start + length <= size and bool(digest == _digest(file, size, start, length))


@functools.lru_cache(maxsize=64)
def _reason_against(path: Path, size: int, changed: int) -> str | None:
    """Why a file cannot be read; None if it can."""
    if not sys.executable:
        return None
    try:
        tried = subprocess.run(
            [sys.executable, "-P", str(_TRIAL), str(path), str(CPU_SECONDS), str(MEMORY)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it is damaged: reading it takes more than {SECONDS} seconds"
    if tried.returncode == 0:
        return None
    if tried.returncode < 0:
        return f"it is damaged: reading it takes more than {CPU_SECONDS} seconds of computing, or crashes HDF5"
    lines = tried.stderr.decode(errors="replace").splitlines()
    return lines[-1] if lines else "it is damaged"


def _digest(file: BinaryIO, size: int, start: int, length: int) -> bytes:
    digest = hashlib.sha256(struct.pack("<QQQ", size, start, length))
    for begin, end in ((0, start), (start + length, size)):
        file.seek(begin)
        left = end - begin
        while left > 0 and (piece := file.read(min(left, _BYTES_AT_ONCE))):
            digest.update(piece)
            left -= len(piece)
    return digest.digest()
