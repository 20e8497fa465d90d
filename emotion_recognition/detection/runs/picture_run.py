"""Looks at pictures, one after the other; a bad one is reported and does not stop the rest.

Paths go in; annotated pictures and one outcome per picture come out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.runs.inputs import Input
from emotion_recognition.detection.runs.outputs import Outputs
from emotion_recognition.detection.seen_face import SeenFace, Sight
from emotion_recognition.pictures.image_file import can_write, read_image, write_image


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of a picture.

    Args:
        picture: Its path.
        sight: What was seen, None for a picture that could not be read.
        error: Why it could not be read, one line, None otherwise.
        annotated: The annotated picture.
    """

    picture: Path
    sight: Sight | None = None
    error: str | None = None
    annotated: np.ndarray | None = None


def look_at_pictures(
    pictures: Sequence[tuple[Path, Path]],
    detect: Callable[[np.ndarray], Sequence[FaceEmotion]],
    outputs: Outputs,
) -> Iterator[Outcome]:
    """Annotates pictures.

    Args:
        pictures: Path of each picture, and of its annotated copy.
        detect: Finds the faces of a BGR image and what they express.
        outputs: Where the results go.

    Yields:
        An outcome for each picture, in their order.

    Raises:
        OSError: If something cannot be written: then the next one could not either.
    """
    for picture, output in pictures:
        try:
            image = read_image(picture)
        except (ValueError, OSError) as error:
            reason = " ".join(str(error).split())
            outputs.record_failure(str(picture), reason)
            yield Outcome(picture, error=reason)
            continue
        faces = tuple(SeenFace(face) for face in detect(image))
        sight = Sight(str(picture), (image.shape[1], image.shape[0]), faces)
        annotated = outputs.draw(sight, image)
        write_image(output, annotated)
        outputs.record(sight, image, output.stem)
        yield Outcome(picture, sight, annotated=annotated)


def look_at_input(
    source: Input, output: Path, detect: Callable[[np.ndarray], Sequence[FaceEmotion]], outputs: Outputs
) -> Iterator[Outcome]:
    """Annotates the picture, or all the pictures, of an input.

    Args:
        source: An input of pictures.
        output: The annotated picture, or the folder for several.
        detect: Finds the faces of a BGR image and what they express.
        outputs: Where the results go.

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
        for outcome in look_at_pictures(pairs, detect, outputs):
            failed += outcome.sight is None
            if source.folder is None and outcome.error is not None:
                raise ValueError(outcome.error)
            yield outcome
        if failed == len(pairs):
            raise ValueError(f"None of the {failed:,} pictures could be read.")

    return outcomes()


def annotated_paths(pictures: Sequence[Path], folder: Path, output: Path) -> list[tuple[Path, Path]]:
    """Pairs pictures with the paths of their annotated copies: the same names below another folder.

    Args:
        pictures: The pictures.
        folder: A folder that all of them are in, or below.
        output: The folder for the copies.

    Raises:
        ValueError: If the output folder is a file, or a copy would replace a picture of the input.

    Example:
        >>> annotated_paths([Path("in/a.jpg"), Path("in/b.psd")], Path("in"), Path("out"))[1][1].as_posix()
        'out/b.psd.png'
    """
    if output.exists() and not output.is_dir():
        raise ValueError(f"The output of several pictures must be a folder, but {output} is a file.")
    inputs = {picture.resolve() for picture in pictures}
    pairs = []
    for picture in pictures:
        copy = output / picture.absolute().relative_to(folder.absolute())
        if not can_write(picture.suffix):
            copy = copy.with_name(f"{copy.name}.png")
        if copy.resolve() in inputs:
            raise ValueError(f"The output must not replace the input. Received: {output} for {folder}")
        pairs.append((picture, copy))
    return pairs
