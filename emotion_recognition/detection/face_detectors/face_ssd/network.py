"""Runs the detector's ONNX network with one of the runtimes.

Pixels go in, one array for each feature map comes out; next:
:mod:`emotion_recognition.detection.face_detectors.face_ssd.decoding`.
"""

import numpy as np

from emotion_recognition.detection.face_detectors.face_ssd.card import FaceSsdFile
from emotion_recognition.models.face_ssd.priors import LANDMARK_OUTPUTS_PER_BOX, OUTPUTS_PER_BOX
from emotion_recognition.models.network_trial import try_onnx
from emotion_recognition.models.runtimes.registry import DEFAULT_RUNTIME, row_of


class FaceSsdNetwork:
    """The network; one object serves one thread at a time.

    Args:
        file: The ONNX file with what its card says.
        runtime: One of :data:`~emotion_recognition.models.runtimes.registry.RUNTIME_CHOICES`.

    Raises:
        ValueError: If the runtime is not installed, cannot read the file, or crashes with it.
    """

    def __init__(self, file: FaceSsdFile, runtime: str = DEFAULT_RUNTIME) -> None:
        self._file = file
        side = 2 * file.priors.strides[-1]
        row = row_of(runtime)
        try_onnx(file.path, file.content, (1, side, side, 3), row.name)
        self._network = row.open(file.content, str(file.path))
        self.runtime = self._network.description

    def __call__(self, pixels: np.ndarray) -> list[np.ndarray]:
        """Shows a picture to the network.

        Args:
            pixels: float32 array (1, H, W, 3), BGR, 0..255; H and W are multiples of the largest stride.

        Returns:
            For each stride, fine to coarse, a float32 array (boxes, 5): what the network says of the prior boxes of
            that feature map, in their order. From a network with landmarks the same again, (boxes, 10), with what it
            says of their landmarks.

        Raises:
            ValueError: If the network does not take the picture or gives something else.
        """
        outputs = self._network(pixels)
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
