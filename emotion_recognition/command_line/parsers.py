"""The options that scripts have in common.

Importing this module imports neither Keras nor TensorFlow, so every ``--help`` answers at once.
"""

import argparse
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NoReturn

from emotion_recognition.command_line.advice import script_options
from emotion_recognition.command_line.exit_status import BAD_INPUT, usable_streams
from emotion_recognition.emotions import (
    CLASS_COUNTS,
    DEFAULT_CLASS_COUNT,
    class_names,
    label_sets_help,
    own_class_names,
)
from emotion_recognition.workspace import CHANNELS, FER2013, IMAGE_SIZES, LABELS, Variant, default_base_path


def new_parser(description: str, epilog: str = "") -> argparse.ArgumentParser:
    """Returns a parser with ``-b/--base_path`` (Path), ``-n/--num_emotions`` (int) and ``--classes``.

    What it parses always has ``num_emotions`` and ``class_names``, the classes in label order, that fit together,
    ``classes``, None unless they are the user's own, and ``chose_classes``, whether either option was given.
    """
    parser = _ClassesParser(description=description, epilog=epilog, formatter_class=_Help)
    _add_base_path(parser)
    parser.add_argument(
        "-n",
        "--num_emotions",
        type=int,
        help=f"number of emotions: {label_sets_help()}; with --classes, their number (default: {DEFAULT_CLASS_COUNT})",
    )
    parser.add_argument(
        "--classes",
        type=_own_classes,
        metavar="A,B,C",
        help="your own classes in place of emotions, in label order",
    )
    return parser


def new_faces_parser(description: str, epilog: str = "") -> argparse.ArgumentParser:
    """Returns a parser with ``-b/--base_path`` alone, for scripts that know faces and no emotions."""
    parser = _Parser(description=description, epilog=epilog, formatter_class=_Help)
    _add_base_path(parser)
    return parser


def _add_base_path(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-b",
        "--base_path",
        type=path_text,
        default=default_base_path(),
        metavar="DIR",
        help="folder that holds fer2013/, hdf5/ and output/",
    )


def add_image_options(parser: argparse.ArgumentParser) -> None:
    """Adds ``--image_size``, ``--channels`` and ``--labels``, which tell builds of one data set apart."""
    parser.add_argument(
        "--image_size",
        type=int,
        choices=IMAGE_SIZES,
        default=IMAGE_SIZES[0],
        help="height and width of the data set's images in pixels",
    )
    parser.add_argument(
        "--channels",
        type=int,
        choices=CHANNELS,
        default=CHANNELS[0],
        help="channels of the data set's images: 1 for grey, 3 for colour",
    )
    parser.add_argument(
        "--labels",
        choices=LABELS,
        default=FER2013,
        help="fer2013: the labels that come with the images; ferplus: FER+'s, of the images on which a majority of its "
        "annotators agrees; ferplus_probability: FER+'s, of nearly all images, with the distribution of the votes",
    )


def variant_of(arguments: argparse.Namespace) -> Variant:
    """The build that a command line means, from the options of :func:`new_parser` and :func:`add_image_options`."""
    return Variant(arguments.classes is not None, arguments.image_size, arguments.channels, arguments.labels)


def classes_option(arguments: argparse.Namespace) -> str:
    """The option that chose the classes, for messages."""
    return "-n" if arguments.classes is None else "--classes"


def add_former_option(parser: argparse.ArgumentParser, name: str, now: str) -> None:
    """Makes an option of earlier versions end the script with what has taken its place.

    Args:
        parser: Gets it; neither its help nor what it parses shows the option.
        name: The option.
        now: The rest of the sentence that begins with it, such as ``"is now called --votes_weight"``.
    """

    class Former(argparse.Action):
        def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
            parser.exit(BAD_INPUT, f"error: {name} {now}\n")

    parser.add_argument(name, action=Former, nargs="?", help=argparse.SUPPRESS, default=argparse.SUPPRESS)


