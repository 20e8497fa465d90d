"""Files of this machine, and of others by fsspec: ``s3://``, ``gs://``, ``http://``, ``memory://`` and so on.

A place is a path or a URL. Paths are read without fsspec, which only URLs need.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from emotion_recognition.error_about import about
from emotion_recognition.pictures.image_header import PICTURE_SUFFIXES
from emotion_recognition.pictures.picture_kind import is_picture_file
from emotion_recognition.pictures.shown_path import shown_path

_URL = re.compile(r"[a-z][a-z0-9+.\-]*://")
#: The URLs of files of this machine.
_OWN = "file://"
_PATTERN = re.compile(r"[*?\[]")


def is_url(place: str) -> bool:
    """Whether a place is a URL.

    Example:
        >>> is_url("s3://bucket/a.jpg"), is_url("photos/a.jpg")
        (True, False)
    """
    return bool(_URL.match(place))


def open_place(place: str) -> IO[bytes]:
    """Opens a file for reading.

    Raises:
        OSError: If it cannot be opened.
        ValueError: If it is no regular file, for which opening might wait; or if fsspec, or what it needs for this kind
            of URL, is not installed.
    """
    if not is_url(place):
        file = Path(place)
        if file.exists() and not file.is_file():
            raise about(ValueError(f"{place} is not a file."), "input")
        return file.open("rb")
    files, path = _files_of(place)
    opened: IO[bytes] = files.open(path, "rb")
    return opened


def read_place(place: str, start: int = 0, length: int | None = None) -> bytes:
    """Reads a file, or so many bytes of it from ``start``.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is shorter than that, or as for :func:`open_place`.
    """
    with open_place(place) as file:
        file.seek(start)
        content = file.read() if length is None else file.read(length)
    if length is not None and len(content) != length:
        raise ValueError(f"{place} is cut short: {length:,} bytes at {start:,} are not there.")
    return content


def is_folder(place: str) -> bool:
    """Whether a place is a folder."""
    if not is_url(place):
        return Path(place).is_dir()
    files, path = _files_of(place)
    return bool(files.isdir(path))


def exists(place: str) -> bool:
    """Whether there is a file or a folder."""
    if not is_url(place):
        return Path(place).exists()
    files, path = _files_of(place)
    return bool(files.exists(path))


def is_pattern(place: str) -> bool:
    """Whether a place has wildcards and is not itself the name of a file."""
    return bool(_PATTERN.search(place)) and not exists(place)


def pictures_below(folder: str) -> Iterator[str]:
    """The pictures in a folder and in those below it, in no certain order.

    Here they are known by name or content, elsewhere by name alone: reading the start of each would take a request.
    Links to folders are followed here, after all others; each folder counts once, by whatever ways it is reached.
    """
    if is_url(folder):
        files, path = _files_of(folder)
        for _, _, names in files.walk(path, detail=True):
            for entry in names.values():
                if is_picture_name(entry["name"]):
                    yield files.unstrip_protocol(entry["name"])
        return
    folders, linked, seen = [folder], list[str](), set[tuple[int, int]]()
    while folders or linked:
        if not folders:
            linked.sort(reverse=True)
            folders.append(linked.pop())
        below = folders.pop()
        try:
            status = Path(below).stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            entries = os.scandir(below)
        except OSError:
            # It counts as a picture that cannot be read, so that what is in it is not passed over in silence.
            yield below
            continue
        with entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_symlink() and Path(entry).is_dir():
                    linked.append(entry.path)
                # An entry knows what it is, unless it is a link: one that leads to itself is an error there.
                elif is_picture_file(Path(entry) if entry.is_symlink() else entry):
                    yield str(Path(entry))


def matches(pattern: str) -> Iterator[str]:
    """The files that match a pattern; ``**`` goes through folders."""
    if is_url(pattern):
        files, path = _files_of(pattern)
        yield from (files.unstrip_protocol(name) for name in files.glob(path) if not files.isdir(name))
        return
    # Before Python 3.13 a last ** means folders alone.
    whole = Path(pattern, "*") if pattern.endswith("**") else Path(pattern)
    # Path.glob wants a pattern below a folder.
    for match in Path(whole.anchor).glob(str(whole.relative_to(whole.anchor))):
        if match.is_file():
            yield str(match)


def beside(place: str, name: str) -> str:
    """A name as a file in a list means it: itself if it is absolute or a URL, else from the list's folder.

    Example:
        >>> beside("s3://bucket/lists/a.txt", "b.jpg")
        's3://bucket/lists/b.jpg'
    """
    if is_url(name) or Path(name).is_absolute():
        return name
    return f"{place.rpartition('/')[0]}/{name}" if is_url(place) else str(Path(place).parent / name)


def whole_place(place: str) -> str:
    """The place as every process understands it, whatever folder it runs in.

    Example:
        >>> whole_place("file:///photos/a.jpg"), whole_place("s3://photos/a.jpg")
        ('/photos/a.jpg', 's3://photos/a.jpg')
    """
    if place.startswith(_OWN):
        return str(_files_of(place)[1])
    return place if is_url(place) else os.path.abspath(place)  # noqa: PTH100 - links stay links


def shown_place(place: str) -> str:
    """The place as text that can be stored and printed."""
    return place if is_url(place) else shown_path(Path(place))


def is_picture_name(name: str) -> bool:
    """Whether a file is a picture by its name alone; what begins with a dot is hidden, or still being written.

    Example:
        >>> [is_picture_name(name) for name in ("shard/a.JPG", "shard/._a.jpg", "a.txt")]
        [True, False, False]
    """
    file = name.rpartition("/")[2]
    return not file.startswith(".") and Path(file).suffix.lower() in PICTURE_SUFFIXES


def _files_of(place: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise ValueError(
            f"{place} needs fsspec; install it with: pip install -r requirements-collection.txt"
        ) from error
    try:
        files, path = url_to_fs(place)
    except (ImportError, ValueError) as error:
        raise about(ValueError(f"{place} cannot be read: {error}"), "input") from error
    return files, path
