"""The HDF5 file of images without labels: what the competition's ``test.csv`` becomes, for predictions.

Stage before: :mod:`emotion_recognition.data.building.csv_building`; next:
:mod:`emotion_recognition.evaluation.submission`.
"""

from collections.abc import Iterable
from pathlib import Path

import h5py
import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.data.files.split_writer import SplitWriter

_FORMAT = "unlabelled images, version 1"


def write_unlabelled(
    path: Path, chunks: Iterable[np.ndarray], image_shape: tuple[int, int, int], source_name: str
) -> None:
    """Writes images, in their order, complete or not at all.

    Args:
        path: The file to write or replace.
        chunks: uint8 arrays (n, height, width, channels), 0..255.
        image_shape: Height, width and channels of every image.
        source_name: Name of the file that they come from, without its folder.

    Raises:
        OSError: If the file cannot be written.
    """
    with replace_when_complete(path) as partial, SplitWriter(partial, image_shape) as writer:
        for chunk in chunks:
            writer.append(chunk)
        writer.finish(lambda file: file.attrs.update(format=_FORMAT, source_name=source_name))


def read_unlabelled(path: Path) -> np.ndarray:
    """Reads all images of such a file: uint8 array (N, height, width, channels), 0..255.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is none that :func:`write_unlabelled` wrote.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no {path}; BuildDataset.py --input test.csv writes it.")
    try:
        with h5py.File(path, "r") as file:
            if file.attrs.get("format") != _FORMAT:
                raise ValueError("it is of another kind")
            return np.asarray(file["images"][:])
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ValueError(
            f"{path} holds no images that can be read: {' '.join(str(error).split())}; "
            "build it again with BuildDataset.py --input test.csv --overwrite."
        ) from error
