"""YuNet (Wu, Peng and Yu 2023, doi:10.1007/s11633-023-1423-y): a small face detector that gives five landmarks too.

A picture goes in, faces come out; OpenCV's ``FaceDetectorYN`` runs the network. With the landmarks the face is turned
upright before it is classified, see :mod:`emotion_recognition.pictures.upright`.
"""

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from emotion_recognition.detection.face_detectors.boxes import faces_from_boxes
from emotion_recognition.detection.face_detectors.settings import YUNET_SIDE, DetectionSettings
from emotion_recognition.detection.one_at_a_time import one_at_a_time
from emotion_recognition.models.network_trial import try_yunet
from emotion_recognition.pictures.bgr_image import check_bgr
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.resizing import shrink
from emotion_recognition.pictures.upright import roll_of

#: The files that are taken for YuNet's weights in a folder.
_KNOWN_NAMES = "face_detection_yunet*.onnx"

#: The network halves the picture five times; OpenCV's wrapper gives nonsense below that.
_SMALLEST_SIDE = 32


def find_yunet_file(place: Path) -> Path | None:
    """Looks for YuNet's weights.

    Args:
        place: The ``.onnx`` file, or a folder that may hold it under a name in circulation; the newest name counts.

    Returns:
        The file, or None when there is none.

    Raises:
        ValueError: If ``place`` is a file, but not an ``.onnx`` file.
    """
    if place.is_dir():
        # The names end in year and month, and a quantised network's in more than that.
        found = sorted(path for path in place.glob(_KNOWN_NAMES) if "int8" not in path.name)
        return found[-1] if found else None
    if place.exists() and place.suffix != ".onnx":
        raise ValueError(f"YuNet's weights must be an .onnx file, or its folder. Received: {place}")
    return place if place.is_file() else None


@dataclass(frozen=True)
class YuNetSettings:
    """How the network sees a picture.

    Args:
        longest_side: Larger pictures are shrunk to this many pixels.
        looks: How often each face is looked at again for better landmarks, 0 for never. Those of a small face hardly
            follow when it is tilted: on sixteen portraits of 80 pixels turned by 30 degrees they say 8, at 200
            pixels 27. Each look enlarges the face and turns it upright by what the look before has found.
        steady: A change of the tilt, in degrees, that is too small for another look.
        look_size: Width and height in pixels of the picture for a look.
        look_margin: Its width and height as a multiple of the face's size.
    """

    longest_side: int = YUNET_SIDE
    looks: int = 3
    steady: float = 8.0
    look_size: int = 320
    look_margin: float = 1.5


