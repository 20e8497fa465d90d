"""A trained network's doubts about the labels of whole splits; the audit lists them.

Before: HDF5 splits and a model file; next: :func:`emotion_recognition.data.audit.audit.audit_splits`.
"""

from collections.abc import Mapping
from pathlib import Path

from emotion_recognition.data.audit.label_errors import check_cleanlab, likely_label_errors
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.emotions import check_same_classes
from emotion_recognition.evaluation.predictions import predict
from emotion_recognition.models.files import classes_of, load_network


def find_likely_errors(
    model_path: Path, splits: Mapping[str, Split], *, progress: bool = False
) -> dict[str, list[tuple[int, int]]]:
    """Finds each split's likely wrong labels, see :mod:`emotion_recognition.data.audit.label_errors`.

    Args:
        model_path: A model with the splits' classes.
        splits: The splits by name.
        progress: Whether to show a progress bar, where standard error is a terminal.

    Returns:
        For each split pairs of a row and the class that the network sees there, the most doubtful first. Rows whose
        most probable class is the label are not among them.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If cleanlab is missing, the model has other classes, or cannot take the images.
    """
    check_cleanlab()
    network = load_network(model_path)
    names, _ = classes_of(model_path, network)
    check_same_classes(next(iter(splits.values())).class_names, "the data set", names, f"the model {model_path}")
    found = {}
    for name, split in splits.items():
        probabilities = predict(network, split.images, progress=progress).probabilities
        seen = probabilities.argmax(axis=1)
        rows = likely_label_errors(split.labels, probabilities)
        found[name] = [(int(row), int(seen[row])) for row in rows if seen[row] != split.labels[row]]
    return found
