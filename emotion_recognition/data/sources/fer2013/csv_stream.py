"""Opens FER2013's CSV for reading, plain or out of an archive.

A path goes in, the CSV's bytes come out, in pieces, so that memory stays small whatever the archive holds. Next
stage: :mod:`emotion_recognition.data.sources.fer2013.csv_reader`.
"""

import contextlib
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, cast

from emotion_recognition.error_about import about

#: The CSV's names in Kaggle's archives, the preferred one first: the competition's .zip also holds icml_face_data.csv,
#: train.csv and test.csv, and only the first has all three splits.
CSV_NAMES = ("fer2013.csv", "icml_face_data.csv")

_GZIP_START = b"\x1f\x8b"
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_TAR_MARK, _TAR_MARK_AT = b"ustar", 257
_CHUNK_BYTES = 1 << 20
_LARGEST_READ = 16 << 20
#: What the modules that read archives let through, besides their own errors, where one is damaged.
_MORE_DAMAGE = (IndexError, KeyError, struct.error, OverflowError, RuntimeError, UnicodeError)
_DAMAGE = (zlib.error, lzma.LZMAError, EOFError, gzip.BadGzipFile, tarfile.TarError, zipfile.BadZipFile)


@contextlib.contextmanager
def open_csv(path: Path) -> Iterator[IO[bytes]]:
    """Opens a CSV for the length of a ``with`` block. What the file is comes from its content, not from its name.

    Args:
        path: The CSV, the same compressed with gzip, or a .tar, .tar.gz or .zip that holds it.

    Yields:
        A stream of the CSV's bytes.

    Raises:
        ValueError: If an archive holds no such CSV, several, or an encrypted one, or is damaged; the message leaves
            the path to the caller. The damage may show only while the stream is read; the error then comes out of
            the ``with`` block.
        OSError: If the file is missing, no regular file, or cannot be read.
    """
    with _errors_with_path(path):
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(f"{path} is not a file; give the CSV itself or the archive that Kaggle sends.")
        with contextlib.ExitStack() as stack:
            file: IO[bytes] = stack.enter_context(path.open("rb"))
            yield _opened(stack, file)


def _opened(stack: contextlib.ExitStack, file: IO[bytes]) -> IO[bytes]:
    """The CSV in a file, which may be an archive."""
    try:
        if _starts_with(file, *_ZIP_STARTS):
            return _open_zip_member(stack, file)
        if _starts_with(file, _GZIP_START):
            unpacked = gzip.GzipFile(fileobj=file)
            file = cast(IO[bytes], stack.enter_context(unpacked))
        return _open_tar_member(stack, file) if _is_tar(file) else file
    except _MORE_DAMAGE as error:
        raise ValueError("the archive is damaged; download it again.") from error


def _starts_with(file: IO[bytes], *starts: bytes) -> bool:
    beginning = file.read(max(len(start) for start in starts))
    file.seek(0)
    return beginning.startswith(starts)


def _is_tar(file: IO[bytes]) -> bool:
    beginning = file.read(_TAR_MARK_AT + len(_TAR_MARK))
    file.seek(0)
    return beginning[_TAR_MARK_AT:] == _TAR_MARK


def _open_zip_member(stack: contextlib.ExitStack, file: IO[bytes]) -> IO[bytes]:
    archive = stack.enter_context(zipfile.ZipFile(file))
    member = archive.getinfo(_choose([info.filename for info in archive.infolist() if not info.is_dir()]))
    if member.flag_bits & 0x1:
        raise ValueError(f"{member.filename} in it is encrypted; unpack it first.")
    try:
        return stack.enter_context(archive.open(member))
    except NotImplementedError as error:
        raise ValueError(f"{member.filename} in it is packed in a way that cannot be read: {error}.") from error


def _open_tar_member(stack: contextlib.ExitStack, file: IO[bytes]) -> IO[bytes]:
    archive = stack.enter_context(tarfile.TarFile.open(fileobj=cast(IO[bytes], _BoundedReads(file)), mode="r:"))
    members = [member for member in archive.getmembers() if member.isfile()]
    # tarfile stops at its own end mark, but gzip's checksum comes behind it and is checked only at the stream's end.
    while file.read(_CHUNK_BYTES):
        pass
    chosen = _choose([member.name for member in members])
    stream = archive.extractfile(next(member for member in members if member.name == chosen))
    if stream is None:
        raise ValueError(f"{chosen} in it is not a file.")
    return stack.enter_context(stream)


class _BoundedReads:
    """A file of which no more is read at once than a header of an archive has: a damaged one may ask for gigabytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LARGEST_READ:
            raise tarfile.ReadError("a header of the archive is too large")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _choose(names: Sequence[str]) -> str:
    """Chooses the CSV among the names of an archive's files: one of :data:`CSV_NAMES`, or the only one."""
    # macOS adds a hidden "._fer2013.csv" for each file it packs.
    paths = [name for name in names if not PurePosixPath(name).name.startswith(".")]
    by_name = [[name for name in paths if PurePosixPath(name).name == wanted] for wanted in CSV_NAMES]
    any_name = [name for name in paths if name.lower().endswith(".csv")]
    found = next((group for group in [*by_name, any_name] if group), [])
    if not found:
        raise ValueError(f"the archive holds no CSV; it must hold one of {', '.join(CSV_NAMES)}.")
    if len(found) > 1:
        raise about(
            ValueError(f"the archive holds several CSV files, unpack the right one: {', '.join(found[:5])}."),
            "input",
        )
    return found[0]


@contextlib.contextmanager
def _errors_with_path(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise ValueError(f"it is damaged or cut short ({str(error).rstrip('.')}); download it again.") from error
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
