"""What a process does with items: looks at each, and gives two tables. The same for every engine.

Next: :mod:`emotion_recognition.collection.annotate` joins the tables of a shard and writes them.
"""

import contextlib
import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_recognition.collection.fingerprint import Fingerprint, fingerprint_of
from emotion_recognition.collection.items import VIDEO, Item
from emotion_recognition.collection.places import is_url, read_place
from emotion_recognition.detection.detector_plan import DetectorPlan
from emotion_recognition.detection.face_emotion import DIGITS
from emotion_recognition.detection.results.parquet_file import face_rows, face_schema
from emotion_recognition.detection.seen_face import SeenFace, Sight
from emotion_recognition.detection.video.reader import VideoReader
from emotion_recognition.error_about import text_of
from emotion_recognition.pictures.image_file import decode_image
from emotion_recognition.quantity import quantity

if TYPE_CHECKING:
    import pyarrow as pa

    from emotion_recognition.detection.emotion_detector import EmotionDetector

#: What the second table says of a picture.
WITHOUT_FACE, UNREADABLE = "no face", "unreadable"

_OTHER_COLUMNS = {
    "file": "string",
    "frame": "int64",
    "time": "float64",
    "picture_width": "int32",
    "picture_height": "int32",
    "status": "string",
    "error": "string",
}


@dataclass(frozen=True)
class Tables:
    """What was seen on some items.

    Args:
        faces: A row for each face.
        others: A row for each picture or frame without a face, and for each picture or video that cannot be read whole.
        counts: Number of pictures, frames, faces, pictures without a face, and unreadable ones.
    """

    faces: "pa.Table"
    others: "pa.Table"
    counts: dict[str, int]


@dataclass(frozen=True)
class ShardWork:
    """Opens the detector in a process; gives what looks at items.

    Args:
        plan: What to open.
        fingerprint: The hashes that it must have, as the first process has them.
        class_names: The emotions in label order.
        every: Every how many-th frame of a video is looked at.
    """

    plan: DetectorPlan
    fingerprint: Fingerprint
    class_names: tuple[str, ...]
    every: int = 1

    def __call__(self) -> Callable[[Sequence[Item]], Tables]:
        """Opens the detector.

        Raises:
            ValueError: If this machine has another model or face detector.
        """
        detector = self.plan.open()
        own = fingerprint_of(self.plan, detector)
        if own != self.fingerprint:
            raise ValueError(
                f"The machine {platform.node()} has another model or face detector than the one that started the work. "
                f"Received: {own} in place of {self.fingerprint}"
            )

        def look(items: Sequence[Item]) -> Tables:
            rows = _Rows()
            for item in items:
                _look_at(item, detector, rows, self.every)
            return self.tables(rows)

        return look

    def lost(self, item: Item, reason: str) -> Tables:
        """The tables of an item that nothing is known of but what became of the processes that looked at it."""
        rows = _Rows()
        rows.add_failure(item, f"{item.name}: the process that looked at it {reason}.")
        return self.tables(rows)

    def tables(self, rows: "_Rows") -> Tables:
        """Tables of rows."""
        import pyarrow as pa

        schema = face_schema(self.class_names, self.plan.embeddings)
        others = pa.schema([pa.field(name, pa.type_for_alias(kind)) for name, kind in _OTHER_COLUMNS.items()])
        made = []
        for own, found in ((schema, rows.faces), (others, rows.others)):
            table = pa.Table.from_pylist(found, schema=own)
            for name, value in (("model", self.fingerprint.model), ("detector", self.fingerprint.detector)):
                table = table.append_column(name, pa.array([value] * len(found), pa.string()))
            made.append(table)
        return Tables(made[0], made[1], rows.counts)


@dataclass
class _Rows:
    faces: list[dict[str, Any]] = field(default_factory=list)
    others: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("pictures", "frames", "faces", "without_face", "unreadable"), 0)
    )

    def add(self, sight: Sight) -> None:
        self.counts["pictures" if sight.frame is None else "frames"] += 1
        self.counts["faces"] += len(sight.faces)
        self.faces += face_rows(sight)
        if not sight.faces:
            self.counts["without_face"] += 1
            width, height = sight.size
            self.others.append(
                {
                    "file": sight.file,
                    "frame": sight.frame,
                    "time": None if sight.time is None else round(sight.time, DIGITS),
                    "picture_width": width,
                    "picture_height": height,
                    "status": WITHOUT_FACE,
                }
            )

    def add_failure(self, item: Item, reason: str) -> None:
        self.counts["unreadable"] += 1
        if item.kind != VIDEO:
            self.counts["pictures"] += 1
        self.others.append({"file": item.name, "status": UNREADABLE, "error": reason})


def _look_at(item: Item, detector: "EmotionDetector", rows: _Rows, every: int) -> None:
    try:
        for sight in _sights(item, detector, every):
            rows.add(sight)
    except Exception as error:  # noqa: BLE001 - whatever one picture does, the others are looked at
        text = " ".join(text_of(error).split())
        known = isinstance(error, ValueError | OSError)
        rows.add_failure(item, text if known else f"{item.name}: {type(error).__name__}: {text}")


def _sights(item: Item, detector: "EmotionDetector", every: int) -> Iterator[Sight]:
    if item.kind != VIDEO:
        image = decode_image(item.read(), item.name)
        faces = tuple(SeenFace(face) for face in detector.detect(image))
        yield Sight(item.name, (image.shape[1], image.shape[0]), faces)
        return
    with contextlib.ExitStack() as stack:
        path = Path(item.place)
        if is_url(item.place):
            # OpenCV opens files of this machine.
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            path = Path(folder, f"video{Path(item.place).suffix}")
            path.write_bytes(read_place(item.place))
        reader = stack.enter_context(VideoReader(path))
        for frame in reader:
            if frame.number % every == 0:
                faces = tuple(SeenFace(face) for face in detector.detect(frame.image))
                size = (frame.image.shape[1], frame.image.shape[0])
                yield Sight(item.name, size, faces, frame.number, frame.time)
        if reader.lost:
            raise ValueError(f"{item.name}: {quantity(reader.lost, 'frame')} could not be decoded.")
