"""The project's own face detector: a picture goes in, faces come out, by NumPy, OpenCV and a runtime."""

import dataclasses
from pathlib import Path

import numpy as np

from emotion_recognition.detection.face_detectors.boxes import Crowding, faces_from_boxes
from emotion_recognition.detection.face_detectors.face_ssd.card import is_face_ssd, read_face_ssd
from emotion_recognition.detection.face_detectors.face_ssd.close_up import CloseUpSettings, look_again
from emotion_recognition.detection.face_detectors.face_ssd.decoding import decode_outputs, decode_points
from emotion_recognition.detection.face_detectors.face_ssd.network import FaceSsdNetwork
from emotion_recognition.detection.face_detectors.face_ssd.refiner_file import RefinerFile, read_refiner, refiner_path
from emotion_recognition.detection.face_detectors.face_ssd.refining import LEAST_SCORE, FaceRefiner
from emotion_recognition.detection.face_detectors.settings import DetectionSettings, check_pixels
from emotion_recognition.detection.one_at_a_time import one_at_a_time
from emotion_recognition.models.onnx_copy import SUFFIX
from emotion_recognition.models.runtimes.registry import DEFAULT_RUNTIME
from emotion_recognition.pictures.bgr_image import check_bgr
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.letterbox import Letterbox
from emotion_recognition.workspace import Workspace

#: Chosen on ``val`` with the detector before its last stage. The average precision of the released one there, without
#: its second stage, at 320 (640) pixels: 0.777 (0.822) at an overlap of 0.5 instead of 0.769 (0.809), 0.301 (0.321) at
#: 0.5 to 0.95 instead of 0.294 (0.308).
CROWDING = Crowding(votes=0.5, second=0.5)


