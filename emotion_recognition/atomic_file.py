"""Writes files so that a reader never sees half of one.

What is written goes to a temporary name in the target's folder and takes the target's name only when complete; a
failed or killed writer leaves the earlier file as it was. Every stage that leaves a file behind uses this.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import socket
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

#: Tells machines apart that share a folder: a process is known to have ended on its own alone.
_MACHINE = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]


@contextlib.contextmanager
def replace_when_complete(path: Path) -> Iterator[Path]:
    """Yields a temporary path; the block writes it, and it becomes ``path`` when the block ends without an error.

    The temporary name keeps the target's suffix, because writers such as OpenCV, Keras and Matplotlib choose the
    format by it. It starts with a dot and ends in ``.partial`` before the suffix. In between it says which process on
    which machine writes it, so that what killed processes left of the same target is deleted.

    Args:
        path: The file to write or replace. Its folder is created when missing. A link to a file stays a link, and its
            file is replaced.

    Raises:
        OSError: If the folder cannot be written, or the path is a folder, a pipe or a device; whatever the block raises
            is passed on. Nothing is left behind.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with replace_when_complete(folder / "report.txt") as partial:
        ...     _ = partial.write_text("all of it", encoding="utf-8")
        >>> [file.name for file in folder.iterdir()]
        ['report.txt']
    """
    check_can_replace(path)
    path = path.resolve() if path.is_symlink() else path
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    partial = path.with_name(f".{path.stem}.{_MACHINE}-{os.getpid()}-{uuid.uuid4().hex[:8]}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        # What cannot be deleted could not be written either; the first error says why.
        with contextlib.suppress(OSError):
            partial.unlink()


@contextlib.contextmanager
def last_files(missing: str, whole: str) -> Iterator[None]:
    """Says, where writing in the block fails as on a full disk, what is missing and what was written whole before.

    Args:
        missing: What the block writes.
        whole: A sentence without its full stop on what need not be made again.

    Raises:
        OSError: In place of the one that the block raises.

    Example:
        >>> with last_files("a.png", "the splits are whole"):
        ...     raise OSError(28, "No space left on device", ".a.partial.png")
        Traceback (most recent call last):
        ...
        OSError: a.png cannot be written: No space left on device; the splits are whole
    """
    try:
        yield
    except OSError as error:
        raise OSError(f"{missing} cannot be written: {error.strerror or error}; {whole}") from error


def check_can_replace(path: Path) -> None:
    """Refuses a path under which there is something that a file must not take the place of.

    Raises:
        OSError: If the path is a folder, a pipe, a device, or leads to an open file of a process, as ``/dev/stdout``
            does.
    """
    is_open_file = path.is_symlink() and os.readlink(path).startswith("/proc/")  # noqa: PTH115 - as it is written
    if is_open_file or str(path.parent.resolve()).startswith("/proc/") or (path.exists() and not path.is_file()):
        raise OSError(errno.EINVAL, "only a regular file is replaced, and this is none", str(path))


def _remove_leftovers(path: Path) -> None:
    """Deletes the temporary files of one target whose processes, on this machine, have ended."""
    if os.name != "posix":
        return
    pattern = re.compile(rf"\.{re.escape(path.stem)}\.{_MACHINE}-(\d+)-[0-9a-f]{{8}}\.(kept\.)?partial.*")
    with os.scandir(path.parent) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(f".{path.stem}.")]
    for name in names:
        found = pattern.fullmatch(name)
        if found and name.endswith(path.suffix) and not _is_running(int(found[1])):
            with contextlib.suppress(OSError):
                path.with_name(name).unlink()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def check_can_write(path: Path) -> None:
    """Finds out early, before long work, whether a file could be written; creates its folder when missing.

    Raises:
        OSError: If not.
    """
    check_can_replace(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=path.parent):
        pass


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Writes a mapping as indented UTF-8 JSON, complete or not at all.

    Raises:
        ValueError: If a value is NaN or infinite, which JSON does not have.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    with replace_when_complete(path) as partial:
        partial.write_text(text + "\n", encoding="utf-8")
