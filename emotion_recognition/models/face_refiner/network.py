"""``face_refiner``: a small network that sees one face from close by.

It says whether there is a face at all, where its box really ends and where eyes, nose and mouth are: a cascade's second
stage, as in Zhang et al. 2016, arXiv:1604.02878. Each landmark is the mean place of a map of shares (integral
regression, Sun et al. 2018, arXiv:1711.08229). In 30 epochs a dense layer in place of the maps came to 18 % of the
distance of the eyes from YuNet's landmarks in the median, the maps to 14 %.
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from emotion_recognition.models.face_refiner.outputs import NETWORK, OUTPUTS, FaceView
from emotion_recognition.models.precision import EXACT_PREFIX

#: Places of the maps reach this many times as far as the view, so that the mean can lie at its border.
_REACH = 1.2

#: The layer that takes means over places; its weights are those places, and are not learned.
PLACES = f"{EXACT_PREFIX}places"


@dataclass(frozen=True)
class RefinerSize:
    """How large the network is.

    Args:
        channels: Of the maps of stride 2 (two), 4 (two) and 8 (two).
        head: Channels of the maps that the landmarks are read from.

    Raises:
        ValueError: If there are more or fewer numbers, or one is too small.
    """

    channels: tuple[int, int, int, int, int, int] = (16, 32, 32, 48, 64, 64)
    head: int = 24

    def __post_init__(self) -> None:
        if len(self.channels) != 6 or min(self.channels) < 1:
            raise ValueError(f"channels must be 6 numbers of at least 1. Received: {self.channels}")
        if self.head < 1:
            raise ValueError(f"head must be at least 1. Received: {self.head}")


def face_refiner(view: FaceView | None = None, size: RefinerSize | None = None) -> keras.Model:
    """Builds an untrained network.

    Takes float32 pixels (N, S, S, 3), BGR, 0..255, and gives float32 (N, 15), which
    :func:`~emotion_recognition.models.face_refiner.outputs.decode` reads.

    Args:
        view: What it sees; its size is S.
        size: How large it is.

    Example:
        >>> face_refiner().output_shape
        (None, 15)
    """
    view, size = view or FaceView(), size or RefinerSize()
    pixels = keras.Input((view.size, view.size, 3), name="pixels")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(pixels)
    halved, fine, finer, middle, coarse, coarser = size.channels
    # "same" would pad by one row less on one side.
    x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(halved, 3, strides=2, use_bias=False, kernel_initializer="he_normal")(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.MaxPooling2D()(_convolved(x, fine))
    lateral = _convolved(_convolved(x, finer), middle)
    deep = _convolved(_convolved(layers.MaxPooling2D()(lateral), coarse), coarser)
    both = layers.Add()(
        [layers.UpSampling2D(2)(_normalised(deep, size.head, kernel=1)), _normalised(lateral, size.head, kernel=1)]
    )
    points = _mean_places(_convolved(layers.ReLU()(both), size.head), view.size // 4)
    x = layers.Dropout(0.1)(layers.Flatten()(layers.MaxPooling2D()(deep)))
    face = layers.Dense(OUTPUTS - 10, name=f"{EXACT_PREFIX}face")(x)
    return keras.Model(pixels, layers.Concatenate(name=f"{EXACT_PREFIX}said")([face, points]), name=NETWORK)


def _mean_places(x: keras.KerasTensor, side: int) -> keras.KerasTensor:
    """(N, side, side, C) -> (N, 10): x and y of five mean places, as shares of the view's side from its middle."""
    maps = layers.Conv2D(5, 1, name=f"{EXACT_PREFIX}maps")(x)
    rows = layers.Reshape((side * side, 5), name=f"{EXACT_PREFIX}rows")(maps)
    shares = layers.Softmax(name="shares")(layers.Permute((2, 1), name=f"{EXACT_PREFIX}maps_first")(rows))
    middles = _REACH * ((np.arange(side, dtype=np.float32) + 0.5) / side - 0.5)
    places = layers.Dense(2, use_bias=False, trainable=False, name=PLACES)
    means = places(shares)
    places.set_weights([np.stack([np.tile(middles, side), np.repeat(middles, side)], axis=1)])
    return layers.Reshape((OUTPUTS - 5,), name=f"{EXACT_PREFIX}points")(means)


def _normalised(x: keras.KerasTensor, channels: int, kernel: int = 3) -> keras.KerasTensor:
    x = layers.Conv2D(channels, kernel, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
    return layers.BatchNormalization()(x)


def _convolved(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    return layers.ReLU()(_normalised(x, channels))
