"""Opens a face detector by name."""

from pathlib import Path
from typing import Protocol

import numpy as np

from emotion_recognition.detection.crop import Framing
from emotion_recognition.detection.detection_settings import DETECTORS, DetectionSettings
from emotion_recognition.detection.download import download
from emotion_recognition.detection.faces import Face
from emotion_recognition.detection.haar import HaarDetector
from emotion_recognition.detection.ssd import SsdDetector
from emotion_recognition.detection.ssd_files import PUBLISHED_FILES, SsdFiles, find_ssd_files, how_to_get
from emotion_recognition.workspace import Workspace


class FaceDetector(Protocol):
    """What every detector has."""

    name: str
    framing: Framing

    @property
    def description(self) -> str:
        """The detector in words."""

    def detect(self, image: np.ndarray) -> list[Face]:
        """Finds the faces of a BGR uint8 image (height, width, 3); highest score first, empty without a face."""


def open_detector(
    name: str = "auto",
    *,
    model: Path | None = None,
    folder: Path | None = None,
    settings: DetectionSettings | None = None,
) -> FaceDetector:
    """Opens a face detector.

    Args:
        name: ``"ssd"``: OpenCV's SSD, whose two files are downloaded into ``folder`` when they are not there.
            ``"haar"``: the Haar cascade that comes with OpenCV.
            ``"auto"``: the SSD when its files are there, the Haar cascade otherwise; never downloads.
        model: The SSD's weights, or the folder with its files; nothing is downloaded to such a place.
        folder: Where the SSD's files are looked for without ``model``; by default that of the default base path.
        settings: Which boxes count as faces.

    Raises:
        ValueError: If there is no such detector, or ``model`` is given for one without files.
        FileNotFoundError: If ``model`` does not lead to the SSD's two files.
        OSError: If a download fails.

    Example:
        >>> open_detector("haar").detect(np.zeros((480, 640, 3), np.uint8))
        []
    """
    if name not in DETECTORS:
        raise ValueError(f"name must be one of {list(DETECTORS)}. Received: {name!r}")
    if name == "haar":
        if model is not None:
            raise ValueError(f"The Haar cascade comes with OpenCV and takes no model. Received: {model}")
        return HaarDetector(settings)
    folder = Workspace().face_detector_folder if folder is None else folder
    files = find_ssd_files(folder if model is None else model)
    if files is None and model is not None:
        place = model if model.is_dir() else model.parent
        raise FileNotFoundError(f"{model} does not lead to the SSD's two files; {how_to_get(place)}.")
    if files is None and name == "auto":
        return HaarDetector(settings)
    return SsdDetector(files or _download(folder), settings)


def _download(folder: Path) -> SsdFiles:
    try:
        weights, description = (
            folder / file.name if (folder / file.name).is_file() else download(file, folder) for file in PUBLISHED_FILES
        )
    except OSError as error:
        raise OSError(f"{error}. Without a connection, {how_to_get(folder)}.") from error
    return SsdFiles(weights, description)
