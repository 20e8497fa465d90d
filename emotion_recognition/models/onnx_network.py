"""Runs a classifier's ONNX copy; Keras and its backend stay where they are.

The bytes of an ONNX file and images go in, probabilities come out. Before:
:mod:`emotion_recognition.models.onnx_copy` finds the file; :mod:`emotion_recognition.models.runtimes` has what runs it.
"""

import numpy as np

from emotion_recognition.error_about import about
from emotion_recognition.models.network_trial import try_onnx
from emotion_recognition.models.onnx_copy import OnnxCopy
from emotion_recognition.models.runtimes.registry import GivesFeatures, row_of


class OnnxNetwork:
    """A network with one output; one object serves one thread at a time.

    Args:
        content: The bytes of the ONNX file.
        name: What the errors call it.
        runtime: What runs it, one of :data:`~emotion_recognition.models.runtimes.registry.RUNTIME_CHOICES`.

    Raises:
        ValueError: If the runtime is not installed or cannot read the file.
    """

    def __init__(self, content: bytes, name: str, runtime: str = "opencv") -> None:
        self.name = name
        self._network = row_of(runtime).open(content, name)

    @property
    def runtime(self) -> str:
        """What runs it, in words."""
        return self._network.description

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Shows images to the network, as many at once as suit the runtime.

        Args:
            images: float32 array (N, height, width, channels) with N > 0.

        Returns:
            float32 array (N, outputs).

        Raises:
            ValueError: If the network does not take such images or gives no row for each.
        """
        size = self._network.batch_size
        return np.concatenate([self._run(images[i : i + size]) for i in range(0, len(images), size)])

    def with_features(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Shows images to the network and also gives what its last dense layer sees of them.

        The file needs no second output.

        Args:
            images: As for a call.

        Returns:
            float32 arrays (N, outputs) and (N, features).

        Raises:
            ValueError: If the network does not take such images, or does not end in a dense layer.
        """
        if not isinstance(self._network, GivesFeatures):
            text = f"{self.name} is run by {self.runtime}, which gives no feature vectors; take the runtime opencv."
            raise about(ValueError(text), "embeddings")
        size = self._network.batch_size
        parts = [self._network.with_features(images[i : i + size]) for i in range(0, len(images), size)]
        for (outputs, features), i in zip(parts, range(0, len(images), size), strict=True):
            count = len(images[i : i + size])
            if features is None or features.ndim != 2 or len(features) != count or len(outputs) != count:
                raise without_features(self.name)
        return np.concatenate([outputs for outputs, _ in parts]), np.concatenate([features for _, features in parts])

    def _run(self, images: np.ndarray) -> np.ndarray:
        outputs = self._network(images)
        if len(outputs) != 1 or outputs[0].ndim != 2 or len(outputs[0]) != len(images):
            shapes = [output.shape for output in outputs]
            given = shapes[0] if len(shapes) == 1 else shapes
            raise ValueError(f"{self.name} must give a row for each of {len(images)} images, but gave {given}.")
        return outputs[0]


def without_features(name: str) -> ValueError:
    """The error about a network that ends otherwise than in a dense layer."""
    return about(
        ValueError(f"{name} has no feature vectors: it does not end in a dense layer of one vector a face."),
        "embeddings",
    )


def open_copy(copy: OnnxCopy, runtime: str) -> OnnxNetwork:
    """Opens a classifier's copy; one from elsewhere is tried in another process first.

    Args:
        copy: The copy.
        runtime: One of :data:`~emotion_recognition.models.runtimes.registry.RUNTIME_CHOICES`.

    Raises:
        ValueError: If the runtime is not installed, cannot read the file or crashes with it.
    """
    row = row_of(runtime)
    size = copy.entry.image_size
    try_onnx(copy.path, copy.content, (1, size, size, copy.entry.channels), row.name)
    return OnnxNetwork(copy.content, str(copy.path), row.name)
