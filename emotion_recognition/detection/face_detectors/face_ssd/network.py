"""Runs the detector's ONNX network with OpenCV's DNN module, of OpenCV 4 and 5.

Pixels go in, one array for each feature map comes out; next:
:mod:`emotion_recognition.detection.face_detectors.face_ssd.decoding`.
"""

import cv2
import numpy as np

from emotion_recognition.detection.face_detectors.face_ssd.card import FaceSsdFile
from emotion_recognition.models.face_ssd.priors import LANDMARK_OUTPUTS_PER_BOX, OUTPUTS_PER_BOX
from emotion_recognition.models.network_trial import try_onnx
from emotion_recognition.pictures.quiet_opencv import silent_opencv


class FaceSsdNetwork:
    """The network; one object serves one thread at a time.

    Args:
        file: The ONNX file with what its card says.

    Raises:
        ValueError: If OpenCV cannot read it, or crashes with it.
    """

    def __init__(self, file: FaceSsdFile) -> None:
        self._file = file
        side = 2 * file.priors.strides[-1]
        try_onnx(file.path, file.content, (1, side, side, 3))
        try:
            with silent_opencv():
                # Bytes instead of a path: OpenCV does not open every path on every system.
                self._network = cv2.dnn.readNetFromONNX(np.frombuffer(file.content, np.uint8))
            self._names = self._network.getUnconnectedOutLayersNames()
        except cv2.error as error:
            raise ValueError(f"{file.path} is not a network that OpenCV can read: {error.err}") from error

    def __call__(self, pixels: np.ndarray) -> list[np.ndarray]:
        """Shows a picture to the network.

        Args:
            pixels: float32 array (1, H, W, 3), BGR, 0..255; H and W are multiples of the largest stride.

        Returns:
            For each stride, fine to coarse, a float32 array (boxes, 5): what the network says of the prior boxes of
            that feature map, in their order. From a network with landmarks the same again, (boxes, 10), with what it
            says of their landmarks. OpenCV may reuse the memory in the next call.

        Raises:
            ValueError: If the network does not take the picture or gives something else.
        """
        try:
            with silent_opencv():
                self._network.setInput(pixels)
                outputs = self._network.forward(self._names)
        except cv2.error as error:
            raise ValueError(f"{self._file.path} does not run on a picture {pixels.shape}: {error.err}") from error
        # By shape, not by name or order, which OpenCV makes what it likes of.
        by_shape = {output.shape: output for output in outputs}
        priors = self._file.priors
        widths = [OUTPUTS_PER_BOX] + [LANDMARK_OUTPUTS_PER_BOX] * self._file.landmarks
        shapes = [
            (1, pixels.shape[1] // stride, pixels.shape[2] // stride, width * boxes)
            for width in widths
            for stride, boxes in zip(priors.strides, priors.boxes_per_place, strict=True)
        ]
        if len(outputs) != len(shapes) or set(by_shape) != set(shapes):
            raise ValueError(
                f"{self._file.path} is no SSD as its card describes it: its outputs must be {shapes}, not "
                f"{[output.shape for output in outputs]}."
            )
        maps = len(priors.strides)
        return [by_shape[shape].reshape(-1, widths[i // maps]) for i, shape in enumerate(shapes)]
