"""Temperature scaling: probabilities that say how often they are right.

A model's temperature is in its card; the training run fits it on the validation split. Guo et al. 2017,
arXiv:1706.04599.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from emotion_recognition.models.card import is_number, shortened

#: Least probability that has a logarithm; float32 probabilities below it are zero.
LEAST = 1e-12

#: Temperatures beyond these are no calibration: with the least, the logits leave the numbers that there are.
LEAST_TEMPERATURE, MOST_TEMPERATURE = 1e-3, 1e3


def temperature_of(card: Mapping[str, Any] | None) -> float:
    """The temperature in a model's card; 1.0, which changes nothing, where there is none.

    Raises:
        ValueError: If the card has one that is no number, or is out of range.
    """
    calibration = (card or {}).get("calibration", {})
    temperature = calibration.get("temperature", 1.0) if isinstance(calibration, Mapping) else calibration
    if not is_number(temperature, LEAST_TEMPERATURE, MOST_TEMPERATURE):
        raise ValueError(
            f"The card's calibration must have a temperature above 0, {LEAST_TEMPERATURE:g}..{MOST_TEMPERATURE:g}. "
            f"Received: {shortened(temperature)}"
        )
    return float(temperature)


def apply_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Divides the logits behind probabilities by a temperature; the order of the classes stays.

    Args:
        probabilities: float array (..., classes); every row adds up to 1.
        temperature: Above 0. Above 1 makes predictions less sure, below 1 surer.

    Returns:
        float array of the same shape and dtype.

    Raises:
        ValueError: If the temperature is out of range.

    Example:
        >>> apply_temperature(np.array([0.8, 0.2]), 2.0).round(4)  # the square roots, 0.894 and 0.447, over their sum
        array([0.6667, 0.3333])
    """
    if not LEAST_TEMPERATURE <= temperature <= MOST_TEMPERATURE:
        raise ValueError(
            f"temperature must be above 0, {LEAST_TEMPERATURE:g}..{MOST_TEMPERATURE:g}. Received: {temperature}"
        )
    if temperature == 1:
        return probabilities
    logits = np.log(np.maximum(probabilities, LEAST, dtype=np.float64)) / temperature
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    scaled: np.ndarray = (powers / powers.sum(axis=-1, keepdims=True)).astype(probabilities.dtype)
    return scaled
