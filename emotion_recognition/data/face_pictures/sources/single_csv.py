"""One CSV of face boxes, as a source, of which val becomes a part; its reader is ``csv_source``."""

from pathlib import Path

from emotion_recognition.data.face_pictures.sources.csv_source import read_face_csv
from emotion_recognition.data.face_pictures.sources.face_source import FaceSource, FaceSourceKind, divided
from emotion_recognition.data.sources.stratified import SplitShares

#: The CSV of a folder that has no other.
_IN_FOLDER = "train.csv"


def _recognise(path: Path) -> bool:
    return (path / _IN_FOLDER).is_file() if path.is_dir() else path.suffix.lower() == ".csv"


def _open(path: Path, shares: SplitShares) -> FaceSource:
    return divided(KIND.name, read_face_csv(path / _IN_FOLDER if path.is_dir() else path), shares)


KIND = FaceSourceKind(
    name="a CSV with face boxes",
    description="one CSV like these, of which val becomes a part; the pictures in a folder of its name or beside it",
    recognise=_recognise,
    open=_open,
)
