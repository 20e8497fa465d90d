"""The options of the service: where it listens, its limits, who may use it."""

import argparse
import dataclasses
import ipaddress
import os
import re
from pathlib import Path

from emotion_recognition.command_line.parsers import path_text
from emotion_recognition.data.sources.plain_text import read_bytes
from emotion_recognition.serving.settings import ServingSettings

#: The environment's variable with the API key; a command line can be seen by everyone on a machine.
KEY_VARIABLE = "EMOTION_API_KEY"

_HELP = {
    "detectors": ("N", "detectors that work at the same time (default: one for each core)"),
    "queue": ("N", "requests that may wait for a detector; the next ones are answered 503"),
    "max_megabytes": ("MB", "largest request"),
    "max_megapixels": ("MP", "largest picture"),
    "max_images": ("N", "pictures in a batch"),
    "frames_per_second": ("N", "frames of one stream that are looked at each second"),
    "streams": ("N", "streams at the same time"),
    "seconds": ("S", "time for a request to arrive, and then to be answered"),
    "connections": ("N", "open connections"),
}


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Adds the address, the limits and the API key."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at; 0.0.0.0 lets other machines in")
    parser.add_argument("--port", type=int, default=8000, help="port to listen at; 0 takes a free one")
    parser.add_argument(
        "--api_key_file",
        type=path_text,
        metavar="FILE",
        help=f"file with the key that clients must send (default: variable {KEY_VARIABLE}; without, none is needed)",
    )
    parser.add_argument(
        "--allowed_hosts",
        type=_host_names,
        metavar="NAME,...",
        help="names by which requests may call the service, beside addresses and localhost (default: none more where "
        "it listens for this machine alone and needs no key, else any)",
    )
    limits = parser.add_argument_group("limits")
    for field in dataclasses.fields(ServingSettings):
        metavar, text = _HELP[field.name]
        default = (os.cpu_count() or 1) if field.name == "detectors" else field.default
        kind = float if isinstance(field.default, float) else int
        limits.add_argument(f"--{field.name}", type=kind, default=default, metavar=metavar, help=text)


def add_recommender_options(parser: argparse.ArgumentParser) -> None:
    """Adds ``--catalogue`` and ``--memory``."""
    group = parser.add_argument_group("recommendations")
    group.add_argument(
        "--catalogue",
        type=path_text,
        metavar="FILE",
        help="items to recommend, CSV or JSON with id, title, moods, url (default: a small demonstration)",
    )
    group.add_argument(
        "--memory",
        type=path_text,
        metavar="FILE",
        help="SQLite file that keeps what was taken (default: forgotten at the end)",
    )


def serving_settings(arguments: argparse.Namespace) -> ServingSettings:
    """The limits that a command line states."""
    names = [field.name for field in dataclasses.fields(ServingSettings)]
    return ServingSettings(**{name: getattr(arguments, name) for name in names})


def allowed_hosts(arguments: argparse.Namespace, key: str | None, listening: str) -> frozenset[str] | None:
    """The names by which requests may call the service, in lower case; None for any.

    Args:
        arguments: What was said on the command line.
        key: What clients must send, if anything: a page that made its name lead here does not have it.
        listening: The address that the service listens at.
    """
    given: frozenset[str] | None = arguments.allowed_hosts
    if given is None and key is None and ipaddress.ip_address(listening.partition("%")[0]).is_loopback:
        return frozenset()
    return given


def _host_names(text: str) -> frozenset[str]:
    names = [name.strip().lower() for name in text.split(",")]
    for name in names:
        if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", name):
            raise argparse.ArgumentTypeError(f"must be names of hosts, without ports. Received: {text}")
    return frozenset(names)


def api_key(arguments: argparse.Namespace) -> str | None:
    """The key from its file or the environment; None where there is none.

    Raises:
        ValueError: If the file is no regular one or no text, either is there and empty, or the key has characters that
            HTTP headers cannot have.
        OSError: If it cannot be read.
    """
    path: Path | None = arguments.api_key_file
    try:
        given = os.environ.get(KEY_VARIABLE) if path is None else read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text.") from error
    if given is None:
        return None
    key, place = given.strip(), KEY_VARIABLE if path is None else path
    if not key:
        raise ValueError(f"{place} has no key in it.")
    if not (key.isascii() and key.isprintable()):
        raise ValueError(f"The key in {place} must be one line of ASCII: HTTP headers have nothing else.")
    return key