def refuse_given(options: dict[str, bool], why: str) -> None:
    """Refuses options that go with another one alone.

    Args:
        options: Whether each is given.
        why: The end of the message, such as "needs --photos".

    Raises:
        ValueError: If one is.
    """
    for option, is_given in options.items():
        if is_given:
            raise ValueError(f"{option} {why}.")


def path_text(text: str) -> Path:
    """An option's text as a path.

    Raises:
        ArgumentTypeError: If it is empty, which would be the folder that the command is given in.

    Example:
        >>> path_text("photos").name
        'photos'
    """
    if not text:
        raise argparse.ArgumentTypeError("must not be empty: is a variable of the shell not set?")
    return Path(text)


def place_text(text: str) -> str:
    """An option's text as it is: a path, a pattern or a URL.

    Raises:
        ArgumentTypeError: If it is empty.
    """
    path_text(text)
    return text


def at_least_one(text: str) -> int:
    """An option's text as a number of things, of which there must be one.

    Raises:
        ArgumentTypeError: If it is none, or below 1.

    Example:
        >>> at_least_one("3")
        3
    """
    return _count(text, "a whole number of at least 1")


def whole_number_or_none(text: str) -> int | None:
    """An option's text as a number, or None for "none".

    Raises:
        ArgumentTypeError: If it is neither.

    Example:
        >>> whole_number_or_none("12"), whole_number_or_none("none")
        (12, None)
    """
    try:
        return None if text == "none" else int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number or none. Received: {text}") from None


def workers_or_auto(text: str) -> int | None:
    """An option's text as a number of processes, or None for "auto".

    Raises:
        ArgumentTypeError: If it is neither.

    Example:
        >>> workers_or_auto("2"), workers_or_auto("auto")
        (2, None)
    """
    return _count_or(text, "auto")


def count_or_all(text: str) -> int | None:
    """An option's text as a number, or None for "all".

    Raises:
        ArgumentTypeError: If it is neither.

    Example:
        >>> count_or_all("2"), count_or_all("all")
        (2, None)
    """
    return _count_or(text, "all")


def _count_or(text: str, every: str) -> int | None:
    return None if text == every else _count(text, f"{every} or a whole number from 1")


def _count(text: str, wanted: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be {wanted}. Received: {text}")
    return number


class _Parser(argparse.ArgumentParser):
    """Shows its help whatever standard output can show; errors are one line, and those that follow name its options."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        script_options.set(frozenset(self._option_string_actions))
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Ends the script with one line, as any other mistake does, in place of argparse's usage."""
        is_of_options = message.startswith(("unrecognized arguments", "the following arguments are required"))
        hint = f" (see {self.prog} --help)" if is_of_options else ""
        self.exit(BAD_INPUT, f"error: {message}{hint}\n")

    def print_help(self, file: IO[str] | None = None) -> None:  # type: ignore[override]
        with contextlib.ExitStack() as stack:
            usable_streams(stack)
            super().print_help(file)


class _ClassesParser(_Parser):
    """Makes ``-n`` and ``--classes`` agree."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        parsed, rest = super().parse_known_args(args, namespace)
        own, number = parsed.classes, parsed.num_emotions
        parsed.chose_classes = own is not None or number is not None
        if own is None:
            number = DEFAULT_CLASS_COUNT if number is None else number
            if number not in CLASS_COUNTS:
                choices = ", ".join(map(str, CLASS_COUNTS))
                self.error(
                    f"argument -n/--num_emotions: invalid choice: {number} (choose from {choices}, or name --classes)"
                )
        elif number not in (None, len(own)):
            self.error(f"argument -n/--num_emotions: {number} is not the number of --classes, {len(own)}")
        parsed.class_names = class_names(number) if own is None else own
        parsed.num_emotions = len(parsed.class_names)
        return parsed, rest


class _Help(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Shows defaults where they say something, and keeps the examples' lines as they are."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default is None or action.default is False:
            return action.help
        return super()._get_help_string(action)


def _own_classes(text: str) -> tuple[str, ...]:
    try:
        return own_class_names(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
