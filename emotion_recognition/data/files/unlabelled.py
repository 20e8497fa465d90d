"""The HDF5 file of images without labels: what the competition's ``test.csv`` becomes, for predictions.

Stage before: :mod:`emotion_recognition.data.building.build`; next:
:mod:`emotion_recognition.evaluation.submission`.
"""

from pathlib import Path

import h5py
import numpy as np

from emotion_recognition.data.files.contract import check_content, checked_dataset
from emotion_recognition.error_about import about
from emotion_recognition.sealed_hdf5 import DAMAGE, open_hdf5

_FORMAT = "unlabelled images, version 1"


def describe_unlabelled(file: h5py.File, source_name: str) -> None:
    """Writes everything but the images into an open file.

    Args:
        file: The file.
        source_name: Name of the file that the images come from, without its folder.
    """
    file.attrs.update(format=_FORMAT, source_name=source_name)


def read_unlabelled(path: Path) -> np.ndarray:
    """Reads all images of such a file: uint8 array (N, height, width, channels), 0..255.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is none that a build wrote.
    """
    if not path.exists():
        raise about(FileNotFoundError(f"There is no {path}."), "build_unlabelled")
    try:
        with open_hdf5(path) as file:
            if file.attrs.get("format") != _FORMAT:
                raise ValueError("it is of another kind")
            images = checked_dataset(file, "images", np.uint8, (None, None, None, None))
            check_content(file, images, path)
            return np.asarray(images[:])
    except DAMAGE as error:
        raise about(
            ValueError(f"{path} holds no images that can be read: {' '.join(str(error).split())}; build it again."),
            "build_unlabelled_again",
        ) from error
