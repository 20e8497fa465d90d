"""The two files of the project's own face detector: the ONNX network, and the card that says how to read it.

A path goes in, checked content comes out; next: :mod:`emotion_recognition.detection.face_detectors.face_ssd.network`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion_recognition.models.face_ssd.priors import NETWORK, PriorSettings
from emotion_recognition.models.onnx_copy import SUFFIX, copy_path, sha256_of
from emotion_recognition.workspace import card_path

#: The suffixes of a path that leads to such a detector.
SUFFIXES = (SUFFIX, ".keras")


@dataclass(frozen=True)
class FaceSsdFile:
    """A detector that was found and whose card is its own.

    Args:
        path: The ONNX file.
        content: Its bytes.
        priors: The prior boxes that its outputs speak of.
        size: The longest side, in pixels, of the pictures that it learned from.
        min_confidence: The score from which on a box counts as a face, as it was chosen for this network, 0..1; None
            where its card does not say.
    """

    path: Path
    content: bytes
    priors: PriorSettings
    size: int
    min_confidence: float | None


def is_face_ssd(path: Path) -> bool:
    """Whether a file has a card beside it that calls it a detector of this kind; the file itself is not looked at."""
    try:
        return path.suffix in SUFFIXES and _read_card(path).get("network") == NETWORK
    except (OSError, ValueError):
        return False


def read_face_ssd(path: Path) -> FaceSsdFile:
    """Reads a detector's files.

    Args:
        path: The ONNX file, or the ``.keras`` file that it was made from, which may be missing; the card lies beside.

    Returns:
        The file with what its card says of it.

    Raises:
        FileNotFoundError: If there is no ONNX file or no card.
        ValueError: If they do not belong together, or are another network's.
        OSError: If one cannot be read.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(f"The face detector's file must end in {' or '.join(SUFFIXES)}. Received: {path}")
    onnx, card_file = copy_path(path), card_path(path)
    if not onnx.is_file():
        raise FileNotFoundError(f"There is no face detector {onnx}.")
    card = _read_card(path)
    if card.get("network") != NETWORK:
        raise ValueError(f"{card_file} must be the card of a {NETWORK} network. Received: {card.get('network')!r}")
    content = onnx.read_bytes()
    hashes = _entry(card, "onnx", card_file)
    if hashlib.sha256(content).hexdigest() != hashes.get("sha256"):
        raise ValueError(f"{onnx} is not the network that {card_file} describes: its SHA-256 is another.")
    if path != onnx and path.is_file() and sha256_of(path) != hashes.get("model_sha256"):
        raise ValueError(f"{onnx} was made from an earlier {path.name}; export it again.")
    try:
        priors = PriorSettings.from_card(card)
    except ValueError as error:
        raise ValueError(f"{card_file}: {error}") from error
    size, confidence = _entry(card, "input", card_file).get("size"), card.get("min_confidence")
    if not isinstance(size, int) or size < 1:
        raise ValueError(f"{card_file} must state the input's size in pixels. Received: {size!r}")
    if confidence is not None and not (isinstance(confidence, int | float) and 0 <= confidence <= 1):
        raise ValueError(f"{card_file} must state a min_confidence within 0..1. Received: {confidence!r}")
    return FaceSsdFile(onnx, content, priors, size, confidence)


def _read_card(path: Path) -> dict[str, Any]:
    # Not models.card, whose cards are classifiers' and name their classes.
    card_file = card_path(path)
    if not card_file.is_file():
        raise FileNotFoundError(f"{path} has no card beside it, {card_file}, which says how to read its outputs.")
    try:
        card = json.loads(card_file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{card_file} is not valid JSON: {error}") from error
    if not isinstance(card, dict):
        raise ValueError(f"{card_file} is not a network's card: it must be a JSON object.")
    return card


def _entry(card: Mapping[str, Any], name: str, card_file: Path) -> Mapping[str, Any]:
    entry = card.get(name)
    if not isinstance(entry, dict):
        raise ValueError(f"{card_file} must have the entry {name!r}, an object. Received: {entry!r}")
    return entry
