"""Random changes to whole batches of training images: flip, rotation, shift, zoom, light, a covered part.

uint8 batches go in and come out. The geometry is one affine map per image, run by the Keras backend on the whole
batch. Stage before: an HDF5 split; next: :mod:`emotion_recognition.data.batches.batches`.
"""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from emotion_recognition.error_about import about

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

#: Shortest and longest side of a covered rectangle, as a share of the image's.
_ERASED_SIDE = (0.15, 0.45)

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
        erase: Share of the images of which one rectangle is covered with grey noise, 0..1 (Zhong et al. 2020,
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
    erase: float = 0.0

    def __post_init__(self) -> None:
        if self.rotation < 0:
            raise ValueError(f"rotation must be at least 0 degrees. Received: {self.rotation}")
        for name in ("shift", "zoom", "brightness", "contrast"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1. Received: {getattr(self, name)}")
        if not 0 <= self.erase <= 1:
            raise ValueError(f"erase must be 0..1. Received: {self.erase}")

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Returns a changed copy of a batch.

        Args:
            images: uint8 array (N, height, width, channels), 0..255.
            rng: Where the random numbers come from; the same state gives the same batch.

        Returns:
            uint8 array of the same shape.
        """
        # Imported here, because the ranges above are also what a --help shows.
        from keras import ops

        count, height, width, _ = images.shape
        transforms = self._transforms(count, height, width, rng)
        # Reflected borders look like more of the picture; black ones would shift batch normalisation's statistics.
        moved = ops.convert_to_numpy(
            ops.image.affine_transform(
                images.astype(np.float32),
                transforms,
                interpolation="bilinear",
                fill_mode="reflect",
                data_format="channels_last",
            )
        )
        gain = rng.uniform(1 - self.contrast, 1 + self.contrast, (count, 1, 1, 1)).astype(np.float32)
        offset = 255 * rng.uniform(-self.brightness, self.brightness, (count, 1, 1, 1)).astype(np.float32)
        mean = moved.mean(axis=(1, 2, 3), keepdims=True)
        changed = np.rint((moved - mean) * gain + mean + offset).clip(0, 255).astype(np.uint8)
        if self.erase:
            self._cover(changed, rng)
        return changed

    def _cover(self, images: np.ndarray, rng: np.random.Generator) -> None:
        """Covers a rectangle of some images with noise, in place."""
        _, height, width, channels = images.shape
        low, high = _ERASED_SIDE
        for image in (images[row] for row in np.flatnonzero(rng.random(len(images)) < self.erase)):
            rows, columns = (int(rng.integers(round(low * side), round(high * side) + 1)) for side in (height, width))
            top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
            image[top : top + rows, left : left + columns] = rng.integers(0, 256, (rows, columns, channels))

    def _transforms(self, count: int, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
        """Draws one map per image, from places in the new image to places in the old: float32 (count, 8).

        A row (a, b, c, d, e, f, 0, 0) takes (x, y) to (a x + b y + c, d x + e y + f), in pixels.
        """
        angle = np.deg2rad(rng.uniform(-self.rotation, self.rotation, count))
        scale = rng.uniform(1 - self.zoom, 1 + self.zoom, count)
        shift_x = rng.uniform(-self.shift, self.shift, count) * width
        shift_y = rng.uniform(-self.shift, self.shift, count) * height
        mirror = np.where(rng.random(count) < (0.5 if self.flip else 0.0), -1.0, 1.0)
        cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
        centre_x, centre_y = (width - 1) / 2, (height - 1) / 2
        a, b, d, e = mirror * cosine, -mirror * sine, sine, cosine
        # The centre of the new image, before the shift, is the centre of the old one.
        c = centre_x - a * (centre_x + shift_x) - b * (centre_y + shift_y)
        f = centre_y - d * (centre_x + shift_x) - e * (centre_y + shift_y)
        zero = np.zeros(count)
        return np.stack([a, b, c, d, e, f, zero, zero], axis=1).astype(np.float32)


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
