"""A folder with a CSV of face boxes for each split, as a source; the reader of the CSVs is ``csv_source``."""

from pathlib import Path

from emotion_recognition.data.face_pictures.sources.csv_source import read_face_csv
from emotion_recognition.data.face_pictures.sources.face_source import FaceSource, FaceSourceKind, with_own_val
from emotion_recognition.data.sources.stratified import SplitShares
from emotion_recognition.workspace import FACE_SPLITS


def _recognise(path: Path) -> bool:
    return all((path / f"{split}.csv").is_file() for split in FACE_SPLITS)


def _open(path: Path, shares: SplitShares) -> FaceSource:
    return with_own_val(KIND.name, {split: read_face_csv(path / f"{split}.csv") for split in FACE_SPLITS}, shares)


KIND = FaceSourceKind(
    name="train.csv and val.csv with face boxes",
    description=(
        "a folder with train.csv and val.csv: file,x,y,w,h in pixels, perhaps source,mask, one row a face;\n"
        "the numbers of a picture without a face are empty; the pictures lie in train/ and val/ beside them"
    ),
    recognise=_recognise,
    open=_open,
)
