"""Opens a trained face detector with the card that says what its outputs mean; next: training goes on, or export."""

from pathlib import Path
from typing import Any

import keras

from emotion_recognition.models.card import read_card
from emotion_recognition.models.face_ssd.priors import (
    LANDMARK_OUTPUTS_PER_BOX,
    NETWORK,
    OUTPUTS_PER_BOX,
    PriorSettings,
    has_landmarks,
)
from emotion_recognition.models.files import load_network
from emotion_recognition.workspace import card_path


def load_face_ssd(path: Path) -> tuple[keras.Model, dict[str, Any], PriorSettings]:
    """Loads a detector.

    Args:
        path: The ``.keras`` file; its card lies beside it.

    Returns:
        The network, its card, and its prior boxes by the card.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If it has no card, or one that does not describe it.
    """
    network = load_network(path)
    card = read_card(path)
    if card is None:
        raise ValueError(f"{path} has no card beside it that says what its outputs mean.")
    if card.get("network") != NETWORK:
        raise ValueError(f"{path} must be a {NETWORK} with its card. Received: the card of {card.get('network')!r}")
    try:
        priors, landmarks = PriorSettings.from_card(card), has_landmarks(card)
    except ValueError as error:
        raise ValueError(f"{card_path(path)}: {error}") from error
    expected = [(None, None, None, OUTPUTS_PER_BOX * count) for count in priors.boxes_per_place]
    if landmarks:
        expected += [(None, None, None, LANDMARK_OUTPUTS_PER_BOX * count) for count in priors.boxes_per_place]
    found = [tuple(output.shape) for output in network.outputs]
    if found != expected:
        raise ValueError(f"{path} must have the outputs {expected}, as its card says. Received: {found}")
    return network, card, priors
