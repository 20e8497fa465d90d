"""The options that say what a model expects and gives, for models of any origin; scripts that use models share them."""

import argparse
from collections.abc import Sequence

from emotion_recognition.models.model_options import INTERPOLATIONS, OUTPUTS, PIXEL_RANGES, ModelOptions


def add_model_options(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """Adds ``--pixel_range``, ``--interpolation`` and ``--output``, each None unless given."""
    parser.add_argument(
        "--pixel_range",
        choices=tuple(PIXEL_RANGES),
        help="pixel values that the models expect (default: what their cards say, else 0..255)",
    )
    parser.add_argument(
        "--interpolation",
        choices=INTERPOLATIONS,
        help="how images are resized for the models; auto is area where they shrink and cubic where they grow "
        "(default: what the cards say, else auto)",
    )
    parser.add_argument(
        "--output",
        choices=OUTPUTS,
        help="what the models' outputs are; auto tells it from their values (default: what the cards say, else auto)",
    )


def model_options(arguments: argparse.Namespace) -> ModelOptions:
    """What a command line says of its models; ``--classes`` names the outputs of those without a card."""
    return ModelOptions(arguments.classes, arguments.pixel_range, arguments.interpolation, arguments.output)


def joined_ranges(arguments: Sequence[str]) -> list[str]:
    """Turns ``--pixel_range -1..1`` into ``--pixel_range=-1..1``: argparse takes what starts with "-" for an option.

    Example:
        >>> joined_ranges(["--pixel_range", "-1..1", "--gallery"])
        ['--pixel_range=-1..1', '--gallery']
    """
    joined: list[str] = []
    for argument in arguments:
        if argument in PIXEL_RANGES and joined and joined[-1].startswith("--"):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined
