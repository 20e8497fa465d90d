"""What ``-i`` names: a picture, several, a video, a camera or an address."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emotion_recognition.detection.runs.own_outputs import without_own_outputs
from emotion_recognition.detection.video.address import (
    check_address,
    fetch_picture,
    file_name,
    is_address,
    without_file_scheme,
)
from emotion_recognition.error_about import about
from emotion_recognition.pictures.image_header import KINDS
from emotion_recognition.pictures.picture_kind import is_picture_file

#: Suffixes that are taken for a video.
VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".ts", ".3gp")

_CAMERA = re.compile(r"camera(?::(\d{1,3}))?")
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Input:
    """What to look at; exactly one of pictures, video, camera and stream is given.

    Args:
        pictures: Paths of pictures, in alphabetical order.
        video: Path of a video.
        camera: Number of a camera.
        fetched: The bytes of a picture that was at an address; ``pictures`` has its name then, without a folder.
        folder: For several pictures the folder that holds all of them; None for a single picture.
        stream: Address of a stream.
        left_out: What a folder or a pattern also leads to, but an earlier run has written.
    """

    pictures: tuple[Path, ...] = ()
    video: Path | None = None
    camera: int | None = None
    folder: Path | None = None
    left_out: tuple[Path, ...] = ()
    stream: str | None = None
    fetched: bytes | None = None


def find_input(given: Sequence[str]) -> Input:
    """Finds out what the names on a command line mean.

    Args:
        given: At least one of: a picture, a folder, a pattern such as ``"photos/*.jpg"`` (``**`` goes through folders),
            a video, ``"camera"``, ``"camera:1"`` or the address of a picture or a stream, which is asked what it is.
            Several may be given if all lead to pictures.

    Raises:
        FileNotFoundError: If there is no such file or folder.
        ValueError: If a name is empty, a folder or pattern leads to no picture, or a video, camera or address is not
            alone.
        OSError: If an address cannot be reached.

    Example:
        >>> find_input(["camera:1"]).camera
        1
    """
    if not all(given):
        raise about(ValueError("An input must not be empty: is a variable of the shell not set?"), "input")
    given = [without_file_scheme(name) for name in given]
    if any(map(is_address, given)):
        if len(given) > 1:
            raise ValueError(f"An address must be the only input. Received: {len(given)} inputs")
        return _at_address(given[0])
    if len(given) == 1:
        camera = _CAMERA.fullmatch(given[0])
        if camera and not Path(given[0]).exists():
            return Input(camera=int(camera[1] or 0))
        if _is_video(Path(given[0])) and not _is_pattern(given[0]):
            if not Path(given[0]).is_file():
                raise FileNotFoundError(f"There is no video {given[0]}.")
            return Input(video=Path(given[0]))
        path = Path(given[0])
        if not path.is_dir() and not _is_pattern(given[0]):
            if not path.exists():
                raise FileNotFoundError(f"There is no picture {path}.")
            return Input(pictures=(path,))
    pictures: dict[Path, Path] = {}  # each once, in order, whatever it is called
    left_out: list[Path] = []
    for name in given:
        if (_CAMERA.fullmatch(name) and not Path(name).exists()) or (_is_video(Path(name)) and not _is_pattern(name)):
            raise ValueError(f"A video or a camera must be the only input. Received: {' '.join(given)}")
        found, own = _pictures(name)
        left_out += own
        for picture in found:
            pictures.setdefault(full_path(picture), picture)
    return Input(
        pictures=tuple(pictures.values()),
        folder=_common_folder(list(pictures)),
        left_out=tuple(dict.fromkeys(left_out)),
    )


def _at_address(address: str) -> Input:
    check_address(address)
    if address.lower().startswith("http"):
        content = fetch_picture(address)
        if content is not None:
            return Input(pictures=(Path(file_name(address)),), fetched=content)
    return Input(stream=address)


def full_path(path: Path) -> Path:
    """The path from the root without ``..``, as it is written: links stay links.

    Example:
        >>> full_path(Path("/photos/summer/../me.jpg")).as_posix()
        '/photos/me.jpg'
    """
    return Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps "..", Path.resolve follows links


def _pictures(name: str) -> tuple[list[Path], list[Path]]:
    """The pictures that a name leads to, and the outputs of earlier runs among them, which are left out."""
    path = Path(name)
    if path.is_dir():
        found, own = without_own_outputs(sorted(entry for entry in path.iterdir() if is_picture_file(entry)), path)
        if not found:
            below = any(entry.is_dir() for entry in path.iterdir())
            hint = f" Those of folders below it are found by a pattern: {path / '**' / '*'}" if below else ""
            raise ValueError(f"The folder {path} holds no pictures ({KINDS}).{hint}")
        return found, own
    if _is_pattern(name):
        matches = sorted(entry for entry in _matches(name) if is_picture_file(entry))
        found, own = without_own_outputs(matches, fixed_folder(path))
        if not found:
            raise ValueError(f"No picture matches {name}.")
        return found, own
    return [path], []  # a missing one is reported like a bad one


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern)
    # Path.glob wants a pattern below a folder.
    return list(Path(path.anchor).glob(str(path.relative_to(path.anchor))))


def fixed_folder(pattern: Path) -> Path:
    """The part of a pattern before its first wildcard."""
    parts = pattern.parts
    count = next(i for i, part in enumerate(parts) if _PATTERN.search(part))
    return Path(*parts[:count])


def _common_folder(pictures: Sequence[Path]) -> Path:
    parents = [picture.parent for picture in pictures]
    folder = parents[0]
    while any(folder != parent and folder not in parent.parents for parent in parents):
        folder = folder.parent
    return folder


def _is_pattern(name: str) -> bool:
    return bool(_PATTERN.search(name)) and not Path(name).exists()


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES and not path.is_dir()