class FaceSsdDetector:
    """Finds faces with the project's own SSD; the score is the network's probability that the box holds a face.

    Its framing leads over the Haar cascade's boxes: on 463 faces that both found in 600 photographs, the cascade's
    square is 1.10 (quartiles 0.99, 1.18) times as large as the detector's box and 0.04 of its size higher, see
    ``benchmarks/crop_margin.py``. That was the detector before two more stages of training, whose boxes were 1.02
    times as large as this one's (quartiles 1.01, 1.04, on 606 photographs). Both stages' boxes are as
    large as the first one's (0.99, 1.01); framings of theirs from 1.06 to 1.12 read photographs no better.

    Threads may share one object; they take turns.

    Args:
        path: The ONNX file, or the ``.keras`` file that it was made from; its card lies beside it.
        settings: Which boxes count as faces; by default from the score that the card states for this network.
        size: The longest side, in pixels, that a picture is resized to; by default that of the pictures the network
            learned from. Twice the size finds faces of half the size and takes four times as long.
        runtime: What runs the network, one of
            :data:`~emotion_recognition.models.runtimes.registry.RUNTIME_CHOICES`.
        second_stage: Whether each face is looked at again from close by, where a second stage lies beside the detector,
            see :func:`~emotion_recognition.detection.face_detectors.face_ssd.refiner_file.refiner_path`: better boxes
            and scores, and landmarks. Or the file of a second stage from elsewhere.

    Raises:
        FileNotFoundError: If there is no such file or no card beside it.
        ValueError: If the file is not the one its card describes, no network that OpenCV reads, or ``size`` is out of
            range.
        OSError: If a file cannot be read.
    """

    name = "ssd"
    framing = Framing(scale=1.135, offset_x=0.0, offset_y=-0.032)

    def __init__(
        self,
        path: Path,
        settings: DetectionSettings | None = None,
        size: int | None = None,
        *,
        runtime: str = DEFAULT_RUNTIME,
        second_stage: bool | Path = True,
    ) -> None:
        file = read_face_ssd(path)
        refiner = _second_stage(file.path, second_stage)
        if settings is None:
            stated = file.min_confidence if refiner is None else refiner.min_confidence
            settings = DetectionSettings() if stated is None else DetectionSettings(min_confidence=stated)
        self.settings = settings
        self.path = file.path
        self.size = file.size if size is None else check_pixels(size)
        #: When a picture that may be a face from border to border is looked at again.
        self.close_ups = CloseUpSettings()
        self._priors = file.priors
        self._letterbox = Letterbox(self.size, file.priors.strides[-1])
        self._network = FaceSsdNetwork(file, runtime)
        self._refiner = None if refiner is None else FaceRefiner(refiner, runtime)

    @staticmethod
    def find(place: Path) -> Path:
        """A file itself, or the detector in a folder under the name that it is released with, there or not."""
        return place / Workspace().released_face_detector.with_suffix(SUFFIX).name if place.is_dir() else place

    @staticmethod
    def owns(model: Path) -> bool:
        """Whether a file, or what a folder holds, is this detector's."""
        if model.is_dir():
            return FaceSsdDetector.find(model).is_file()
        return model.suffix == ".keras" or is_face_ssd(model)

    @classmethod
    def open(
        cls, files: Path, settings: DetectionSettings | None, size: int | None, *, runtime: str = DEFAULT_RUNTIME
    ) -> "FaceSsdDetector":
        """Opens the detector, as the registry does."""
        return cls(files, settings, size, runtime=runtime)

    @property
    def runtime(self) -> str:
        """What runs the network, in words."""
        return self._network.runtime

    @property
    def description(self) -> str:
        """The detector in words."""
        return f"SSD at {self.size} pixels ({self.path})"

    @one_at_a_time
    def detect(self, image: np.ndarray) -> list[Face]:
        """Finds the faces of a picture.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.

        Returns:
            The faces, highest score first.

        Raises:
            ValueError: If the image is none, or the network is no such detector.
        """
        check_bgr(image)
        lowest = min(self.close_ups.suspicion, self.settings.min_confidence)
        seen = self._look(image, self.size, lowest)
        faces = [face for face in seen if face.score >= self.settings.min_confidence]
        if faces or not seen:
            return faces
        return look_again(
            image,
            seen,
            lambda view, size: self._look(view, size, lowest),
            self.size,
            self.settings.min_confidence,
            self.close_ups,
        )

    @one_at_a_time
    def look(self, image: np.ndarray, size: int) -> list[Face]:
        """One look at a picture, as :meth:`detect` without a second one.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.
            size: The longest side, in pixels, that it is resized to.
        """
        check_bgr(image)
        return self._look(image, size, self.settings.min_confidence)

    def _look(self, image: np.ndarray, size: int, lowest: float) -> list[Face]:
        """The faces down to a score, by both stages where there are two."""
        if self._refiner is None:
            return self.propose(image, size, lowest)
        faces = self._refiner(image, self.propose(image, size, min(lowest, LEAST_SCORE)))
        return [face for face in faces if face.score >= lowest]

    @one_at_a_time
    def propose(self, image: np.ndarray, size: int, lowest: float) -> list[Face]:
        """What the first stage alone finds in one look.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.
            size: The longest side, in pixels, that it is resized to.
            lowest: The lowest score, 0..1.
        """
        pixels, back = self._letterbox_of(size)(image)
        said, maps = self._network(pixels), len(self._priors.strides)
        boxes, points = said[:maps], said[maps:]
        height, width = pixels.shape[1], pixels.shape[2]
        corners, scores = decode_outputs(boxes, height, width, self._priors, lowest)
        corners *= np.tile(back, 2)
        landmarks = decode_points(boxes, points, height, width, self._priors, lowest) * back if points else None
        settings = dataclasses.replace(self.settings, min_confidence=lowest)
        return faces_from_boxes(
            corners,
            scores,
            (image.shape[1], image.shape[0]),
            settings,
            landmarks=landmarks,
            crowding=CROWDING,
        )

    def _letterbox_of(self, size: int) -> Letterbox:
        if size == self.size:
            return self._letterbox  # the usual one, whose memory is kept
        return Letterbox(size, self._priors.strides[-1])


def _second_stage(detector: Path, chosen: bool | Path) -> RefinerFile | None:
    if isinstance(chosen, bool):
        return read_refiner(refiner_path(detector)) if chosen else None
    file = read_refiner(chosen)
    if file is None:
        raise FileNotFoundError(f"There is no second stage {chosen}.")
    return file
