"""The options that say what a model expects and gives, for models of any origin; scripts that use models share them."""

import argparse
from collections.abc import Sequence

from emotion_recognition.models.model_options import INTERPOLATIONS, OUTPUTS, PIXEL_RANGES, ModelOptions
from emotion_recognition.models.runtimes.registry import DEFAULT_RUNTIME, RUNTIME_CHOICES, describe_runtimes


def add_model_options(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """Adds ``--pixel_range``, ``--interpolation``, ``--output`` and ``--prior_power``, each None unless given."""
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
    parser.add_argument(
        "--prior_power",
        type=float,
        metavar="POWER",
        help="power, 0..2, of the class shares in the cards that probabilities are divided by; 0 leaves what the "
        "networks say (default: what the cards say, else 0)",
    )


def add_runtime_option(
    parser: "argparse.ArgumentParser | argparse._ArgumentGroup", default: str | None = DEFAULT_RUNTIME
) -> None:
    """Adds ``--runtime``.

    Args:
        parser: Gets it.
        default: What runs models without a choice; None for Keras.
    """
    keras = "" if default else "; without it, Keras runs the models, and auto those that are ONNX files"
    parser.add_argument("--runtime", choices=RUNTIME_CHOICES, default=default, help=describe_runtimes() + keras)


def model_options(arguments: argparse.Namespace) -> ModelOptions:
    """What a command line says of its models; ``--classes`` names the outputs of those without a card."""
    return ModelOptions(
        arguments.classes, arguments.pixel_range, arguments.interpolation, arguments.output, arguments.prior_power
    )


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
