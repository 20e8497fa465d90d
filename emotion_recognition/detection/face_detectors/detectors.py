"""Opens a face detector by name."""

import contextlib
from pathlib import Path
from typing import Protocol

import numpy as np

from emotion_recognition.detection.face_detectors.dlib_hog import DlibDetector
from emotion_recognition.detection.face_detectors.download import PublishedFile, download
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.detection.face_detectors.face_ssd.network_file import SUFFIXES, is_face_ssd
from emotion_recognition.detection.face_detectors.haar import HaarDetector
from emotion_recognition.detection.face_detectors.settings import (
    DETECTORS,
    SIZED_DETECTORS,
    DetectionSettings,
    check_detector_size,
)
from emotion_recognition.detection.face_detectors.ssd_opencv import OpenCvSsdDetector
from emotion_recognition.detection.face_detectors.ssd_opencv_files import (
    PUBLISHED_FILES,
    SsdFiles,
    find_ssd_files,
    how_to_get,
)
from emotion_recognition.detection.face_detectors.yunet import PUBLISHED_FILE as YUNET_FILE
from emotion_recognition.detection.face_detectors.yunet import (
    YuNetDetector,
    YuNetSettings,
    find_yunet_file,
    how_to_get_yunet,
)
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face
from emotion_recognition.workspace import Workspace, find_released_face_detector


class FaceDetector(Protocol):
    """What every detector has."""

    name: str
    framing: Framing
    settings: DetectionSettings

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
    base_path: Path | None = None,
    settings: DetectionSettings | None = None,
    size: int | None = None,
) -> FaceDetector:
    """Opens a face detector.

    Args:
        name: ``"ssd"``: the project's own SSD.
            ``"ssd-opencv"``: OpenCV's SSD, whose two files are downloaded into ``folder`` when they are not there.
            ``"yunet"``: YuNet, which finds landmarks too; its file is downloaded in the same way.
            ``"haar"``: the Haar cascade that comes with OpenCV.
            ``"dlib"``: dlib's HOG detector, where dlib is installed.
            ``"auto"``: the project's own SSD when its file is there, else OpenCV's when its files are, else YuNet when
            its file is, else the Haar cascade; never downloads. With ``model``, the detector that it belongs to.
        model: The network of an SSD or of YuNet, or the folder with its files; nothing is downloaded to such a place.
        folder: Where the files of OpenCV's SSD and of YuNet are looked for without ``model``; by default that below the
            base path.
        base_path: Where the project's own SSD is looked for first without ``model``; by default the default base path.
        settings: Which boxes count as faces; by default the detector's own choice.
        size: The longest side, in pixels, that the project's own SSD resizes a picture to (default: 320), or that YuNet
            shrinks a larger one to (default: 640).

    Raises:
        ValueError: If there is no such detector, ``model`` or ``size`` is given for one that takes none, ``size`` is
            out of range, the network is none of that detector's, or dlib is missing.
        FileNotFoundError: If ``model`` does not lead to the detector's files, or the project's own SSD is nowhere.
        OSError: If a download fails.

    Example:
        >>> open_detector("haar").detect(np.zeros((480, 640, 3), np.uint8))
        []
    """
    if name not in DETECTORS:
        raise ValueError(f"name must be one of {list(DETECTORS)}. Received: {name!r}")
    if size is not None:
        check_detector_size(size)
    workspace = Workspace() if base_path is None else Workspace(base_path)
    folder = workspace.face_detector_folder if folder is None else folder
    if name == "auto":
        name, model = _best(folder, workspace) if model is None else (_kind_of(model), model)
    if name == "ssd":
        path = find_released_face_detector(workspace) if model is None else _own_file(model)
        return FaceSsdDetector(path, settings, size)
    if name == "yunet":
        search = None if size is None else YuNetSettings(longest_side=size)
        return YuNetDetector(_yunet_file(model, folder), settings, search)
    if size is not None:
        raise ValueError(f"The detector {name} takes no size; {' and '.join(SIZED_DETECTORS)} do. Received: {size}")
    if name == "ssd-opencv":
        return OpenCvSsdDetector(_ssd_files(model, folder), settings)
    if model is not None:
        whose, what = ("OpenCV", "The Haar cascade") if name == "haar" else ("dlib", "The dlib detector")
        raise ValueError(f"{what} comes with {whose} and takes no model. Received: {model}")
    return HaarDetector(settings) if name == "haar" else DlibDetector(settings)


def _best(folder: Path, workspace: Workspace) -> tuple[str, Path | None]:
    """The name of the best detector whose files are there."""
    with contextlib.suppress(FileNotFoundError):
        return "ssd", find_released_face_detector(workspace)
    if find_ssd_files(folder) is not None:
        return "ssd-opencv", None
    return "haar" if find_yunet_file(folder) is None else "yunet", None


def _kind_of(model: Path) -> str:
    """The name of the detector that a file, or the files of a folder, belong to."""
    if model.is_dir():
        if _own_file(model).is_file():
            return "ssd"
        return "yunet" if find_ssd_files(model) is None and find_yunet_file(model) else "ssd-opencv"
    if model.suffix in SUFFIXES:
        return "ssd" if model.suffix != ".onnx" or is_face_ssd(model) else "yunet"
    return "ssd-opencv"


def _own_file(model: Path) -> Path:
    """The project's own SSD in a folder, under the name that it is released with; a file is that itself."""
    return model / Workspace().released_face_detector.with_suffix(".onnx").name if model.is_dir() else model


def _ssd_files(model: Path | None, folder: Path) -> SsdFiles:
    files = find_ssd_files(folder if model is None else model)
    if files is None and model is not None:
        place = model if model.is_dir() else model.parent
        raise FileNotFoundError(f"{model} does not lead to the two files of OpenCV's SSD; {how_to_get(place)}.")
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
