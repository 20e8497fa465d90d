"""The options that choose the network of a training run, and what they stand for.

Importing this module imports neither Keras nor TensorFlow.
"""

import argparse
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emotion_recognition.command_line.parsers import path_text
from emotion_recognition.error_about import about
from emotion_recognition.models.model_options import DEFAULT_PIXEL_RANGE, PIXEL_RANGES
from emotion_recognition.models.registry import NETWORKS, BuildFunction

#: The options that only networks on a backbone have, by the name of the argument.
_OF_BACKBONES = ("backbone_size", "hidden", "head_dropout")


@dataclass(frozen=True)
class ChosenNetwork:
    """What :func:`~emotion_recognition.training.start.open_start` is given for a new network; None for a trained one.

    Args:
        network: A name, or the function that builds it.
        options: More of that function's arguments.
        backbone: Where the weights of its backbone come from, for the card.
    """

    network: str | BuildFunction | None = None
    options: Mapping[str, Any] | None = None
    backbone: Mapping[str, Any] | None = field(default=None)


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options; each is None unless given."""
    add = parser.add_argument
    add("--network", choices=tuple(NETWORKS), help="architecture of a new network (default: the recipe's)")
    add("--new_head", action="store_true", help="give the input model a new last layer for -n emotions")
    group = parser.add_argument_group("transfer learning", "for networks on a backbone, those that say so below")
    add = group.add_argument
    add(
        "--weights",
        metavar="imagenet|none|PATH",
        help="weights that the backbone starts with: those learned from ImageNet, which are downloaded once, random "
        "ones, or those of a file (default: imagenet)",
    )
    add(
        "--backbone",
        type=path_text,
        metavar="FILE",
        help="any Keras model, which is cut at its last feature map, in place of --network",
    )
    add(
        "--backbone_pixels",
        choices=tuple(PIXEL_RANGES),
        help=f"pixel values that the --backbone expects (default: {DEFAULT_PIXEL_RANGE})",
    )
    add(
        "--backbone_size",
        type=int,
        metavar="PIXELS",
        help="height and width that images are resized to for the backbone, as part of the network (default: images "
        "below 96 are enlarged to 96)",
    )
    add("--hidden", type=int, metavar="UNITS", help="hidden units of the new head, 0 for none (default: 1024)")
    add("--head_dropout", type=float, metavar="SHARE", help="share dropped in the new head, 0..1 (default: 0.5)")


def chosen_network(arguments: argparse.Namespace, usual: str) -> ChosenNetwork:
    """The network that a command line asks for; imports Keras for a backbone from a file.

    Args:
        arguments: What was parsed.
        usual: Name of the recipe's network.

    Raises:
        OSError: If the backbone's file cannot be read.
        ValueError: If options contradict each other, or the backbone is none.
    """
    given = {name: getattr(arguments, name) for name in _OF_BACKBONES if getattr(arguments, name) is not None}
    _check_head(arguments)
    if arguments.backbone is not None:
        for name, option in (("network", "--network"), ("weights", "--weights"), ("input_model", "-im")):
            if getattr(arguments, name) is not None:
                raise ValueError(f"--backbone is a new network with weights of its own; leave out {option}.")
        return _from_file(arguments.backbone, given, arguments.backbone_pixels)
    if arguments.backbone_pixels is not None:
        raise ValueError("--backbone_pixels needs --backbone.")
    if arguments.weights is not None:
        given["weights"] = arguments.weights
    if arguments.input_model is not None:
        if given:
            raise ValueError(f"--{next(iter(given))} is for new networks; an input model keeps its own (-im).")
        return ChosenNetwork(arguments.network)
    name = arguments.network or usual
    if NETWORKS[name].has_imagenet:
        given.setdefault("weights", "imagenet")
    elif given:
        known = ", ".join(row.name for row in NETWORKS.values() if row.has_imagenet)
        raise ValueError(f"--{next(iter(given))} is for networks on a backbone: {known}. Received: --network {name}")
    return ChosenNetwork(name, given)


def _check_head(arguments: argparse.Namespace) -> None:
    if arguments.hidden is not None and arguments.hidden < 0:
        raise about(ValueError(f"hidden must be at least 0. Received: {arguments.hidden}"), "hidden")
    if arguments.backbone_size is not None and arguments.backbone_size < 1:
        message = f"backbone_size must be at least 1. Received: {arguments.backbone_size}"
        raise about(ValueError(message), "backbone_size")
    if arguments.head_dropout is not None and not 0 <= arguments.head_dropout < 1:
        message = f"head_dropout must be at least 0 and below 1. Received: {arguments.head_dropout}"
        raise about(ValueError(message), "head_dropout")


def _from_file(path: Path, options: dict[str, Any], pixel_range: str | None) -> ChosenNetwork:
    from emotion_recognition.models.networks.backbone_file import backbone_from_file

    pixels = pixel_range or DEFAULT_PIXEL_RANGE
    build = backbone_from_file(path, pixel_range=pixels, **options)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return ChosenNetwork(build, None, {"file": path.name, "sha256": digest, "pixels": pixels})
