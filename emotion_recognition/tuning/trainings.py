"""A training that a search has started, wherever it runs; here in a process of this machine."""

import subprocess
import tempfile
from collections.abc import Sequence
from typing import Protocol

#: Seconds that a training has to end after it is told to.
_PATIENCE = 10.0


class LostTrainingError(Exception):
    """A training of which nothing more will be heard, because its machine is gone for instance."""


class Training(Protocol):
    """A training that was started."""

    def wait(self, seconds: float) -> int | None:
        """Waits until it has ended, so long at most; its exit status, or None if it has not.

        Raises:
            LostTrainingError: If it is gone.
        """

    def errors(self) -> str:
        """What it has said of its errors."""

    def end(self) -> None:
        """Ends it, if it has not ended."""


class LocalTraining:
    """A :class:`Training` in a process of this machine.

    Args:
        command: The command line.
    """

    def __init__(self, command: Sequence[str]) -> None:
        # A file: nobody reads while it trains, and a full pipe would stop it.
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115 - end() closes it
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=self._messages)

    def wait(self, seconds: float) -> int | None:
        """Waits until it has ended, so long at most; its exit status, or None if it has not."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def errors(self) -> str:
        """What it has said of its errors."""
        self._messages.seek(0)
        return self._messages.read().decode(errors="replace")

    def end(self) -> None:
        """Ends it, if it has not ended."""
        if self._process.poll() is None:
            self._process.terminate()
        if self.wait(_PATIENCE) is None:
            self._process.kill()
            self._process.wait()
        self._messages.close()
