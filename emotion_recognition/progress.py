"""Shows how far long work has come: a bar on a terminal, a plain line now and then elsewhere.

Without a further package, because detection installs nothing but NumPy and OpenCV.
"""

import sys
import time
from types import TracebackType
from typing import TextIO

#: Seconds between two looks of the bar, and between two plain lines.
_BAR_SECONDS, _LINE_SECONDS = 0.1, 10.0
_WIDTH = 30


class Progress:
    """Counts steps of work; a context manager, so that the bar is removed in the end.

    Args:
        what: What is counted, in the plural, for example "pictures".
        total: Number of steps; 0 when unknown.
        stream: Where it is shown; standard error by default.

    Example:
        >>> with Progress("pictures", total=2) as progress:
        ...     progress.step()
        ...     progress.step()
        >>> progress.done
        2
    """

    def __init__(self, what: str, total: int = 0, stream: TextIO | None = None) -> None:
        self.done = 0
        self._what, self._total = what, total
        self._stream = sys.stderr if stream is None else stream
        self._is_terminal = self._stream.isatty()
        self._start = self._shown = time.monotonic()

    def step(self, count: int = 1) -> None:
        """So many more are done."""
        self.done += count
        now = time.monotonic()
        if now - self._shown >= (_BAR_SECONDS if self._is_terminal else _LINE_SECONDS):
            self._shown = now
            text = self._text(now)
            self._stream.write(f"\r\x1b[K{text}" if self._is_terminal else f"{text}\n")
            self._stream.flush()

    def clear(self) -> None:
        """Removes the bar, so that something else can be printed; the next step draws it again."""
        if self._is_terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def _text(self, now: float) -> str:
        rate = self.done / max(now - self._start, 1e-9)
        if not self._total:
            return f"{self.done:,} {self._what}, {rate:.1f} a second"
        share = min(1.0, self.done / self._total)
        left = max(0, self._total - self.done) / rate
        bar = "#" * round(share * _WIDTH)
        remaining = f"{int(left // 60)}:{int(left % 60):02d} left"
        text = f"{self.done:,} of {self._total:,} {self._what}, {rate:.1f} a second, {remaining}"
        return f"{share:4.0%} [{bar:<{_WIDTH}}] {text}" if self._is_terminal else f"{share:4.0%} {text}"
