"""OpenCV's DNN module as a runtime, of OpenCV 4 and 5: on the CPU, with nothing to install."""

import cv2
import numpy as np

from emotion_recognition.pictures.quiet_opencv import silent_opencv

#: The maps of more images do not stay in a processor's cache: with ``vggnet_wide``, 562 images a second came out of
#: batches of 8, 474 of 64, 456 one by one.
BATCH_SIZE = 8

#: What OpenCV calls a dense layer.
_DENSE = ("InnerProduct", "MatMul", "Gemm")


class OpenCvNetwork:
    """A network that OpenCV runs; one object serves one thread at a time.

    Args:
        content: The bytes of the ONNX file.
        name: What the errors call it.

    Raises:
        ValueError: If OpenCV cannot read it.
    """

    batch_size = BATCH_SIZE
    description = f"OpenCV {cv2.__version__}"

    def __init__(self, content: bytes, name: str) -> None:
        self._name = name
        try:
            with silent_opencv():
                # Bytes instead of a path: OpenCV does not open every path on every system.
                self._network = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
                self._outputs = self._network.getUnconnectedOutLayersNames()
        except cv2.error as error:
            raise ValueError(f"{name} is not a network that OpenCV can read: {_one_line(error)}") from error

    def __call__(self, images: np.ndarray) -> list[np.ndarray]:
        """As :class:`~emotion_recognition.models.runtimes.registry.OpenedNetwork` says."""
        try:
            with silent_opencv():
                self._network.setInput(images)
                outputs = self._network.forward(self._outputs)
        except cv2.error as error:
            raise ValueError(f"{self._name} does not run on images {images.shape}: {_one_line(error)}") from error
        # OpenCV reuses the memory of its outputs.
        return [np.array(output, np.float32) for output in outputs]

    def with_features(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """As :class:`~emotion_recognition.models.runtimes.registry.GivesFeatures` says.

        OpenCV gives any intermediate output by its name.
        """
        inner = self._layer_before_the_last_dense()
        if inner is None:
            return self(images)[0], None
        try:
            with silent_opencv():
                self._network.setInput(images)
                ends = self._network.forward([*self._outputs, inner])
        except cv2.error as error:
            raise ValueError(f"{self._name} does not run on images {images.shape}: {_one_line(error)}") from error
        return np.array(ends[0], np.float32), np.array(ends[-1], np.float32)

    def _layer_before_the_last_dense(self) -> str | None:
        names = list(self._network.getLayerNames())
        for before, name in zip(names[-2::-1], names[:0:-1], strict=True):
            if self._network.getLayer(self._network.getLayerId(name)).type in _DENSE:
                return str(before)
        return None


def open_network(content: bytes, name: str) -> OpenCvNetwork:
    """Reads a network, as the registry does."""
    return OpenCvNetwork(content, name)


def _one_line(error: cv2.error) -> str:
    return " ".join(error.err.split())
