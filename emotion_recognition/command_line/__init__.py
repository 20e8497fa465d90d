"""What the scripts share, and nothing in the library imports: options, and how a mistake ends."""

import sys
from types import TracebackType

_usual_hook = sys.excepthook


def _quiet_interruption(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
    """Ends Ctrl-C during imports, before a script's work has begun, in one line; Python's exit status stays."""
    if issubclass(kind, KeyboardInterrupt):
        if sys.stderr is not None:
            print("interrupted", file=sys.stderr)
    else:
        _usual_hook(kind, error, place)


sys.excepthook = _quiet_interruption
