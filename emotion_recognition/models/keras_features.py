"""A Keras classifier that also gives what its last dense layer sees: the feature vector of each image."""

import keras
import numpy as np

from emotion_recognition.models.onnx_network import without_features


class KerasNetwork:
    """A network that Keras runs, with the interface of :class:`~emotion_recognition.models.onnx_network.OnnxNetwork`.

    Args:
        network: A classifier.
        name: What the errors call it.
    """

    def __init__(self, network: keras.Model, name: str) -> None:
        self.name = name
        self._network = network
        self._with_features: keras.Model | None = None

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Outputs, float array (N, outputs), of images, float32 array (N, height, width, channels)."""
        # Called directly: predict() sets up a data pipeline first, which takes longer than a few faces.
        return np.asarray(keras.ops.convert_to_numpy(self._network(images, training=False)))

    def with_features(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Outputs, and what the last dense layer sees: float arrays (N, outputs) and (N, features).

        Raises:
            ValueError: If the network has no dense layer of one vector an image.
        """
        if self._with_features is None:
            self._with_features = keras.Model(self._network.input, [self._network.outputs[0], self._features()])
        outputs, features = self._with_features(images, training=False)
        return np.asarray(keras.ops.convert_to_numpy(outputs)), np.asarray(keras.ops.convert_to_numpy(features))

    def _features(self) -> keras.KerasTensor:
        for layer in reversed(self._network.layers):
            if isinstance(layer, keras.layers.Dense) and len(layer.input.shape) == 2:
                return layer.input
        raise without_features(self.name)
