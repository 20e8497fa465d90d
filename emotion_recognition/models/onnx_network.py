"""Runs a network's ONNX copy with OpenCV's DNN module; Keras and its backend stay where they are.

The bytes of an ONNX file and images go in, probabilities come out. Before:
:mod:`emotion_recognition.models.onnx_copy` finds the file.
"""

import cv2
import numpy as np

from emotion_recognition.error_about import about

#: What OpenCV calls a dense layer.
_DENSE = ("InnerProduct", "MatMul", "Gemm")

#: Images that go through the network at once. The maps of more do not stay in a processor's cache: with
#: ``vggnet_wide``, 562 images a second came out of batches of 8, 474 of 64, 456 one by one.
BATCH_SIZE = 8


class OnnxNetwork:
    """A network that OpenCV runs; one object serves one thread at a time.

    Args:
        content: The bytes of the ONNX file.
        name: What the errors call it.

    Raises:
        ValueError: If OpenCV cannot read it.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self.name = name
        try:
            # Bytes instead of a path: OpenCV does not open every path on every system.
            self._network = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
        except cv2.error as error:
            raise ValueError(f"{name} is not a network that OpenCV can read: {error.err}") from error

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Shows images to the network, at most :data:`BATCH_SIZE` at once.

        Args:
            images: float32 array (N, height, width, channels) with N > 0.

        Returns:
            float32 array (N, outputs).

        Raises:
            ValueError: If the network does not take such images or gives no row for each.
        """
        return np.concatenate([self._run(images[i : i + BATCH_SIZE]) for i in range(0, len(images), BATCH_SIZE)])

    def with_features(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Shows images to the network and also gives what its last dense layer sees of them.

        OpenCV gives any intermediate output by its name; the file needs no second output.

        Args:
            images: As for a call.

        Returns:
            float32 arrays (N, outputs) and (N, features).

        Raises:
            ValueError: If the network does not take such images, or does not end in a dense layer.
        """
        inner = self._layer_before_the_last_dense()
        parts = [self._run_to(images[i : i + BATCH_SIZE], inner) for i in range(0, len(images), BATCH_SIZE)]
        return np.concatenate([outputs for outputs, _ in parts]), np.concatenate([features for _, features in parts])

    def _layer_before_the_last_dense(self) -> str:
        names = list(self._network.getLayerNames())
        for before, name in zip(names[-2::-1], names[:0:-1], strict=True):
            if self._network.getLayer(self._network.getLayerId(name)).type in _DENSE:
                return str(before)
        raise self._without_features()

    def _run_to(self, images: np.ndarray, inner: str) -> tuple[np.ndarray, np.ndarray]:
        try:
            self._network.setInput(images)
            ends = self._network.forward([*self._network.getUnconnectedOutLayersNames(), inner])
        except cv2.error as error:
            raise ValueError(f"{self.name} does not run on images {images.shape}: {error.err}") from error
        outputs, features = (np.array(end, np.float32) for end in (ends[0], ends[-1]))
        if features.ndim != 2 or len(features) != len(images):
            raise self._without_features()
        return outputs, features

    def _without_features(self) -> ValueError:
        return about(
            ValueError(f"{self.name} has no feature vectors: it does not end in a dense layer of one vector a face."),
            "embeddings",
        )

    def _run(self, images: np.ndarray) -> np.ndarray:
        try:
            self._network.setInput(images)
            # OpenCV reuses the memory of its outputs.
            outputs = np.array(self._network.forward(), np.float32)
        except cv2.error as error:
            raise ValueError(f"{self.name} does not run on images {images.shape}: {error.err}") from error
        if outputs.ndim != 2 or len(outputs) != len(images):
            raise ValueError(f"{self.name} must give a row for each of {len(images)} images, but gave {outputs.shape}.")
        return outputs
