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
``"prior": {"class_shares": [...], "power": 0.5}`` has the classes' shares of the training images, in the order of the
outputs, and the power that probabilities are divided by it to, see :mod:`~emotion_recognition.models.prior`.
What is left out is assumed, see :func:`~emotion_recognition.models.conventions.read_conventions`.

``model_sha256``, which the project writes, is the SHA-256 of the model file. A card that has it is read beside that
very file alone: beside another, one of the two is what an interrupted run left.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

from emotion_recognition.atomic_file import write_json
from emotion_recognition.error_about import about
from emotion_recognition.workspace import FER2013, MODEL_SUFFIXES, card_path

#: The entry of a card that was written for a model without one: nobody has stated its class names.
ASSUMED = "class_names_assumed"

#: The entry with the SHA-256 of the model file.
_MODEL_SHA256 = "model_sha256"

_REQUIRED = ("class_names",)

#: Entries that hold for one file and its weights.
_OF_ONE_FILE = (_MODEL_SHA256, "onnx", "metrics", "photographs")

#: What the entries of a card must be where they are there; other readers check those that they alone read.
_KINDS: Mapping[str, tuple[type, str]] = {
    "network": (str, "a name"),
    "input": (dict, "an object"),
    "backbone": (dict, "an object"),
    "stages": (list, "a list of objects"),
    "data": (dict, "an object"),
    "metrics": (dict, "an object"),
    _MODEL_SHA256: (str, "64 hexadecimal digits"),
}

#: The largest card that is read, in bytes; a card is a few thousand.
_MOST_BYTES = 16 * 2**20


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
    of_model = {_MODEL_SHA256: sha256_of(model_path)} if _is_model(model_path) else {}
    write_json(card_path(model_path), {**card, **of_model})


def read_card(model_path: Path, *, check_model: bool = True) -> dict[str, Any] | None:
    """Reads the card of a model; None when there is none.

    Args:
        model_path: The model file; the card has its name with ``.json``.
        check_model: Whether to refuse the card of another model file.

    Raises:
        ValueError: If the file is there but is no card, or is the card of another model file.
    """
    path = card_path(model_path)
    if not path.exists():
        return None
    card = _read_json(path)
    names = card.get("class_names") if isinstance(card, dict) else None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{path} is not a model's card: it must have class_names, a list of names.")
    for key, (kind, words) in _KINDS.items():
        if key in card and not isinstance(card[key], kind):
            raise ValueError(f"{path}: {key} must be {words}. Received: {shortened(card[key])}")
    if not all(isinstance(stage, dict) for stage in card.get("stages", [])):
        raise ValueError(f"{path}: stages must be a list of objects. Received: {shortened(card['stages'])}")
    if check_model and _MODEL_SHA256 in card and _is_model(model_path):
        check_same_model(model_path, card, sha256_of(model_path))
    return card


def check_same_model(model_path: Path, card: Mapping[str, Any], sha256: str) -> None:
    """Refuses the card of another model file.

    Args:
        model_path: The model file.
        card: The card beside it.
        sha256: That of the model file.

    Raises:
        ValueError: If the card names another.
    """
    if card.get(_MODEL_SHA256, sha256) != sha256:
        raise about(
            ValueError(
                f"{card_path(model_path)} is the card of another model than {model_path.name}: writing them was "
                "interrupted, or one of them was replaced. Go on with the unfinished run or train again; or delete the "
                "card to use the model without it."
            ),
            "resume",
        )


def card_of_copy(card: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a model's card that also hold for a copy with other weights: all but its files and its figures."""
    return {name: value for name, value in card.items() if name not in _OF_ONE_FILE}


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_number(value: object, least: float, most: float) -> TypeGuard[float]:
    """Whether a value of a card is a number, not a text or a truth value, within a range; NaN is in none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def is_whole(value: object, least: int, most: int) -> TypeGuard[int]:
    """Whether a value of a card is a whole number within a range."""
    return isinstance(value, int) and is_number(value, least, most)


def shortened(value: object) -> str:
    """A value of a card as a message shows it: one line of at most 100 characters."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 100 else f"{text[:97]}..."


def _read_json(path: Path) -> Any:
    content = b""
    if path.is_file():
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    if not path.is_file() or len(content) > _MOST_BYTES:
        raise ValueError(f"{path} is not a model's card: it must be a file of at most {_MOST_BYTES:,} bytes.")
    try:
        return json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from error


def _is_model(path: Path) -> bool:
    return path.suffix in MODEL_SUFFIXES and path.is_file()


def record_metrics(
    model_path: Path, split: str, metrics: Mapping[str, Any], *, labels: str = FER2013, data_sha256: str | None = None
) -> bool:
    """Writes a model's figures on a split into its card; does nothing for a model without a card.

    Figures on other data than the card is about are not written, so that it does not say of one what another gave.
    Other data have another hash and another number of images; FER2013 has several hashes, one for each distribution.

    Args:
        model_path: The model file.
        split: "val" or "test".
        metrics: The figures, as JSON values; they replace what the card had for that split.
        labels: Where the split's labels are from. Figures on other labels than the model learned stand beside those
            on its own, as in "ferplus_test".
        data_sha256: Hash of what the split was built from; None where it is not known.

    Returns:
        Whether they are in the card now.
    """
    card = read_card(model_path)
    if card is None:
        return False
    data, recorded = card.get("data", {}), card.get("metrics", {})
    is_own = labels == data.get("labels", FER2013)
    key = split if is_own else f"{labels}_{split}"
    if data_sha256 not in (None, data.get("sha256", data_sha256)):
        counts = data.get("images", {}) if is_own else {}
        count = counts.get(split, recorded.get(key, {}).get("examples"))
        if count not in (None, metrics.get("examples")):
            return False
    write_card(model_path, {**card, "metrics": {**recorded, key: dict(metrics)}})
    return True


def builds_of(card: Mapping[str, Any]) -> list[dict[str, str]]:
    """The builds that a model has learned from, oldest first, each with the SHA-256 of its source.

    Example:
        >>> builds_of({"data": {"sha256": "ab", "build": "2", "earlier_builds": [{"sha256": "ab", "build": "1"}]}})
        [{'sha256': 'ab', 'build': '1'}, {'sha256': 'ab', 'build': '2'}]
    """
    data = card.get("data")
    if not isinstance(data, Mapping):
        return []
    earlier = data.get("earlier_builds")
    builds = [dict(one) for one in earlier if isinstance(one, Mapping)] if isinstance(earlier, list) else []
    builds = [one for one in builds if {"sha256", "build"} <= set(one)]
    if data.get("build") and data.get("sha256"):
        builds.append({"sha256": data["sha256"], "build": data["build"]})
    return builds
