"""The bytes of a tar file, whether it is compressed or not: gzip, bzip2 and xz are known by how they begin.

A compressed one can only be read from its start. :func:`read_packed` therefore goes on where it was: the pictures of a
process lie behind each other in the tar, so that each process unpacks it once.
"""

import contextlib
import importlib
import zlib
from collections.abc import Iterator
from typing import IO

from emotion_recognition.collection.places import open_place

#: Suffixes of tar files.
TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")

#: How compressed files begin, and the module of the standard library that reads them.
_BEGINNINGS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\0": "lzma"}

#: Bytes that are read at once.
_BLOCK = 1 << 20


def is_tar_name(place: str) -> bool:
    """Whether a file is called like a tar.

    Example:
        >>> is_tar_name("s3://bucket/00000.TAR.gz"), is_tar_name("labels.csv.gz")
        (True, False)
    """
    return place.lower().endswith(TAR_SUFFIXES)


@contextlib.contextmanager
def unpacked(opened: IO[bytes]) -> Iterator[tuple[IO[bytes], bool]]:
    """The bytes of a tar, and whether it is compressed.

    Args:
        opened: The file, at its start.

    Raises:
        ValueError: In the block, if the compressed bytes are damaged or cut short.
    """
    beginning = opened.read(max(map(len, _BEGINNINGS)))
    opened.seek(0)
    module = next((module for start, module in _BEGINNINGS.items() if beginning.startswith(start)), None)
    if module is None:
        yield opened, False
        return
    with _as_value_error(), importlib.import_module(module).open(opened, "rb") as stream:
        yield stream, True


def read_to_end(stream: IO[bytes]) -> None:
    """Reads what is left, for the checksums at the end."""
    while stream.read(_BLOCK):
        pass


def read_packed(place: str, start: int, length: int) -> bytes:
    """Reads bytes of a compressed tar.

    Args:
        place: Path or URL of the compressed file.
        start: Place of the first byte, unpacked.
        length: Number of bytes.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is damaged, or shorter than that.
    """
    try:
        with _as_value_error():
            stream = _kept.stream_of(place)
            stream.seek(start)
            content = stream.read(length)
            if len(content) != length:
                raise ValueError(f"{length:,} bytes at {start:,} are not there")
    except BaseException as error:
        _kept.close()
        if isinstance(error, ValueError):
            raise ValueError(f"{place} is cut short or damaged: {error}.") from error
        raise
    return content


class _Kept:
    """The tar that was read last, open where reading it has come to."""

    def __init__(self) -> None:
        self._place = ""
        self._open = contextlib.ExitStack()
        self._stream: IO[bytes] | None = None

    def stream_of(self, place: str) -> IO[bytes]:
        if self._stream is None or place != self._place:
            self.close()
            with contextlib.ExitStack() as stack:
                opened = stack.enter_context(open_place(place))
                stream, _ = stack.enter_context(unpacked(opened))
                self._place, self._stream, self._open = place, stream, stack.pop_all()
        return self._stream

    def close(self) -> None:
        self._stream = None
        self._open.close()


_kept = _Kept()


@contextlib.contextmanager
def _as_value_error() -> Iterator[None]:
    """Inside the block, what is wrong with compressed bytes is a ``ValueError``; what a disk does wrong stays."""
    import lzma

    try:
        yield
    except (EOFError, zlib.error, lzma.LZMAError) as error:
        raise ValueError(str(error)) from error
    except OSError as error:
        # gzip and bz2 say so of damage, without the number that an error of the system has.
        if error.errno is not None:
            raise
        raise ValueError(str(error)) from error
