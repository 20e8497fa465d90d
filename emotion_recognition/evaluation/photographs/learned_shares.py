"""The class shares of the training split that a model's card names, where the card itself has none.

Next: :mod:`emotion_recognition.evaluation.photographs.fitting` fits their power.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.emotions import class_order
from emotion_recognition.error_about import about
from emotion_recognition.models.card import read_card
from emotion_recognition.workspace import FER2013, LABELS, Variant, Workspace, card_path


def learned_shares(model: Path, class_names: Sequence[str], workspace: Workspace) -> np.ndarray:
    """Counts the classes of the training split that a model has learned from.

    Args:
        model: The model file; its card says what its training split was built from.
        class_names: The classes in the order that is wanted.
        workspace: Where the split lies, if it is built.

    Returns:
        float64 array (classes,), above 0, adding up to 1.

    Raises:
        ValueError: If the split is not there, is another than the card names, or has a class without images.
    """
    data: Mapping[str, Any] = (read_card(model) or {}).get("data", {})
    labels = data.get("labels", FER2013)
    missing = f"{card_path(model)} has no class shares, under prior, to fit a power of"
    if "sha256" not in data or labels not in LABELS:
        raise about(ValueError(f"{missing}, and names no training split."), "fit_prior")
    path = workspace.split_path("train", len(class_names), variant=Variant(labels=labels))
    if not path.is_file():
        raise about(ValueError(f"{missing}, and its training split is not built: {path}."), "fit_prior")
    train = read_split(path, stream_above=0)
    if train.source_sha256 != data["sha256"] or len(train.labels) != data.get("images", {}).get("train"):
        raise about(ValueError(f"{missing}, and {path} is not the training split that it names."), "fit_prior")
    counts = train.class_counts()
    if not counts.all():
        raise about(ValueError(f"{missing}, and {path} has no image of some classes."), "fit_prior")
    order = class_order(class_names, "the photographs", train.class_names, str(path))
    shares = counts / counts.sum()
    return np.asarray(shares if order is None else shares[list(order)])
