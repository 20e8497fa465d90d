"""How far the random changes of training images go, and how a text says so.

Does not import Keras, because the ranges are also what a ``--help`` shows. Next:
:mod:`emotion_recognition.data.batches.random_changes` makes the changes.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

from emotion_recognition.error_about import about

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Changes = TypeVar("Changes", bound="DataclassInstance")


@dataclass(frozen=True)
class Augmentation:
    """How far the random changes go; every one is drawn evenly from its range.

    Faces in FER2013 are cropped by a detector, so real ones differ by a few pixels and degrees and not by more.

    Args:
        flip: Whether half of the images are mirrored left to right.
        rotation: Largest turn either way, in degrees.
        shift: Largest move in each direction, as a share of the image's side, 0..1.
        zoom: Largest change of size either way: 0.1 draws scales from 0.9 to 1.1.
        brightness: Largest change either way, as a share of the full range of 255.
        contrast: Largest relative change either way, about the image's mean.
        stretch: Largest change of the aspect ratio either way: 0.1 draws ratios from 0.9 to 1.1.
        sharpness: Share of the images that are blurred, coarsened or sharpened, 0..1; a third of it each.
        gamma: Largest change of the gamma curve: 0.8 draws exponents from 1/1.8 to 1.8, evenly on a logarithmic scale.
        side_light: Strongest light from one side, as a share by which the borders are brighter and darker, 0..1.
        noise: Largest standard deviation of Gaussian noise, as a share of the full range of 255.
        erase: Share of the images of which one rectangle is covered with noise, 0..1 (Zhong et al. 2020,
            arXiv:1708.04896).

    Raises:
        ValueError: If a range is negative, or not below 1 where it is a share.
    """

    flip: bool = True
    rotation: float = 10.0
    shift: float = 0.08
    zoom: float = 0.1
    brightness: float = 0.15
    contrast: float = 0.2
    stretch: float = 0.0
    sharpness: float = 0.0
    gamma: float = 0.0
    side_light: float = 0.0
    noise: float = 0.0
    erase: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.rotation < math.inf:
            raise ValueError(f"rotation must be at least 0 degrees. Received: {self.rotation}")
        for name in ("shift", "zoom", "brightness", "contrast", "stretch", "side_light", "noise"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1. Received: {getattr(self, name)}")
        if not 0 <= self.gamma < math.inf:
            raise ValueError(f"gamma must be at least 0. Received: {self.gamma}")
        for name in ("sharpness", "erase"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be 0..1. Received: {getattr(self, name)}")


def parse_augmentation(text: str, base: Changes) -> Changes | None:
    """Reads ``name=value`` pairs with commas between them, or ``none``.

    Args:
        text: The pairs; ``flip=0`` and ``flip=1`` are no and yes.
        base: What holds for the names that are not given: an :class:`Augmentation`, or another dataclass of numbers.

    Raises:
        ValueError: If there is no such name, or a value is no number or out of range.

    Example:
        >>> parse_augmentation("rotation=12,erase=0.25", Augmentation()).rotation
        12.0
    """
    if text == "none":
        return None
    kinds = {field.name: type(getattr(base, field.name)) for field in fields(base)}
    values: dict[str, float | bool] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if name not in kinds or number != number or (kinds[name] is bool and number not in (0, 1)):
            raise about(
                ValueError(f"augmentation must be none or {', '.join(f'{n}=NUMBER' for n in kinds)}. Received: {part}"),
                "augmentation",
            )
        values[name] = bool(number) if kinds[name] is bool else number
    return replace(base, **values)
