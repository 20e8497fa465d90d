"""A text file that grows over a long run and is whole or not there; its errors name it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from emotion_recognition.atomic_file import replace_when_complete


class GrowingText:
    """Takes text piece by piece; made by :func:`open_whole_text`.

    Args:
        file: Where the text goes.
        name: The file's final name, for messages.
    """

    def __init__(self, file: TextIO, name: Path) -> None:
        self._file, self._name = file, name

    def write(self, text: str) -> int:
        """Adds text; returns its length.

        Raises:
            OSError: If it cannot be written, such as on a full disk.
        """
        with naming(self._name):
            return self._file.write(text)


@contextlib.contextmanager
def open_whole_text(path: Path) -> Iterator[GrowingText]:
    """Opens a UTF-8 file to write; it becomes ``path`` when the block ends without an error.

    Raises:
        OSError: If it cannot be written; the message names ``path`` and nothing is left behind.
    """
    with replace_when_complete(path) as partial:
        with naming(path):
            file = partial.open("w", encoding="utf-8", newline="")
        try:
            yield GrowingText(file, path)
            with naming(path):
                file.close()
        finally:
            # After an error what is buffered may not be writable either; it is thrown away with the file.
            with contextlib.suppress(OSError):
                file.close()


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Makes errors of the block name the final file, not the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error.strerror or error}") from error
