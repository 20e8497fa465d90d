"""Fits images to whatever a classifier takes: its size, its channels and their order, its range of pixel values.

uint8 images come in, from an HDF5 split or cut out by detection; float32 batches go out. Next: the network, then
:mod:`emotion_recognition.models.postprocessing`. Needs NumPy and OpenCV alone.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from emotion_recognition.models.conventions import Conventions
from emotion_recognition.models.model_options import DEFAULT_PIXEL_RANGE, PIXEL_RANGES
from emotion_recognition.pictures.interpolation import interpolation_code

if TYPE_CHECKING:
    import keras

#: Input size, in pixels, of a network that takes any: FER2013's own.
DEFAULT_SIZE = 48

_CHANNELS = (1, 3)


@dataclass(frozen=True)
class NetworkInput:
    """What a network takes.

    Args:
        size: Height and width in pixels.
        channels: 1 for grey, 3 for colour.
        pixel_range: Key of :data:`~emotion_recognition.models.model_options.PIXEL_RANGES`.
        interpolation: How images are resized, one of :data:`~emotion_recognition.models.model_options.INTERPOLATIONS`.
        blue_first: Whether its three channels are blue, green, red, as OpenCV has them.
    """

    size: int
    channels: int
    pixel_range: str = DEFAULT_PIXEL_RANGE
    interpolation: str = "auto"
    blue_first: bool = False

    def prepare(self, images: np.ndarray) -> np.ndarray:
        """Fits images to the network.

        Resizing stays within 0..255. Grey is repeated for a network that takes colour.

        Args:
            images: uint8 array (N, height, width, 1), 0..255, or RGB (N, height, width, 3) for a network that takes
                colour.

        Returns:
            float32 array (N, size, size, channels) within the network's range.

        Raises:
            ValueError: If colour images meet a network that takes grey ones.
        """
        if images.shape[-1] not in (1, self.channels):
            raise ValueError(
                f"images must have 1 channel or as many as the network, {self.channels}. Received: {images.shape}"
            )
        pixels = images if images.shape[1:3] == (self.size, self.size) else self._resized(images)
        low, high = PIXEL_RANGES[self.pixel_range]
        scaled = pixels.astype(np.float32)
        if (low, high) != (0, 255):
            scaled = scaled * np.float32((high - low) / 255) + np.float32(low)
        if self.blue_first and images.shape[-1] == 3:
            scaled = scaled[..., ::-1]
        return np.repeat(scaled, self.channels // images.shape[-1], axis=-1)

    def _resized(self, images: np.ndarray) -> np.ndarray:
        code = interpolation_code(self.interpolation, shrinks=self.size < min(images.shape[1:3]))
        resized = np.empty((len(images), self.size, self.size, images.shape[-1]), np.uint8)
        for i, image in enumerate(images):
            out = cv2.resize(image, (self.size, self.size), interpolation=code)
            resized[i] = out.reshape(resized.shape[1:])  # OpenCV drops a single channel
        return resized


def as_stated(taken: NetworkInput, conventions: Conventions) -> NetworkInput:
    """What a network takes by its shapes, with what its card or the caller says of its pixels."""
    return replace(
        taken,
        pixel_range=conventions.pixel_range,
        interpolation=conventions.interpolation,
        blue_first=conventions.colour == "BGR",
    )


def input_of(network: "keras.Model") -> NetworkInput:
    """Reads what a classifier takes from its input and output shapes.

    Args:
        network: One input (N, size, size, channels) and one output (N, classes). A size or number of channels that
            the network leaves open becomes :data:`DEFAULT_SIZE` pixels, one channel.

    Raises:
        ValueError: If the network is no classifier of square grey or colour images with the channels last.
    """
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        raise ValueError(
            "the network must have one input and one output. "
            f"Received: {len(network.inputs)} inputs and {len(network.outputs)} outputs"
        )
    shape, outputs = network.inputs[0].shape, network.outputs[0].shape
    if len(shape) != 4:
        raise ValueError(f"the network's input must be (N, height, width, channels). Received: {shape}")
    if len(outputs) != 2:
        raise ValueError(f"the network's output must be (N, classes). Received: {outputs}")
    _, height, width, channels = shape
    if height in _CHANNELS and channels not in _CHANNELS:
        raise ValueError(f"the network's channels must come last; this one has them first. Received: {shape}")
    if channels not in (*_CHANNELS, None):
        raise ValueError(f"the network must take 1 or 3 channels. Received: {shape}")
    if height is not None and width is not None and height != width:
        raise ValueError(f"the network's input must be square. Received: {shape}")
    return NetworkInput(height or width or DEFAULT_SIZE, channels or 1)
