"""What training the second stage starts from: a new network, or a trained one and its history."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from emotion_recognition.error_about import about
from emotion_recognition.models.card import is_number, read_card, shortened
from emotion_recognition.models.face_refiner.network import face_refiner
from emotion_recognition.models.face_refiner.outputs import NETWORK, OUTPUTS, FaceView
from emotion_recognition.models.files import load_network
from emotion_recognition.models.precision import with_precision
from emotion_recognition.training.compiling import fuses_normalization
from emotion_recognition.training.face_refiner.settings import RefinerSettings
from emotion_recognition.training.face_refiner.stage import COLUMNS
from emotion_recognition.training.log_file import read_log
from emotion_recognition.training.run import log_path
from emotion_recognition.training.stage import STAGE_RATIO
from emotion_recognition.training.start import Start
from emotion_recognition.workspace import card_path


def open_refiner_start(
    settings: RefinerSettings, *, input_model: Path | None = None, lower_rate: bool = False
) -> Start:
    """Builds a new network, or loads a trained one.

    Args:
        settings: Of the stage: learning rate, precision, what the network sees, and the seed that a new network's
            weights are drawn from.
        input_model: File of a trained second stage to continue from; None for a new network.
        lower_rate: Whether a trained one is trained at a tenth of its last stage's learning rate, not at the settings'.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If it is none of this kind, sees something else, or its learning rate is unknown.
    """
    keras.utils.set_random_seed(settings.seed)
    rate = settings.learning_rate
    if input_model is None:
        network = face_refiner(settings.view)
        text = f"New network {NETWORK} with {network.count_params():,} parameters; learning rate {rate:g}"
        start = Start(network, NETWORK, rate, text)
    else:
        network, card = load_refiner(input_model)
        own_view, stages = FaceView.from_card(card), list(card.get("stages", []))
        if own_view != settings.view:
            raise ValueError(f"{input_model} must see {settings.view} of a face. Received: {own_view}")
        if lower_rate:
            own = stages[-1].get("learning_rate") if stages else None
            if not is_number(own, 0, 10):
                message = f"The card of {input_model} must state a learning_rate. Received: {shortened(own)}"
                raise about(ValueError(message), "learning_rate")
            rate = float(own) / STAGE_RATIO
        rows = [row for row in read_log(log_path(input_model), COLUMNS) if row["stage"] <= len(stages)]
        text = f"Input model {input_model}; learning rate {rate:g}"
        start = Start(network, NETWORK, rate, text, input_model.name, False, stages, rows)
    policy = "mixed_bfloat16" if settings.mixed_precision else "float32"
    trained = with_precision(start.network, policy, fused_normalization=fuses_normalization())
    return replace(start, network=trained)


def load_refiner(path: Path) -> tuple[keras.Model, dict[str, Any]]:
    """Loads a trained second stage.

    Args:
        path: The ``.keras`` file; its card lies beside it.

    Returns:
        The network and its card.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If it has no card, or one that does not describe it.
    """
    network, card = load_network(path), read_card(path)
    if card is None or card.get("network") != NETWORK:
        received = "no card" if card is None else f"the card of {card.get('network')!r}"
        raise ValueError(f"{path} must be a {NETWORK} with its card. Received: {received}")
    try:
        size = FaceView.from_card(card).size
    except ValueError as error:
        raise ValueError(f"{card_path(path)}: {error}") from error
    expected = ((None, size, size, 3), (None, OUTPUTS))
    if (network.input_shape, network.output_shape) != expected:
        raise ValueError(
            f"{path} must have the input {expected[0]} and the output {expected[1]}, as its card says. "
            f"Received: {network.input_shape} and {network.output_shape}"
        )
    return network, card
