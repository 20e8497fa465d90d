"""The card: a JSON file beside each model with what it takes to know it and to repeat it.

It has the model's name with ``.json``. Training writes all of it; a minimal one, for a model from elsewhere, says how
to use it::

    {
      "network": "mini_xception",
      "class_names": ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"],
      "input": {"pixels": "-1..1", "interpolation": "linear", "colour": "grey"},
      "output": "probabilities",
      "calibration": {"temperature": 1.3}
    }

``class_names``, the only entry that must be there, are the classes in the order of the outputs; other words for the
emotions, as in :data:`~emotion_recognition.emotions.SYNONYMS`, will do. ``pixels`` is the range that the network
expects: "0..255", "0..1" or "-1..1". ``interpolation`` is how its training images were resized: "area", "linear",
"cubic", or "auto", the first where an image shrinks and the last where it grows. ``colour`` is what it learned from:
"grey", also where grey is repeated in three channels, "RGB" or "BGR". ``output`` is "probabilities", "logits",
"sigmoid" for one score a class, or "auto", told from the values. The temperature divides the logits; 1 changes nothing.
What is left out is assumed, see :func:`~emotion_recognition.models.conventions.read_conventions`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emotion_recognition.atomic_file import write_json
from emotion_recognition.workspace import FER2013, card_path

#: The entry of a card that was written for a model without one: nobody has stated its class names.
ASSUMED = "class_names_assumed"

_REQUIRED = ("class_names",)


def write_card(model_path: Path, card: Mapping[str, Any]) -> None:
    """Writes the card of a model.

    Args:
        model_path: The model file; the card gets its name with ``.json``.
        card: At least ``class_names`` (list of str, in the order of the outputs).

    Raises:
        ValueError: If a required entry is missing.
    """
    missing = [key for key in _REQUIRED if key not in card]
    if missing:
        raise ValueError(f"card must have the entries {list(_REQUIRED)}. Missing: {missing}")
    write_json(card_path(model_path), card)


def read_card(model_path: Path) -> dict[str, Any] | None:
    """Reads the card of a model; None when there is none.

    Raises:
        ValueError: If the file is there but is no card.
    """
    path = card_path(model_path)
    if not path.is_file():
        return None
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from error
    names = card.get("class_names") if isinstance(card, dict) else None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path} is not a model's card: it must have class_names, a list of names.")
    return card


def record_metrics(model_path: Path, split: str, metrics: Mapping[str, Any], *, labels: str = FER2013) -> None:
    """Writes a model's figures on a split into its card; does nothing for a model without a card.

    Args:
        model_path: The model file.
        split: "val" or "test".
        metrics: The figures, as JSON values; they replace what the card had for that split.
        labels: Where the split's labels are from. Figures on other labels than the model learned stand beside those
            on its own, as in "ferplus_test".
    """
    card = read_card(model_path)
    if card is not None:
        own = card.get("data", {}).get("labels", FER2013)
        key = split if labels == own else f"{labels}_{split}"
        write_card(model_path, {**card, "metrics": {**card.get("metrics", {}), key: dict(metrics)}})
