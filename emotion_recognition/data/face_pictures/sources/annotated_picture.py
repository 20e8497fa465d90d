"""What a source says about one picture, before the picture is opened.

The readers :mod:`emotion_recognition.data.face_pictures.sources.csv_source` and
:mod:`emotion_recognition.data.face_pictures.sources.wider_source` make lists of them;
:mod:`emotion_recognition.data.face_pictures.assembling` opens the pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: x, y, width and height in pixels of the upright picture.
FaceBox = tuple[float, float, float, float]

#: No picture has so many pixels in a row; a larger coordinate is a mistake.
LARGEST_COORDINATE = 1_000_000


@dataclass
class AnnotatedPicture:
    """A picture's file and its faces. A reader fills it face by face.

    Args:
        name: The file's name, with ``/`` between its parts, relative to the folder of the pictures.
        source: Where the picture, with its first box, is from; "" if unknown.
        boxes: The box of each face; parts may lie outside the picture.
        ignored: Whether each face neither counts as found nor as missed.
        masks: How each face wears a medical mask; "" if unknown.
    """

    name: str
    source: str = ""
    boxes: list[FaceBox] = field(default_factory=list)
    ignored: list[bool] = field(default_factory=list)
    masks: list[str] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class AnnotationFile:
    """One file of annotations, read.

    Args:
        path: The file.
        folder: The folder that the pictures' names are relative to.
        pictures: What it says, in the file's order.
        boxes_dropped: How many boxes the reader left out because they have no size.
    """

    path: Path
    folder: Path
    pictures: Sequence[AnnotatedPicture]
    boxes_dropped: int = 0
