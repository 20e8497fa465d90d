"""A trained network's doubts about the labels of whole splits; the audit lists them.

Before: HDF5 splits and a model file; next: :func:`emotion_recognition.data.audit.audit.audit_splits`.
"""

from collections.abc import Mapping
from pathlib import Path

from emotion_recognition.data.audit.label_errors import check_cleanlab, likely_label_errors
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.evaluation.ensemble import Ensemble
from emotion_recognition.models.conventions import say


def find_likely_errors(
    model_path: Path, splits: Mapping[str, Split], *, progress: bool = False
) -> dict[str, list[tuple[int, int]]]:
    """Finds each split's likely wrong labels, see :mod:`emotion_recognition.data.audit.label_errors`.

    Args:
        model_path: A model with the splits' classes.
        splits: The splits by name.
        progress: Whether to show on standard error how far it is.

    Returns:
        For each split pairs of a row and the class that the network sees there, the most doubtful first. Rows whose
        most probable class is the label are not among them.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If cleanlab is missing, the model has other classes, or cannot take the images.
    """
    check_cleanlab()
    ensemble = Ensemble.from_files([model_path], next(iter(splits.values())).class_names)
    say(ensemble.assumed)
    found = {}
    for name, split in splits.items():
        # Without the temperature: confident learning sets each class's threshold from the network's own confidence.
        probabilities = ensemble.predict(split.images, progress=progress).uncalibrated
        seen = probabilities.argmax(axis=1)
        rows = likely_label_errors(split.labels, probabilities)
        found[name] = [(int(row), int(seen[row])) for row in rows if seen[row] != split.labels[row]]
    return found
