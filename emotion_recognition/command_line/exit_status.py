"""How a script ends: its exit status, and a user's mistake as one line on standard error."""

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from emotion_recognition.command_line.advice import advice, script_options
from emotion_recognition.error_about import names_of, text_of

#: Exit status after bad input, the same as argparse's own.
BAD_INPUT = 2

#: Exit status after a fault of the program itself, as sysexits.h numbers it. Python's own would be 1, SOME_BAD's.
CRASHED = 70

#: What brings every package that a script may need.
HOW_TO_INSTALL = "pip install -r requirements.txt"

#: Exit status when some of the inputs were bad and the others are done.
SOME_BAD = 1


def exit_status(work: Callable[[], None]) -> int:
    """Runs a script's work and turns a user's mistake into one line on standard error.

    Args:
        work: The script's body; the library raises ``ValueError`` or ``OSError`` for bad input.

    Returns:
        0, or 2 after bad input, or 70 after a fault of the program itself, or 130 after Ctrl-C, or 141 when the reader
        of a pipe went away.
    """
    with contextlib.ExitStack() as stack:
        stack.callback(script_options.set, None)  # what runs next has others
        usable_streams(stack)
        return _exit_status(work)


def usable_streams(stack: contextlib.ExitStack) -> None:
    """Makes printing work where standard output or error is closed, or has an encoding without some characters.

    Args:
        stack: Closes what stands in for a closed stream.
    """
    _fill_closed_descriptors()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - the stack closes it
            setattr(sys, name, stack.enter_context(nowhere))
            stack.callback(setattr, sys, name, None)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fill_closed_descriptors() -> None:
    """Leads closed standard streams nowhere.

    The next file to be opened, such as a data set, would take their place, and with it what libraries print.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # Takes the lowest number that is free; processes that are started have it too.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _exit_status(work: Callable[[], None]) -> int:
    try:
        work()
        sys.stdout.flush()
    except BrokenPipeError:
        # Standard output is gone; what Python still wants to flush at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except (ValueError, OSError) as error:
        print(f"error: {' '.join(text_of(error).split())}{advice(names_of(error))}", file=sys.stderr)
        return BAD_INPUT
    except ModuleNotFoundError as error:
        missing = missing_package(error)
        if missing is None:
            traceback.print_exc()
            return CRASHED
        print(f"error: {missing}", file=sys.stderr)
        return BAD_INPUT
    except MemoryError:
        print("error: there is not enough memory for this; give it more, or less to do at once", file=sys.stderr)
        return BAD_INPUT
    except Exception:  # noqa: BLE001 - whatever it is, its status must differ from that of unreadable pictures
        traceback.print_exc()
        return CRASHED
    return 0


def missing_package(error: ModuleNotFoundError) -> str | None:
    """What to do about a package that is not installed; None if a module of the project itself is missing.

    Example:
        >>> missing_package(ModuleNotFoundError(name="cv2.dnn"))
        'cv2 is not installed; install all that is needed: pip install -r requirements.txt'
    """
    package = (error.name or "").partition(".")[0]
    if package in ("", "emotion_recognition"):
        return None
    return f"{package} is not installed; install all that is needed: {HOW_TO_INSTALL}"
