"""Predictions for images without labels, as the competition wants them: a CSV with one emotion per row.

Before: :class:`~emotion_recognition.evaluation.ensemble.Ensemble` predicts the images of
:mod:`emotion_recognition.data.files.unlabelled`; this is the last stage.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.emotions import FER2013_EMOTIONS, emotion_of_word


def write_submission(path: Path, labels: np.ndarray, class_names: Sequence[str]) -> None:
    """Writes a line for each image, in their order, and nothing else; complete or not at all.

    Args:
        path: The CSV to write or replace.
        labels: Integer array (N,), indices into ``class_names``.
        class_names: The classes in label order. Where all of them are FER2013's emotions, their indices in FER2013,
            0..6, are written, whatever their labels; otherwise the classes' names.

    Raises:
        OSError: If the file cannot be written.
    """
    emotions = [emotion_of_word(name) for name in class_names]
    known = all(emotion in FER2013_EMOTIONS for emotion in emotions) and len(set(emotions)) == len(emotions)
    values = [str(FER2013_EMOTIONS.index(emotion)) for emotion in emotions if emotion] if known else class_names
    with replace_when_complete(path) as partial:
        partial.write_text("".join(f"{values[label]}\n" for label in labels), encoding="utf-8")