class YuNetDetector:
    """Finds faces and their landmarks; the score is the root of the network's class and face probabilities.

    Its framing leads over the Haar cascade's boxes: on 495 faces that both found, the cascade's
    square is 1.09 (quartiles 1.02, 1.16) times as large as YuNet's box and has the same centre, see
    ``benchmarks/crop_margin.py``.

    Args:
        path: The network, ``.onnx``.
        settings: Which boxes count as faces.
        search: How the network sees a picture.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is no network that OpenCV reads.
    """

    name = "yunet"
    framing = Framing(scale=1.13, offset_x=0.0, offset_y=0.0)

    def __init__(
        self, path: Path, settings: DetectionSettings | None = None, search: YuNetSettings | None = None
    ) -> None:
        self.settings = settings or DetectionSettings()
        self.search = search or YuNetSettings()
        self.path = path
        content = path.read_bytes()
        try_yunet(path, content)
        weights = np.frombuffer(content, np.uint8)
        try:
            self._network = cv2.FaceDetectorYN.create(
                "onnx",
                weights,
                np.empty(0, np.uint8),
                (_SMALLEST_SIDE, _SMALLEST_SIDE),
                # OpenCV drops a score that is the threshold itself; faces_from_boxes keeps it.
                score_threshold=float(np.nextafter(np.float32(self.settings.min_confidence), np.float32(0))),
                nms_threshold=self.settings.max_overlap,
            )
        except cv2.error as error:
            raise ValueError(f"{path} is not a network that OpenCV can read: {error.err}") from error

    #: The network in a folder, or a file itself; None where there is none.
    find = staticmethod(find_yunet_file)

    @staticmethod
    def owns(model: Path) -> bool:
        """Whether a file, or what a folder holds, is this detector's."""
        return find_yunet_file(model) is not None if model.is_dir() else model.suffix == ".onnx"

    @classmethod
    def open(cls, files: Path, settings: DetectionSettings | None, size: int | None) -> "YuNetDetector":
        """Opens the detector, as the registry does."""
        return cls(files, settings, None if size is None else YuNetSettings(longest_side=size))

    @property
    def description(self) -> str:
        """The detector in words."""
        return f"YuNet ({self.path})"

    @one_at_a_time
    def detect(self, image: np.ndarray) -> list[Face]:
        """Finds the faces of a picture.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.

        Returns:
            The faces with five landmarks each, highest score first.

        Raises:
            ValueError: If the image is none, or the network is not YuNet.
        """
        return self.look(image, self.search.longest_side)

    @one_at_a_time
    def look(self, image: np.ndarray, size: int) -> list[Face]:
        """As :meth:`detect`, with larger pictures shrunk to a longest side of ``size`` pixels."""
        check_bgr(image)
        small, back = shrink(image, size)
        height, width = small.shape[:2]
        if min(height, width) < _SMALLEST_SIDE:
            missing = max(0, _SMALLEST_SIDE - height), max(0, _SMALLEST_SIDE - width)
            small = cv2.copyMakeBorder(small, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
        rows = self._run(small)
        corners = np.hstack([rows[:, :2], rows[:, :2] + rows[:, 2:4]]) * back
        landmarks = rows[:, 4:14].reshape(-1, 5, 2) * back
        faces = faces_from_boxes(
            corners, rows[:, 14], (image.shape[1], image.shape[0]), self.settings, landmarks=landmarks
        )
        return [self._look_again(image, face) for face in faces]

    def _run(self, image: np.ndarray) -> np.ndarray:
        """The network's rows: x, y, width, height, five points (x, y), score."""
        try:
            self._network.setInputSize((image.shape[1], image.shape[0]))
            found: np.ndarray | None = self._network.detect(image)[1]
        except cv2.error as error:
            raise ValueError(f"{self.path} is not YuNet, or not one that this OpenCV runs: {error.err}") from error
        # There is no array at all without a face.
        rows = np.empty((0, 15)) if found is None else np.asarray(found, np.float64)
        return np.asarray(rows[np.isfinite(rows).all(axis=1)])

    def _look_again(self, image: np.ndarray, face: Face) -> Face:
        """The face with landmarks that follow its tilt."""
        x, y, width, height = face.box
        centre = np.array([x + width / 2, y + height / 2]) - 0.5
        size, side = self.search.look_size, self.search.look_margin * (width * height) ** 0.5
        roll = roll_of(face.landmarks)
        for _ in range(self.search.looks):
            cos, sin = math.cos(math.radians(roll)), math.sin(math.radians(roll))
            turn = np.array([[cos, -sin], [sin, cos]]) * side / size  # from the look's pixels to the picture's
            back = np.hstack([turn, (centre - turn @ np.full(2, (size - 1) / 2))[:, np.newaxis]])
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            look = cv2.warpAffine(image, back, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE)
            rows = self._run(look)
            if not len(rows):
                break
            # Of several faces the one in the middle.
            middles = rows[:, :2] + rows[:, 2:4] / 2
            row = rows[np.abs(middles - size / 2).sum(axis=1).argmin()]
            points = row[4:14].reshape(5, 2) @ back[:, :2].T + back[:, 2]
            face = dataclasses.replace(face, landmarks=tuple((float(px), float(py)) for px, py in points))
            before, roll = roll, roll_of(face.landmarks)
            if abs((roll - before + 180) % 360 - 180) < self.search.steady:
                break
        return face
