"""Pictures with marked faces for the benchmarks: a CSV file and a folder of pictures come in.

The CSV file has the columns file, x, y, w and h, and may have source and mask: one row a face in pixels, one row with
empty numbers for a picture without one.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_recognition.pictures.image_header import PICTURE_SUFFIXES

#: A source that starts with this is a picture that was looked through and has no face.
_NO_FACE = "noface:"

#: The start of the sources of animals, whose heads detectors take for faces more often than anything else.
_ANIMALS = "noface:animal"


@dataclass(frozen=True, eq=False)
class MarkedPicture:
    """A picture with its marked faces.

    Args:
        path: The picture's file.
        boxes: float64 array (n, 4): x, y, width, height in pixels.
        ignored: bool array (n,): faces that neither count as found nor as missed; none in a CSV file.
        masks: For each box how the face wears a mask, "" where that is not known.
        source: Where its first row is from, "" where that is not known.
    """

    path: Path
    boxes: np.ndarray
    ignored: np.ndarray
    masks: tuple[str, ...]
    source: str


def read_marked_pictures(folder: Path, split: str) -> list[MarkedPicture]:
    """Reads ``<split>.csv``; the pictures lie in the folder ``<split>`` beside it.

    Returns:
        The pictures in the order of their first rows.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it has no rows or not the columns.
    """
    import pandas as pd

    path = folder / f"{split}.csv"
    if not path.is_file():
        raise FileNotFoundError(f"There is no {path}; name the folder that holds {split}.csv and {split}/.")
    try:
        table = pd.read_csv(
            path, dtype={"file": str, "source": str, "mask": str}, keep_default_na=False, na_values=[""]
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no table of marked faces: {error}") from error
    missing = [name for name in ("file", "x", "y", "w", "h") if name not in table.columns]
    if missing or table.empty:
        raise ValueError(f"{path} must have rows, and the columns file, x, y, w and h. Received: {list(table.columns)}")
    for name in ("source", "mask"):
        table[name] = table[name].fillna("") if name in table.columns else ""
    try:
        table = table.astype(dict.fromkeys(("x", "y", "w", "h"), np.float64))
    except ValueError as error:
        raise ValueError(f"{path} must have numbers for x, y, w and h: {error}") from error
    pictures = []
    for file, rows in table.groupby("file", sort=False):
        faces = rows[rows["w"].notna()]
        pictures.append(
            MarkedPicture(
                path=folder / split / str(file),
                boxes=faces[["x", "y", "w", "h"]].to_numpy(np.float64),
                ignored=np.zeros(len(faces), bool),
                masks=tuple(faces["mask"]),
                source=str(rows["source"].iloc[0]),
            )
        )
    return pictures


def faceless_groups(pictures: list[MarkedPicture]) -> dict[str, list[Path]]:
    """The pictures without a face, those of animals apart."""
    groups: dict[str, list[Path]] = {"animals": [], "others": []}
    for picture in pictures:
        if picture.source.startswith(_NO_FACE) and not len(picture.boxes):
            groups["animals" if picture.source.startswith(_ANIMALS) else "others"].append(picture.path)
    return {name: paths for name, paths in groups.items() if paths}


def pictures_below(folder: Path) -> list[Path]:
    """All pictures in a folder and the folders in it, by their suffixes.

    Raises:
        ValueError: If there is none.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file())
    if not paths:
        raise ValueError(f"There is no picture in {folder}.")
    return paths
