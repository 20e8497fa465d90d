"""Mixes pairs of training images, as a layer of the compiled training step (mixup).

Changed images come in, from :mod:`emotion_recognition.data.batches.random_changes`; mixed ones go on to the network,
and the shares to the loss, which mixes the targets in the same way.
"""

from typing import Any

import keras
from keras import ops


class Mixup(keras.layers.Layer):
    """Makes each image a weighted mean of itself and another one of its batch, in training.

    Zhang et al. 2018, arXiv:1710.09412. The other one is its counterpart in the reversed batch; an image's own share is
    drawn from Beta(alpha, alpha) and is at least one half, so that its own label remains the most probable one.

    Args:
        alpha: How strongly images are mixed, above 0; 1 draws shares evenly.
        seed: Start of all random numbers. The generator's state is one of the layer's variables, which a resume point
            keeps.

    Example:
        >>> import numpy as np
        >>> images, shares = Mixup(0.2, seed=0)(np.zeros((4, 48, 48, 1)), training=True)
        >>> tuple(images.shape), tuple(shares.shape)
        ((4, 48, 48, 1), (4, 1))
    """

    def __init__(self, alpha: float, seed: int, **options: Any) -> None:
        super().__init__(**{"dtype": "float32", **options})
        self._alpha = alpha
        self._seed = seed
        self._random = keras.random.SeedGenerator(seed)

    def get_config(self) -> dict[str, Any]:
        """What the layer is made of again."""
        return {**super().get_config(), "alpha": self._alpha, "seed": self._seed}

    def call(self, images: Any, training: bool | None = None) -> tuple[Any, Any]:
        """(N, height, width, channels), 0..255 -> float32 of the same shape, and each one's own share, (N, 1)."""
        count = ops.shape(images)[0]
        if not training:
            return images, ops.ones((count, 1))
        shares = keras.random.beta((count, 1), self._alpha, self._alpha, seed=self._random)
        shares = ops.maximum(shares, 1.0 - shares)
        return mixed(images, ops.reshape(shares, (-1, 1, 1, 1))), shares


def mixed(values: Any, shares: Any) -> Any:
    """Each row times its share, plus its counterpart in the reversed batch times the rest.

    Args:
        values: Array (N, ...): images, or targets.
        shares: Array that is broadcast to it, 0..1.
    """
    return shares * values + (1.0 - shares) * ops.flip(values, axis=0)
