"""Keeps two runs from writing the same files at the same time: the second is told who is writing."""

import contextlib
import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from emotion_recognition.error_about import about


@contextlib.contextmanager
def write_lock(path: Path, what: str, *, options: Sequence[str] = ("base_path", "output_model")) -> Iterator[None]:
    """Inside the block, no other process that asks for the same path gets in; the system lets go when this one ends.

    A file beside the path, ``.NAME.lock``, holds the lock and says whose it is; it is deleted at the end. Where the
    system has no such locks, as Windows, nothing is locked.

    Args:
        path: The first of the files that are written; its folder is created when missing.
        what: What is being done, for the message of the others, such as "build".
        options: The arguments that say where is written.

    Raises:
        FileExistsError: If another process is in such a block.
        OSError: If the lock cannot be written.
    """
    if os.name != "posix":
        yield
        return
    lock = path.with_name(f".{path.name}.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with _locked(lock, path, what, options) as file:
        file.write(f"{what}, process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        try:
            yield
        finally:
            # While it is held: who waits behind it finds another file, or none, and asks again.
            lock.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(lock: Path, path: Path, what: str, options: Sequence[str]) -> Iterator[IO[str]]:
    import fcntl

    while True:
        with lock.open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                holder = file.read(200).strip() or f"another {what}"
                text = f"{path} is being written by {holder}; wait until that has ended, or write elsewhere."
                raise about(FileExistsError(text), *options) from error
            if _is_same(file, lock):
                file.truncate(0)
                yield file
                return


def _is_same(file: IO[str], lock: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), lock.stat())
    except FileNotFoundError:
        return False
