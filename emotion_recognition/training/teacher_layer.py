"""The layer in which teachers look at the images of a training step.

Networks come in, from :mod:`emotion_recognition.training.teacher_views`; what they say goes to the loss,
:class:`~emotion_recognition.training.extra_heads.LabelLoss`.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from emotion_recognition.models.calibration import LEAST


class TeacherOnViews(layers.Layer):
    """What frozen networks say of images, softened, in training; zeros in testing.

    Args:
        networks: From pixels to probabilities (N, classes).
        temperature: What the logarithms of the mean probabilities are divided by.
    """

    def __init__(self, networks: Sequence[keras.Model], temperature: float, **options: Any) -> None:
        super().__init__(trainable=False, **{"dtype": "float32", **options})
        self.networks = list(networks)
        self._temperature = temperature

    def call(self, images: Any, training: bool | None = None) -> Any:
        """(N, height, width, channels), 0..255 -> (N, classes), rows that add up to 1, or zeros."""
        if not training:
            return ops.zeros((ops.shape(images)[0], self.networks[0].output_shape[-1]))
        said = [ops.cast(network(images, training=False), "float32") for network in self.networks]
        mean = ops.sum(ops.stack(said), axis=0) / len(said)
        return ops.stop_gradient(ops.softmax(ops.log(ops.maximum(mean, LEAST)) / self._temperature))

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """(N, classes)."""
        return (input_shape[0], self.networks[0].output_shape[-1])
