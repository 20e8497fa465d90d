"""Fits images to whatever a Keras classifier takes: its size, its channels, its range of pixel values.

uint8 images come in, float32 batches go out. Before: an HDF5 split; next:
:mod:`emotion_recognition.evaluation.predictions`.
"""

from dataclasses import dataclass

import cv2
import keras
import numpy as np

from emotion_recognition.evaluation.prediction_settings import PIXEL_RANGES

#: Input size, in pixels, of a network that takes any: FER2013's own.
DEFAULT_SIZE = 48

_CHANNELS = (1, 3)


@dataclass(frozen=True)
class NetworkInput:
    """What a network takes.

    Args:
        size: Height and width in pixels.
        channels: 1 for grey, 3 for colour.
        pixel_range: Key of :data:`~emotion_recognition.evaluation.prediction_settings.PIXEL_RANGES`.
    """

    size: int
    channels: int
    pixel_range: str = "0..255"

    def prepare(self, images: np.ndarray) -> np.ndarray:
        """Fits images to the network.

        Resizing takes the mean over the covered area (``cv2.INTER_AREA``) when the images shrink and cubic
        interpolation (``cv2.INTER_CUBIC``) when they grow, and stays within 0..255. Grey is repeated for a
        network that takes colour.

        Args:
            images: uint8 array (N, height, width, 1), 0..255, or (N, height, width, 3) for a network that takes
                colour, in the order of the network's channels.

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
        return np.repeat(scaled, self.channels // images.shape[-1], axis=-1)

    def _resized(self, images: np.ndarray) -> np.ndarray:
        shrinks = self.size < min(images.shape[1:3])
        resized = np.empty((len(images), self.size, self.size, images.shape[-1]), np.uint8)
        for i, image in enumerate(images):
            out = cv2.resize(
                image, (self.size, self.size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
            )
            resized[i] = out.reshape(resized.shape[1:])  # OpenCV drops a single channel
        return resized


def input_of(network: keras.Model, pixel_range: str = "0..255") -> NetworkInput:
    """Reads what a classifier takes from its input and output shapes.

    Args:
        network: One input (N, size, size, channels) and one output (N, classes). A size or number of channels that
            the network leaves open becomes :data:`DEFAULT_SIZE` pixels, one channel.
        pixel_range: Passed on.

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
    return NetworkInput(height or width or DEFAULT_SIZE, channels or 1, pixel_range)
