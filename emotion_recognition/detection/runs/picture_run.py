"""Looks at pictures, one after the other; whatever is wrong with one is reported and does not stop the rest.

Paths go in; annotated pictures and one outcome per picture come out.
"""

import errno
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_recognition.atomic_file import check_can_replace
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.runs.inputs import Input, full_path
from emotion_recognition.detection.runs.outputs import Outputs
from emotion_recognition.detection.seen_face import SeenFace, Sight
from emotion_recognition.error_about import text_of
from emotion_recognition.pictures.animation import count_images
from emotion_recognition.pictures.image_file import can_write, decode_image, read_encoded, write_image
from emotion_recognition.pictures.shown_path import shown_path

#: Takes what :func:`look_at_pictures` takes and gives what it gives.
LookAtPictures = Callable[
    [Sequence[tuple[Path, Path]], Callable[[np.ndarray], Sequence[FaceEmotion]], Outputs, Path | None],
    "Iterator[Outcome]",
]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a picture.

    Args:
        picture: Its path.
        sight: What was seen, None for a picture that failed.
        error: What was wrong with it, None otherwise.
        annotated: The annotated picture.
    """

    picture: Path
    sight: Sight | None = None
    error: Exception | None = None
    annotated: np.ndarray | None = None

    @property
    def reason(self) -> str:
        """What was wrong with it in one line; empty where nothing was."""
        if self.error is None:
            return ""
        text = " ".join(text_of(self.error).split())
        # An error of another kind does not name the picture.
        known = isinstance(self.error, ValueError | OSError)
        return text if known else f"{shown_path(self.picture)}: {type(self.error).__name__}: {text}"


def look_at_pictures(
    pictures: Sequence[tuple[Path, Path]],
    detect: Callable[[np.ndarray], Sequence[FaceEmotion]],
    outputs: Outputs,
    folder: Path | None = None,
    fetched: bytes | None = None,
) -> Iterator[Outcome]:
    """Annotates pictures.

    Args:
        pictures: Path of each picture, and of its annotated copy.
        detect: Finds the faces of a BGR image and what they express.
        outputs: Where the results go.
        folder: One that all pictures are in, or below: crops lie as deep below theirs.
        fetched: The bytes of the only picture, if they are not in its file.

    Yields:
        An outcome for each picture, in their order.

    Raises:
        OSError: If something cannot be written: then the next one could not either.
    """
    for picture, output in pictures:
        outcome = look_at_picture(picture, output, detect, outputs, name_below(picture, folder), fetched)
        if outcome.sight is None:
            outputs.record_failure(shown_path(picture), outcome.reason)
        yield outcome


def look_at_picture(
    picture: Path,
    output: Path,
    detect: Callable[[np.ndarray], Sequence[FaceEmotion]],
    outputs: Outputs,
    name: str,
    fetched: bytes | None = None,
) -> Outcome:
    """Annotates one picture.

    Args:
        picture: Its path.
        output: That of its annotated copy.
        detect: Finds the faces of a BGR image and what they express.
        outputs: Where the result goes; a failure is left to the caller to record.
        name: What the crops' names start with.
        fetched: The picture's bytes, if they are not in its file.

    Raises:
        OSError: If something cannot be written: then the next picture could not either.
    """
    try:
        return _look_at(picture, output, detect, outputs, name, fetched)
    except _CannotWriteError as error:
        raise error.error from error
    except Exception as error:  # noqa: BLE001 - whatever one picture does, the others are looked at
        return Outcome(picture, error=error)


def name_below(picture: Path, folder: Path | None) -> str:
    """What a picture's crops are named after: its name, with the folders between it and ``folder``."""
    return picture.name if folder is None else str(full_path(picture).relative_to(full_path(folder)))


def look_at_input(
    source: Input,
    output: Path,
    detect: Callable[[np.ndarray], Sequence[FaceEmotion]],
    outputs: Outputs,
    look: LookAtPictures = look_at_pictures,
) -> Iterator[Outcome]:
    """Annotates the picture, or all the pictures, of an input.

    Args:
        source: An input of pictures.
        output: The annotated picture, or the folder for several.
        detect: Finds the faces of a BGR image and what they express.
        outputs: Where the results go.
        look: Annotates several pictures: one after the other, or in several processes.

    Returns:
        An outcome for each picture, in their order, while they are looked at.

    Raises:
        ValueError: If no picture can be read, or a copy would replace a picture of the input.
        OSError: If something cannot be written.
    """
    pairs = [(source.pictures[0], output)]
    if source.folder is not None:
        pairs = annotated_paths(source.pictures, source.folder, output)

    def outcomes() -> Iterator[Outcome]:
        failed = 0
        if source.fetched is not None:
            looked = look_at_pictures(pairs, detect, outputs, source.folder, source.fetched)
        else:
            looked = look(pairs, detect, outputs, source.folder)
        for outcome in looked:
            failed += outcome.sight is None
            if source.folder is None and outcome.error is not None:
                raise outcome.error
            yield outcome
        if failed == len(pairs):
            raise ValueError(f"None of the {failed:,} pictures could be read.")

    return outcomes()


def annotated_paths(pictures: Sequence[Path], folder: Path, output: Path) -> list[tuple[Path, Path]]:
    """Pairs pictures with the paths of their annotated copies: the same names below another folder, none of them twice.

    Args:
        pictures: The pictures.
        folder: A folder that all of them are in, or below.
        output: The folder for the copies.

    Raises:
        ValueError: If the output folder is a file, or a copy would replace a picture of the input.
        OSError: If a copy's path is a folder, a pipe or a device.

    Example:
        >>> annotated_paths([Path("in/a.jpg"), Path("in/b.psd")], Path("in"), Path("out"))[1][1].as_posix()
        'out/b.psd.png'
    """
    if output.exists() and not output.is_dir():
        raise ValueError(f"The output of several pictures must be a folder, but {output} is a file.")
    inputs = {picture.resolve() for picture in pictures}
    taken: set[Path] = set()
    pairs = []
    for picture in pictures:
        copy = output / full_path(picture).relative_to(full_path(folder))
        if not can_write(picture.suffix):
            copy = copy.with_name(f"{copy.name}.png")
        number, stem = 2, copy.stem
        while copy in taken:
            copy = copy.with_name(f"{stem}-{number}{copy.suffix}")
            number += 1
        taken.add(copy)
        if copy.resolve() in inputs:
            raise ValueError(f"The output must not replace the input. Received: {output} for {folder}")
        check_can_replace(copy)
        pairs.append((picture, copy))
    return pairs


class _CannotWriteError(Exception):
    """Carries an error past those of a picture."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def _look_at(
    picture: Path,
    output: Path,
    detect: Callable[[np.ndarray], Sequence[FaceEmotion]],
    outputs: Outputs,
    name: str,
    fetched: bytes | None,
) -> Outcome:
    encoded = read_encoded(picture) if fetched is None else fetched
    image = decode_image(encoded, str(picture))
    faces = tuple(SeenFace(face) for face in detect(image))
    sight = Sight(shown_path(picture), (image.shape[1], image.shape[0]), faces, images=count_images(encoded))
    annotated = outputs.draw(sight, image)
    try:
        write_image(output, annotated)
        outputs.record(sight, image, name)
    except OSError as error:
        # A name that is too long is this picture's alone; a full disk is not.
        if errno.ENAMETOOLONG in (error.errno, getattr(error.__cause__, "errno", None)):
            raise
        raise _CannotWriteError(error) from error
    return Outcome(picture, sight, annotated=annotated)
