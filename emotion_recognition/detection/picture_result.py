"""What was found on a picture: a sequence of faces that can also be written as a dictionary, as JSON or as a table."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.seen_face import SeenFace, Sight

if TYPE_CHECKING:
    import pandas as pd

#: Columns of a table of faces before the probabilities.
TABLE_COLUMNS = ("file", "x", "y", "width", "height", "score", "emotion")


@dataclass(frozen=True, eq=False)
class PictureResult(Sequence[FaceEmotion]):
    """The faces of a picture, highest detector score first; equal to any sequence of the same faces.

    Args:
        faces: The faces with what they express.
        size: Width and height of the upright picture in pixels.
        class_names: The emotions in label order; a picture without faces has them too.
        file: Path of the picture; None for an array and for bytes.

    Example:
        >>> result = PictureResult((FaceEmotion((1, 2, 30, 40), 0.9, {"happy": 1.0}),), (640, 480), ("happy",))
        >>> len(result), result[0].emotion, result.to_dict()["width"]
        (1, 'happy', 640)
    """

    faces: tuple[FaceEmotion, ...]
    size: tuple[int, int]
    class_names: tuple[str, ...]
    file: str | None = None

    @overload
    def __getitem__(self, index: int) -> FaceEmotion: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[FaceEmotion, ...]: ...
    def __getitem__(self, index: int | slice) -> FaceEmotion | tuple[FaceEmotion, ...]:
        return self.faces[index]

    def __len__(self) -> int:
        return len(self.faces)

    def __iter__(self) -> Iterator[FaceEmotion]:
        return iter(self.faces)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Sequence) and not isinstance(other, str | bytes):
            return list(self.faces) == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def to_dict(self) -> dict[str, Any]:
        """Everything that is known, as values that JSON has: file, width, height, faces."""
        width, height = self.size
        return {"file": self.file, "width": width, "height": height, "faces": [face.to_dict() for face in self.faces]}

    def to_json(self) -> str:
        """:meth:`to_dict` as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    def to_dataframe(self) -> "pd.DataFrame":
        """A table with a row for each face, see :func:`to_dataframe`."""
        return to_dataframe([self])


def to_dataframe(results: PictureResult | Iterable[PictureResult | Sight | tuple[Any, Sight]]) -> "pd.DataFrame":
    """Makes a table of the faces of a picture, of many, or of the frames of a video.

    Args:
        results: From ``detect`` or ``detect_batch`` of
            :class:`~emotion_recognition.detection.emotion_detector.EmotionDetector`; or from
            :func:`~emotion_recognition.detection.faces_of_video`, with the frames or without.

    Returns:
        A row for each face, in their order, with the columns :data:`TABLE_COLUMNS` and one for each emotion's
        probability, 0..1; of frames also ``frame``, ``time`` in seconds, ``carried`` and ``identity``; where there are
        feature vectors, ``embedding``. A picture without faces has no row.

    Raises:
        ValueError: If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ValueError("A table needs pandas; install it with: pip install pandas") from error
    names: dict[str, None] = {}
    more: dict[str, None] = {}
    rows = []
    for given in [results] if isinstance(results, PictureResult) else results:
        result = given[1] if isinstance(given, tuple) else given
        frame = _of_frame(result) if isinstance(result, Sight) else {}
        more.update(dict.fromkeys(frame))
        names.update({} if isinstance(result, Sight) else dict.fromkeys(result.class_names))
        for face in result.faces:
            identity = {"carried": face.carried, "identity": face.identity} if isinstance(face, SeenFace) else {}
            rows.append({"file": result.file, **frame, **identity, **_of_face(_emotion_of(face))})
            names.update(dict.fromkeys(_emotion_of(face).probabilities))
    last = ["embedding"] if any("embedding" in row for row in rows) else []
    return pd.DataFrame(rows, columns=[TABLE_COLUMNS[0], *more, *TABLE_COLUMNS[1:], *names, *last])


def _of_frame(sight: Sight) -> dict[str, Any]:
    return {"frame": sight.frame, "time": sight.time, "carried": False, "identity": None}


def _emotion_of(face: FaceEmotion | SeenFace) -> FaceEmotion:
    return face.emotion if isinstance(face, SeenFace) else face


def _of_face(face: FaceEmotion) -> dict[str, Any]:
    return {
        **dict(zip(("x", "y", "width", "height"), face.box, strict=True)),
        "score": face.score,
        "emotion": face.emotion,
        **face.probabilities,
        **({} if face.embedding is None else {"embedding": face.embedding}),
    }
