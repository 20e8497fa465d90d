"""What the four scripts have in common: their first two options, and how a mistake ends.

Importing this module imports neither Keras nor TensorFlow, so every ``--help`` answers at once.
"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from emotion_recognition.emotions import CLASS_COUNTS
from emotion_recognition.workspace import DEFAULT_BASE_PATH, FER2013, LABELS

#: Exit status after bad input, the same as argparse's own.
BAD_INPUT = 2


def new_parser(description: str, epilog: str = "") -> argparse.ArgumentParser:
    """Returns a parser with ``-b/--base_path`` (Path) and ``-n/--num_emotions`` (6, 7 or 8)."""
    parser = argparse.ArgumentParser(description=description, epilog=epilog, formatter_class=_Help)
    parser.add_argument(
        "-b",
        "--base_path",
        type=Path,
        default=DEFAULT_BASE_PATH,
        metavar="DIR",
        help="folder that holds fer2013/, hdf5/ and output/",
    )
    parser.add_argument(
        "-n",
        "--num_emotions",
        type=int,
        choices=CLASS_COUNTS,
        default=7,
        help="number of emotions; 6 merges disgust into anger, 8 adds contempt",
    )
    return parser


def add_labels_option(parser: argparse.ArgumentParser) -> None:
    """Adds ``--labels``, which says whose labels the data set has."""
    parser.add_argument(
        "--labels",
        choices=LABELS,
        default=FER2013,
        help="FER2013's own labels; FER+'s, where a majority of annotators agrees; or FER+'s for nearly all images, "
        "each with the distribution of its votes",
    )


def exit_status(work: Callable[[], None]) -> int:
    """Runs a script's work and turns a user's mistake into one line on standard error.

    Args:
        work: The script's body; the library raises ``ValueError`` or ``OSError`` for bad input.

    Returns:
        0, or 2 after bad input, or 130 after Ctrl-C, or 141 when the reader of a pipe went away.
    """
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
        print(f"error: {' '.join(_text_of(error).split())}", file=sys.stderr)
        return BAD_INPUT
    return 0


class _Help(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Shows defaults where they say something, and keeps the examples' lines as they are."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default is None or action.default is False:
            return action.help
        return super()._get_help_string(action)


def _text_of(error: ValueError | OSError) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)
