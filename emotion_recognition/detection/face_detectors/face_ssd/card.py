"""What the card of the project's own face detector says of its ONNX network, and whether it is one at all.

A path goes in, checked content comes out; next: :mod:`emotion_recognition.detection.face_detectors.face_ssd.network`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion_recognition.models.card import is_number, is_whole, read_card, shortened
from emotion_recognition.models.face_refiner.outputs import NETWORK as SECOND_STAGE
from emotion_recognition.models.face_ssd.priors import NETWORK, PriorSettings, has_landmarks
from emotion_recognition.models.onnx_copy import MOST_PIXELS, SUFFIX, copy_path, read_copy
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
        landmarks: Whether it finds landmarks too.
    """

    path: Path
    content: bytes
    priors: PriorSettings
    size: int
    min_confidence: float | None
    landmarks: bool = False


def is_face_ssd(path: Path) -> bool:
    """Whether a file has a card beside it that calls it a detector of this kind; the file itself is not looked at.

    A second stage is one too, so that reading it says what it is, in place of some other detector's failing at it.
    """
    try:
        return path.suffix in SUFFIXES and (read_card(path) or {}).get("network") in (NETWORK, SECOND_STAGE)
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
    card_file = card_path(path)
    if not copy_path(path).is_file():
        raise FileNotFoundError(f"There is no face detector {copy_path(path)}.")
    if not card_file.is_file():
        raise FileNotFoundError(f"{path} has no card beside it, {card_file}, which says how to read its outputs.")
    copy = read_copy(path)
    assert copy is not None  # its file is there
    card = copy.card
    if card.get("network") != NETWORK:
        raise ValueError(f"{card_file} must be the card of a {NETWORK} network. Received: {card.get('network')!r}")
    try:
        priors, landmarks = PriorSettings.from_card(card), has_landmarks(card)
    except ValueError as error:
        raise ValueError(f"{card_file}: {error}") from error
    return FaceSsdFile(
        copy.path, copy.content, priors, _size(card, card_file), _min_confidence(card, card_file), landmarks
    )


def _size(card: Mapping[str, Any], card_file: Path) -> int:
    entry = card.get("input")
    size = entry.get("size") if isinstance(entry, dict) else None
    if not is_whole(size, 1, MOST_PIXELS):
        raise ValueError(f"{card_file} must state the input's size in pixels. Received: {shortened(size)}")
    return size


def _min_confidence(card: Mapping[str, Any], card_file: Path) -> float | None:
    confidence = card.get("min_confidence")
    if confidence is not None and not is_number(confidence, 0, 1):
        raise ValueError(f"{card_file} must state a min_confidence within 0..1. Received: {shortened(confidence)}")
    return None if confidence is None else float(confidence)
