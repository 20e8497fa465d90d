"""What the scripts share, and nothing in the library imports: options, and how a mistake ends."""

import sys
from types import TracebackType

_usual_hook = sys.excepthook


def _in_one_line(kind: type[BaseException], error: BaseException, place: TracebackType | None) -> None:
    """Ends Ctrl-C and a missing package during imports, before a script's work has begun, in one line.

    The exit status after Ctrl-C is Python's own; for a package it is that of bad input.
    """
    if issubclass(kind, KeyboardInterrupt):
        if sys.stderr is not None:
            print("interrupted", file=sys.stderr)
        return
    # Not before: an import would change the exit status after Ctrl-C.
    from emotion_recognition.command_line.exit_status import BAD_INPUT, missing_package

    missing = missing_package(error) if isinstance(error, ModuleNotFoundError) else None
    if missing is None:
        _usual_hook(kind, error, place)
        return
    if sys.stderr is not None:
        print(f"error: {missing}", file=sys.stderr)
    raise SystemExit(BAD_INPUT)


sys.excepthook = _in_one_line
