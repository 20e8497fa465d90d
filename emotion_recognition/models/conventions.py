"""What it takes to feed a classifier and to read its outputs: from the caller, from its card, or assumed.

Before: :mod:`emotion_recognition.models.card`; next: :mod:`emotion_recognition.models.network_input` fits images,
:mod:`emotion_recognition.models.postprocessing` reads outputs. Nothing here needs Keras.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emotion_recognition.emotions import FER2013_CLASS_COUNTS, class_names
from emotion_recognition.error_about import about, names_of
from emotion_recognition.models.calibration import temperature_of
from emotion_recognition.models.card import ASSUMED, read_card
from emotion_recognition.models.model_options import (
    DEFAULT_PIXEL_RANGE,
    INTERPOLATIONS,
    OUTPUTS,
    PIXEL_RANGES,
    ModelOptions,
)
from emotion_recognition.models.prior import Prior, prior_of
from emotion_recognition.workspace import card_path

#: The order of a colour network's channels, and the network that learned from grey images.
COLOURS = ("grey", "RGB", "BGR")

_NONE = ModelOptions()


@dataclass(frozen=True)
class Conventions:
    """What a classifier takes and gives.

    Args:
        class_names: In the order of its outputs.
        pixel_range: Key of :data:`~emotion_recognition.models.model_options.PIXEL_RANGES`.
        interpolation: One of :data:`~emotion_recognition.models.model_options.INTERPOLATIONS`.
        output: One of :data:`~emotion_recognition.models.model_options.OUTPUTS`.
        colour: One of :data:`COLOURS`: what it learned from; None where the card does not say.
        temperature: Above 0; 1 changes nothing.
        prior: The class prior that is taken out of its probabilities; None: none.
        assumed: What nobody has stated, a sentence each.
    """

    class_names: tuple[str, ...]
    pixel_range: str = DEFAULT_PIXEL_RANGE
    interpolation: str = "auto"
    output: str = "auto"
    colour: str | None = None
    temperature: float = 1.0
    prior: Prior | None = None
    assumed: tuple[str, ...] = ()


def read_conventions(
    path: Path, outputs: int, options: ModelOptions = _NONE, *, card: Mapping[str, Any] | None = None
) -> Conventions:
    """Joins what the caller says of a model with its card.

    The caller's word counts more than the card's, except for the class names: a card that names them is believed, since
    the caller names the classes of several models at once.

    Args:
        path: The model file; its card is looked for beside it.
        outputs: Number of the network's outputs.
        options: What the caller says.
        card: Its card, where that has been read; checking that it is the model's takes longer than all the rest.

    Raises:
        ValueError: If the card is none, or the number of names is not that of the outputs, or nobody names them and
            they are not as many as FER2013's emotions.
    """
    card = read_card(path) if card is None else card
    taken = {} if card is None else _entry(path, card, "input", dict, {})
    assumed = []
    names, assumption = _names(path, outputs, card, options)
    if assumption:
        assumed.append(assumption)
    pixel_range = options.pixel_range or _choice(path, taken, "pixels", PIXEL_RANGES)
    if pixel_range is None:
        pixel_range = DEFAULT_PIXEL_RANGE
        assumed.append(f"{path.name} does not say its pixel range; {pixel_range} is assumed.")
    return Conventions(
        class_names=names,
        pixel_range=pixel_range,
        interpolation=options.interpolation or _choice(path, taken, "interpolation", INTERPOLATIONS) or "auto",
        output=options.output or _choice(path, card or {}, "output", OUTPUTS) or "auto",
        colour=_choice(path, taken, "colour", COLOURS),
        temperature=_temperature(path, card),
        prior=_prior(path, card, outputs, options),
        assumed=tuple(assumed),
    )


def say(notes: Iterable[str]) -> None:
    """Logs what is assumed of models, so that it reaches standard error unless the application's logging differs."""
    for note in notes:
        logging.getLogger("emotion_recognition").warning("note: %s", note)


def _names(
    path: Path, outputs: int, card: Mapping[str, Any] | None, options: ModelOptions
) -> tuple[tuple[str, ...], str]:
    """The outputs' classes, and what is assumed of them or nothing."""
    if card is not None and not card.get(ASSUMED):
        names = tuple(card["class_names"])
        if len(names) != outputs:
            raise ValueError(
                f"{path} has {outputs} outputs, but its card names {len(names)} classes: {', '.join(names)}."
            )
        return names, ""
    if options.class_names is not None:
        names = options.class_names
        if len(names) != outputs:
            raise ValueError(
                f"{path} has {outputs} outputs, but {len(names)} classes are named for them: {', '.join(names)}."
            )
        return names, ""
    if outputs not in FER2013_CLASS_COUNTS:
        raise about(
            ValueError(
                f"{path} has {outputs} outputs and no card beside it that names them; only "
                f"{' or '.join(map(str, FER2013_CLASS_COUNTS))} outputs are taken for FER2013's emotions, so name the "
                "classes."
            ),
            "class_names",
        )
    names = class_names(outputs)
    of_names = "" if card is None else " that names its classes"
    return names, f"{path.name} has no card{of_names}; its outputs are taken for {', '.join(names)}."


def _choice(path: Path, entries: Mapping[str, Any], key: str, known: Iterable[str]) -> str | None:
    value = entries.get(key)
    if value is not None and value not in tuple(known):
        raise ValueError(f"{card_path(path)}: {key} must be one of {list(known)}. Received: {value!r}")
    return value


def _entry(path: Path, card: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
    value = card.get(key, default)
    if not isinstance(value, kind):
        raise ValueError(f"{card_path(path)}: {key} must be an object. Received: {value!r}")
    return value


def _temperature(path: Path, card: Mapping[str, Any] | None) -> float:
    try:
        return temperature_of(card)
    except ValueError as error:
        raise ValueError(f"{card_path(path)}: {error}") from error


def _prior(path: Path, card: Mapping[str, Any] | None, outputs: int, options: ModelOptions) -> Prior | None:
    try:
        return prior_of(card, outputs, options.prior_power)
    except ValueError as error:
        raise about(ValueError(f"{card_path(path)}: {error}"), *names_of(error)) from error
