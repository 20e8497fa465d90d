"""The class shares of the training split that a model's card names, where the card itself has none.

Next: :mod:`emotion_recognition.evaluation.photographs.fitting` fits their power.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.emotions import CLASS_COUNTS, class_order
from emotion_recognition.emotions import class_names as emotion_names
from emotion_recognition.error_about import about
from emotion_recognition.models.card import read_card
from emotion_recognition.workspace import CHANNELS, FER2013, IMAGE_SIZES, LABELS, Variant, Workspace, card_path


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
    card = read_card(model) or {}
    data: Mapping[str, Any] = card.get("data", {})
    labels = data.get("labels", FER2013)
    missing = f"{card_path(model)} has no class shares, under prior, to fit a power of"
    if "sha256" not in data or labels not in LABELS:
        raise about(ValueError(f"{missing}, and names no training split."), "fit_prior")
    path = workspace.split_path("train", len(class_names), variant=_variant_of(card, class_names, labels))
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


def _variant_of(card: Mapping[str, Any], class_names: Sequence[str], labels: str) -> Variant:
    """The build that a model's images came from, by its card; images of any other size were never built."""
    taken = card.get("input", {})
    size, channels = taken.get("image_size"), taken.get("channels")
    is_own = not set(class_names) <= {name for count in CLASS_COUNTS for name in emotion_names(count)}
    usual = Variant()
    return Variant(
        is_own,
        size if size in IMAGE_SIZES else usual.image_size,
        channels if channels in CHANNELS and taken.get("colour") == "RGB" else usual.channels,
        labels,
    )
