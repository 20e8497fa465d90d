"""Takes a few images of each class out of a split's file without reading the rest, for a look at what was built."""

from pathlib import Path

import h5py
import numpy as np

#: Images of a class in the figure.
PER_CLASS = 10


def read_samples(path: Path, per_class: int = PER_CLASS) -> dict[str, np.ndarray]:
    """Reads images of each class, spread evenly over the file.

    Args:
        path: The HDF5 file of a split, as :mod:`emotion_recognition.data.files.hdf5` writes it.
        per_class: How many of each class, at most.

    Returns:
        For each class in label order, uint8 array (n, height, width, channels), 0..255.
    """
    with h5py.File(path, "r") as file:
        images, labels = file["images"], file["labels"][:]
        samples = {}
        for label, name in enumerate(file.attrs["class_names"]):
            rows = np.flatnonzero(labels == label)
            chosen = rows[np.linspace(0, len(rows) - 1, min(per_class, len(rows))).round().astype(int)]
            samples[str(name)] = np.array([images[row] for row in chosen], np.uint8).reshape(-1, *images.shape[1:])
    return samples
