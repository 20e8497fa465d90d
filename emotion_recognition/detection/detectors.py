"""Opens a face detector by name."""

from pathlib import Path
from typing import Protocol

import numpy as np

from emotion_recognition.detection.crop import Framing
from emotion_recognition.detection.detection_settings import DETECTORS, DetectionSettings
from emotion_recognition.detection.dlib_hog import DlibDetector
from emotion_recognition.detection.download import PublishedFile, download
from emotion_recognition.detection.faces import Face
from emotion_recognition.detection.haar import HaarDetector
from emotion_recognition.detection.ssd import SsdDetector
from emotion_recognition.detection.ssd_files import PUBLISHED_FILES, SsdFiles, find_ssd_files, how_to_get
from emotion_recognition.detection.yunet import PUBLISHED_FILE as YUNET_FILE
from emotion_recognition.detection.yunet import YuNetDetector, find_yunet_file, how_to_get_yunet
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
            ``"yunet"``: YuNet, which finds landmarks too; its file is downloaded in the same way.
            ``"haar"``: the Haar cascade that comes with OpenCV.
            ``"dlib"``: dlib's HOG detector, where dlib is installed.
            ``"auto"``: the SSD when its files are there, else YuNet when its file is, else the Haar cascade; never
            downloads.
        model: The weights of the SSD or of YuNet, or the folder with its files; nothing is downloaded to such a
            place.
        folder: Where the files are looked for without ``model``; by default that of the default base path.
        settings: Which boxes count as faces.

    Raises:
        ValueError: If there is no such detector, ``model`` is given for one without files, or dlib is missing.
        FileNotFoundError: If ``model`` does not lead to the detector's files.
        OSError: If a download fails.

    Example:
        >>> open_detector("haar").detect(np.zeros((480, 640, 3), np.uint8))
        []
    """
    if name not in DETECTORS:
        raise ValueError(f"name must be one of {list(DETECTORS)}. Received: {name!r}")
    folder = Workspace().face_detector_folder if folder is None else folder
    if name == "auto":
        return _open_best(model, folder, settings)
    if name == "ssd":
        return SsdDetector(_ssd_files(model, folder), settings)
    if name == "yunet":
        return YuNetDetector(_yunet_file(model, folder), settings)
    if model is not None:
        whose, what = ("OpenCV", "The Haar cascade") if name == "haar" else ("dlib", "The dlib detector")
        raise ValueError(f"{what} comes with {whose} and takes no model. Received: {model}")
    return HaarDetector(settings) if name == "haar" else DlibDetector(settings)


def _open_best(model: Path | None, folder: Path, settings: DetectionSettings | None) -> FaceDetector:
    if model is not None:
        if model.suffix == ".onnx" or (model.is_dir() and find_ssd_files(model) is None and find_yunet_file(model)):
            return YuNetDetector(_yunet_file(model, folder), settings)
        return SsdDetector(_ssd_files(model, folder), settings)
    files = find_ssd_files(folder)
    if files is not None:
        return SsdDetector(files, settings)
    file = find_yunet_file(folder)
    return HaarDetector(settings) if file is None else YuNetDetector(file, settings)


def _ssd_files(model: Path | None, folder: Path) -> SsdFiles:
    files = find_ssd_files(folder if model is None else model)
    if files is None and model is not None:
        place = model if model.is_dir() else model.parent
        raise FileNotFoundError(f"{model} does not lead to the SSD's two files; {how_to_get(place)}.")
    if files is None:
        weights, description = (_fetch(file, folder, how_to_get(folder)) for file in PUBLISHED_FILES)
        files = SsdFiles(weights, description)
    return files


def _yunet_file(model: Path | None, folder: Path) -> Path:
    file = find_yunet_file(folder if model is None else model)
    if file is None and model is not None:
        place = model if model.is_dir() else model.parent
        raise FileNotFoundError(f"{model} does not lead to YuNet's file; {how_to_get_yunet(place)}.")
    return _fetch(YUNET_FILE, folder, how_to_get_yunet(folder)) if file is None else file


def _fetch(file: PublishedFile, folder: Path, otherwise: str) -> Path:
    if (folder / file.name).is_file():
        return folder / file.name
    try:
        return download(file, folder)
    except OSError as error:
        raise OSError(f"{error}. Without a connection, {otherwise}.") from error
