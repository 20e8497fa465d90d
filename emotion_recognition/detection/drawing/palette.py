"""A colour for every class that a model can have: fixed for the known emotions, distinct for all others."""

import functools
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

#: Blue, green and red, 0..255.
Colour = tuple[int, int, int]

#: The colour of each known emotion: distinct hues, neutral without one.
COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        "anger": (48, 48, 222),
        "disgust": (76, 153, 0),
        "fear": (178, 62, 140),
        "happy": (40, 196, 250),
        "sad": (200, 110, 40),
        "surprise": (30, 130, 255),
        "neutral": (190, 190, 190),
        "contempt": (190, 110, 250),
    }
)

#: The values of each channel that colours of other classes are made of; 8³ colours are more than a model has classes.
_LEVELS = (24, 56, 88, 120, 152, 184, 216, 248)


def palette(class_names: Sequence[str]) -> Mapping[str, Colour]:
    """Returns a colour for each class; the same classes in the same order always get the same colours.

    Args:
        class_names: The classes in label order, emotions or not, each once; at most 500.

    Returns:
        Blue, green and red of each class, in their order; no colour is there twice.

    Example:
        >>> palette(("happy", "asleep"))["happy"]
        (40, 196, 250)
    """
    return _palette(tuple(class_names))


@functools.lru_cache(maxsize=64)
def _palette(class_names: tuple[str, ...]) -> Mapping[str, Colour]:
    chosen = {name: COLOURS[name] for name in class_names if name in COLOURS}
    levels = np.array(_LEVELS)
    candidates = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    # Each other class takes what is farthest from every emotion's colour, from black lines, and from classes before it.
    away = np.min([_distances(candidates, taken) for taken in ((0, 0, 0), *COLOURS.values())], axis=0)
    for name in class_names:
        if name not in chosen:
            blue, green, red = candidates[int(away.argmax())].tolist()
            chosen[name] = (blue, green, red)
            away = np.minimum(away, _distances(candidates, chosen[name]))
    return MappingProxyType({name: chosen[name] for name in class_names})


def _distances(colours: np.ndarray, colour: Colour) -> np.ndarray:
    """How far colours (N, 3) are from one: float array (N,)."""
    return np.asarray(np.linalg.norm(colours - np.array(colour), axis=1))
