"""OpenCV's SSD face detector: a single-shot detector (Liu et al. 2016, arXiv:1512.02325) on a small ResNet.

A picture goes in, faces come out. Before: :mod:`emotion_recognition.detection.face_detectors.ssd_opencv_files` finds
its two files.
"""

from pathlib import Path

import cv2
import numpy as np

from emotion_recognition.detection.face_detectors.boxes import faces_from_boxes
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.detection.face_detectors.ssd_opencv_files import DESCRIPTION_SUFFIX, SsdFiles, find_ssd_files
from emotion_recognition.detection.one_at_a_time import one_at_a_time
from emotion_recognition.models.network_trial import try_opencv_ssd
from emotion_recognition.pictures.bgr_image import check_bgr
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face

#: Width and height in pixels that the network was trained with.
INPUT_SIZE = 300

#: Mean blue, green and red of its training pictures, which it expects to be subtracted.
MEAN_BGR = (104.0, 177.0, 123.0)

_READERS = {
    ".pb": lambda weights, description: cv2.dnn.readNetFromTensorflow(weights, description),
    ".caffemodel": lambda weights, description: cv2.dnn.readNetFromCaffe(description, weights),
}


class OpenCvSsdDetector:
    """Finds faces with OpenCV's SSD; the score is the network's probability that the box holds a face.

    Its framing leads over the Haar cascade's boxes: on 1,391 faces that both found in 2,000 photographs, the cascade's
    square is 1.05 (quartiles 1.00, 1.11) times as large as the SSD's box, and FER2013's frame 1.04 times as large as
    that, see ``benchmarks/crop_margin.py``.

    Args:
        files: Weights and description, of TensorFlow (``.pb``, ``.pbtxt``) or Caffe (``.caffemodel``, ``.prototxt``).
        settings: Which boxes count as faces.

    Raises:
        OSError: If a file cannot be read.
        ValueError: If the files are no network that OpenCV reads.
    """

    name = "ssd-opencv"
    framing = Framing(scale=1.09, offset_x=0.0, offset_y=0.01)

    def __init__(self, files: SsdFiles, settings: DetectionSettings | None = None) -> None:
        self.settings = settings or DetectionSettings()
        self.files, self.path = files, files.weights
        # Bytes instead of paths: OpenCV does not open every path on every system.
        contents = [path.read_bytes() for path in (files.weights, files.description)]
        try_opencv_ssd(files.weights, *contents)
        weights, description = (np.frombuffer(content, np.uint8) for content in contents)
        try:
            self._network = _READERS[files.weights.suffix](weights, description)
        except cv2.error as error:
            raise ValueError(
                f"{files.weights} and {files.description} are not a network that OpenCV can read: {error.err}"
            ) from error

    #: The two files in a folder, or with given weights; None where one is missing.
    find = staticmethod(find_ssd_files)

    @staticmethod
    def owns(model: Path) -> bool:
        """Whether a file, or what a folder holds, is this detector's."""
        return find_ssd_files(model) is not None if model.is_dir() else model.suffix in DESCRIPTION_SUFFIX

    @classmethod
    def open(cls, files: SsdFiles, settings: DetectionSettings | None, size: int | None) -> "OpenCvSsdDetector":
        """Opens the detector, as the registry does."""
        return cls(files, settings)

    @property
    def description(self) -> str:
        """The detector in words."""
        return f"OpenCV's SSD ({self.files.weights})"

    @one_at_a_time
    def detect(self, image: np.ndarray) -> list[Face]:
        """Finds the faces of a picture.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.

        Returns:
            The faces, highest score first.

        Raises:
            ValueError: If the image is none, or the network is no face detector.
        """
        check_bgr(image)
        height, width = image.shape[:2]
        pixels = cv2.dnn.blobFromImage(image, 1.0, (INPUT_SIZE, INPUT_SIZE), MEAN_BGR)
        try:
            self._network.setInput(pixels)
            output = self._network.forward()
        except cv2.error as error:
            raise ValueError(f"{self.files.weights} does not run on a picture: {error.err}") from error
        if output.ndim != 4 or output.shape[3] != 7:
            raise ValueError(f"{self.files.weights} is no SSD: its output must be (1, 1, N, 7), not {output.shape}.")
        # Each row: image, class, score, left, top, right, bottom; corners as shares of width and height.
        rows = output[0, 0].astype(np.float64)
        corners = rows[:, 3:] * (width, height, width, height)
        return faces_from_boxes(corners, rows[:, 2], (width, height), self.settings)
