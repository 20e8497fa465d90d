"""Random changes to training images as a layer, so that they are part of the compiled training step.

uint8 batches go in, float32 batches come out; in testing the layer only converts. It stands before the network while
that is trained and is left out of what is saved. Ranges come from :mod:`emotion_recognition.data.batches.augmentation`.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
from keras import ops

from emotion_recognition.data.batches.augmentation import Augmentation

#: Shortest and longest side of a covered rectangle, as a share of the image's.
_ERASED_SIDE = (0.15, 0.45)

#: Standard deviation of the strongest blur, as a share of the image's side: 1.2 pixels of 48.
_BLUR = 0.025

#: What an image is shrunk by, and enlarged again, to look as if taken from further away; for sides of 48 pixels.
_SHRINK = 3

_SIDE = 48


class RandomChanges(keras.layers.Layer):
    """Flips, turns, shifts, scales, blurs, darkens and covers images in training.

    Args:
        augmentation: How far each change goes.
        seed: Start of all random numbers. The generator's state is one of the layer's variables, which a resume point
            keeps, so that a resumed run sees what it would have seen.
        crop: Side that the network behind resizes images to, and side of the square that it cuts out of their middle;
            the images are moved so that this square is one from a random place. None: the network sees all of them.

    Example:
        >>> layer = RandomChanges(Augmentation(), seed=0)
        >>> tuple(layer(np.zeros((2, 48, 48, 1), np.uint8), training=True).shape)
        (2, 48, 48, 1)
    """

    def __init__(
        self, augmentation: Augmentation, seed: int, crop: tuple[int, int] | None = None, **options: Any
    ) -> None:
        super().__init__(**{"dtype": "float32", **options})
        self._ranges = augmentation
        self._seed = seed
        self._crop = None if crop is None else (int(crop[0]), int(crop[1]))
        self._random = keras.random.SeedGenerator(seed)
        # TensorFlow's operation that moves pixels has no XLA version.
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def get_config(self) -> dict[str, Any]:
        """What the layer is made of again; TensorBoard asks for it."""
        return {**super().get_config(), "augmentation": asdict(self._ranges), "seed": self._seed, "crop": self._crop}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "RandomChanges":
        """Makes the layer of its configuration."""
        return cls(**{**config, "augmentation": Augmentation(**config["augmentation"])})

    def call(self, images: Any, training: bool | None = None) -> Any:
        """(N, height, width, channels), 0..255 -> float32 of the same shape, 0..255."""
        images = ops.cast(images, "float32")
        return self._changed(images) if training else images

    def _changed(self, images: Any) -> Any:
        ranges = self._ranges
        images = self._moved(images)
        if ranges.sharpness:
            images = ops.clip(self._with_other_sharpness(images), 0.0, 255.0)
        if ranges.gamma:
            exponent = ops.exp(self._between(images, -np.log1p(ranges.gamma), np.log1p(ranges.gamma)))
            images = 255.0 * ops.power(ops.clip(images, 0.0, 255.0) / 255.0, exponent)
        if ranges.side_light:
            images = images * self._slope(images)
        if ranges.contrast or ranges.brightness:
            mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
            gain = self._between(images, 1 - ranges.contrast, 1 + ranges.contrast)
            offset = 255.0 * self._between(images, -ranges.brightness, ranges.brightness)
            images = (images - mean) * gain + mean + offset
        if ranges.noise:
            deviation = 255.0 * self._between(images, 0.0, ranges.noise)
            images = images + deviation * keras.random.normal(ops.shape(images), seed=self._random)
        images = ops.clip(images, 0.0, 255.0)
        return self._covered(images) if ranges.erase else images

    def _between(self, images: Any, low: float, high: float) -> Any:
        """One random number for each image: (N, 1, 1, 1)."""
        return keras.random.uniform((ops.shape(images)[0], 1, 1, 1), low, high, seed=self._random)

    def _moved(self, images: Any) -> Any:
        """Flip, rotation, shift, zoom and stretch as one affine map per image."""
        ranges = self._ranges
        height, width = images.shape[1:3]
        if not (ranges.flip or ranges.rotation or ranges.shift or ranges.zoom or ranges.stretch or self._crop):
            return images

        def draw(low: float, high: float) -> Any:
            return keras.random.uniform((ops.shape(images)[0],), low, high, seed=self._random)

        angle = draw(-np.deg2rad(ranges.rotation), np.deg2rad(ranges.rotation))
        scale = draw(1 - ranges.zoom, 1 + ranges.zoom)
        stretch = ops.sqrt(draw(1 - ranges.stretch, 1 + ranges.stretch))
        shift_x = draw(-ranges.shift, ranges.shift) * width
        shift_y = draw(-ranges.shift, ranges.shift) * height
        if self._crop:
            shift_x, shift_y = shift_x + self._to_crop(draw, width), shift_y + self._to_crop(draw, height)
        mirror = ops.where(draw(0.0, 1.0) < (0.5 if ranges.flip else 0.0), -1.0, 1.0)
        cosine, sine = ops.cos(angle) / scale, ops.sin(angle) / scale
        centre_x, centre_y = (width - 1) / 2, (height - 1) / 2
        # A place (x, y) in the new image shows (a x + b y + c, d x + e y + f) of the old one, in pixels.
        a, b = mirror * cosine / stretch, -mirror * sine / stretch
        d, e = sine * stretch, cosine * stretch
        # The centre of the new image, before the shift, is the centre of the old one.
        c = centre_x - a * (centre_x + shift_x) - b * (centre_y + shift_y)
        f = centre_y - d * (centre_x + shift_x) - e * (centre_y + shift_y)
        transforms = ops.stack([a, b, c, d, e, f, ops.zeros_like(a), ops.zeros_like(a)], axis=1)
        # Reflected borders look like more of the picture; black ones would shift batch-normalization statistics.
        return ops.image.affine_transform(
            images, transforms, interpolation="bilinear", fill_mode="reflect", data_format="channels_last"
        )

    def _to_crop(self, draw: Callable[[float, float], Any], side: int) -> Any:
        """How far to move images, in their own pixels, so that their middle is a square from a random place: (N,)."""
        resize, cut = self._crop or (side, side)
        first = ops.minimum(ops.floor(draw(0.0, resize - cut + 1.0)), float(resize - cut))
        return ((resize - cut) // 2 - first) * (side / resize)

    def _with_other_sharpness(self, images: Any) -> Any:
        """Some images blurred, some as if taken from further away, some sharpened; a third of the share each."""
        height, width, _ = images.shape[1:]
        kind = self._between(images, 0.0, 1.0)
        amount = self._between(images, 0.0, 1.0)
        blurred = _blurred(images, _BLUR * min(height, width))
        factor = max(2, round(_SHRINK * min(height, width) / _SIDE))
        small = ops.average_pool(images, factor, factor, padding="same", data_format="channels_last")
        coarse = ops.image.resize(small, (height, width), interpolation="bilinear", data_format="channels_last")
        third = self._ranges.sharpness / 3
        changed = ops.where(kind < third, images + amount * (blurred - images), images)
        changed = ops.where((kind >= third) & (kind < 2 * third), images + amount * (coarse - images), changed)
        sharper = (kind >= 2 * third) & (kind < 3 * third)
        return ops.where(sharper, images + amount * (images - blurred), changed)

    def _slope(self, images: Any) -> Any:
        """Factors (N, height, width, 1): light from one side, from 1 - s at one border to 1 + s at the other."""
        height, width = images.shape[1:3]
        direction = self._between(images, 0.0, 2 * np.pi)
        strength = self._between(images, 0.0, self._ranges.side_light)
        x = np.linspace(-1, 1, width, dtype=np.float32).reshape(1, 1, width, 1)
        y = np.linspace(-1, 1, height, dtype=np.float32).reshape(1, height, 1, 1)
        return 1.0 + strength * (ops.cos(direction) * x + ops.sin(direction) * y)

    def _covered(self, images: Any) -> Any:
        """Covers a rectangle of some images with noise."""
        height, width = images.shape[1:3]
        inside = self._between(images, 0.0, 1.0) < self._ranges.erase
        for axis, side in ((1, height), (2, width)):
            length = ops.round(side * self._between(images, *_ERASED_SIDE))
            first = ops.floor(self._between(images, 0.0, 1.0) * (side - length + 1))
            place = np.arange(side, dtype=np.float32).reshape((1, side, 1, 1) if axis == 1 else (1, 1, side, 1))
            inside = inside & (place >= first) & (place < first + length)
        noise = keras.random.uniform(ops.shape(images), 0.0, 255.0, seed=self._random)
        return ops.where(inside, noise, images)


def with_random_changes(
    network: keras.Model, augmentation: Augmentation | None, seed: int, crop: tuple[int, int] | None = None
) -> keras.Model:
    """Returns a network that shares all layers with the given one and changes its images while it is trained.

    Args:
        network: Takes float32 pixels, 0..255.
        augmentation: How far the changes go; None: the network as it is.
        seed: Start of the changes' random numbers.
        crop: What the network cuts out of the middle of its images, see :class:`RandomChanges`.

    Returns:
        A network that takes uint8 pixels of the same shape.
    """
    if augmentation is None:
        return network
    pixels = keras.Input(network.input_shape[1:], dtype="uint8", name="stored_pixels")
    return keras.Model(pixels, network(RandomChanges(augmentation, seed, crop)(pixels)), name=network.name)


def _blurred(images: Any, deviation: float) -> Any:
    """A Gaussian blur; reflected at the borders."""
    radius = max(1, round(2.5 * deviation))
    places = np.arange(-radius, radius + 1)
    weights = np.exp(-(places**2) / (2 * deviation**2))
    weights = (weights / weights.sum()).astype(np.float32)
    channels = images.shape[-1]
    padded = ops.pad(images, ((0, 0), (radius, radius), (radius, radius), (0, 0)), mode="reflect")
    for shape in ((-1, 1, 1, 1), (1, -1, 1, 1)):
        kernel = np.repeat(weights.reshape(shape), channels, axis=2)
        padded = ops.depthwise_conv(padded, kernel, padding="valid", data_format="channels_last")
    return padded
