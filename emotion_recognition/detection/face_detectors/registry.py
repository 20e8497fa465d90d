"""The face detectors: a row for each, from which choices, help texts, the order of "auto" and tables are made.

To add one, write a file with its class and add a row. The class has

- ``open(files, settings, size)``, a class method: makes a detector of what ``find`` has found (None for one without
  files), the boxes that count (None: the detector's own choice) and the longest side of pictures (None: its default);
- for a detector with a size ``look(image, size)``, see
  :class:`~emotion_recognition.detection.face_detectors.looks.LooksAtSizes`;
- for a detector with files, ``find(place)``, a static method: the files in a folder or those that one file leads to,
  None where they are not, and ``owns(model)``: whether a file, or what a folder holds, is this detector's;
- what every :class:`~emotion_recognition.detection.face_detectors.opening.FaceDetector` has.

Importing this module imports none of them. Next: :mod:`emotion_recognition.detection.face_detectors.opening`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from emotion_recognition.detection.face_detectors.published_file import PublishedFile
from emotion_recognition.detection.face_detectors.settings import YUNET_SIDE, DetectionSettings
from emotion_recognition.error_about import about

#: Stands for the best detector whose files are there.
AUTO = "auto"


@dataclass(frozen=True)
class DetectorRow:
    """What is known of a detector before it is opened.

    Args:
        name: What ``open_detector`` and command lines call it.
        home: The class, as "module:Class", imported when it is needed.
        summary: What it is, in a few words.
        model: Which of its files a user may name; empty for a detector without files.
        files_called: Its files in words, for messages.
        published: Files that are downloaded where they are missing.
        released: Whether its files come with the project.
        comes_with: What a detector without files comes with.
        size: The longest side, in pixels, that pictures are resized to without a choice; None where there is none.
        min_confidence: The lowest score that counts without a choice, 0..1; None where each network's card states it.
        in_auto: Whether "auto" may take it; the rows' order is that of preference.
        landmarks: Whether it, as released, finds landmarks, by which tilted faces are turned upright.
        runtimes: Whether a runtime can be chosen for its network, which ``open`` then takes as ``runtime``.
        whole: Whether it looks for nothing and takes the whole picture as the face.
    """

    name: str
    home: str
    summary: str
    model: str = ""
    files_called: str = ""
    published: tuple[PublishedFile, ...] = ()
    released: bool = False
    comes_with: str = ""
    size: int | None = None
    min_confidence: float | None = DetectionSettings.min_confidence
    in_auto: bool = True
    landmarks: bool = False
    runtimes: bool = False
    whole: bool = False

    def detector_class(self) -> Any:
        """The class itself."""
        module, _, name = self.home.partition(":")
        return getattr(import_module(module), name)

    def how_to_get(self, folder: Path) -> str:
        """Says which files to put into a folder, and where they come from."""
        return f"put {' and '.join(f'{file.name} ({file.url})' for file in self.published)} into {folder}"


_HERE = "emotion_recognition.detection.face_detectors"

ROWS: tuple[DetectorRow, ...] = (
    DetectorRow(
        "ssd",
        f"{_HERE}.face_ssd.detector:FaceSsdDetector",
        "the project's own SSD",
        model="an SSD trained here (.onnx or .keras, its card beside it)",
        files_called="the project's own SSD",
        released=True,
        size=320,
        min_confidence=None,
        landmarks=True,
        runtimes=True,
    ),
    DetectorRow(
        "ssd-opencv",
        f"{_HERE}.ssd_opencv:OpenCvSsdDetector",
        "OpenCV's SSD on a small ResNet",
        model="OpenCV's SSD (.pb or .caffemodel)",
        files_called="the two files of OpenCV's SSD",
        # TensorFlow's graph with 8-bit weights, and its description as text.
        published=(
            PublishedFile(
                name="opencv_face_detector_uint8.pb",
                url="https://raw.githubusercontent.com/opencv/opencv_3rdparty/"
                "dnn_samples_face_detector_20180220_uint8/opencv_face_detector_uint8.pb",
                size=2_727_750,
                sha256="5c71d752ef2cbf2f457ac82fdd580fcb2522fd04c5efdaed18eb6d9e2843fbed",
            ),
            PublishedFile(
                name="opencv_face_detector.pbtxt",
                url="https://raw.githubusercontent.com/opencv/opencv_extra/4.x/testdata/dnn/opencv_face_detector.pbtxt",
                size=34_912,
                sha256="5397808362fc6fb7c4044484848e297b22449d913a267fa7f8bd9d86dce29144",
            ),
        ),
    ),
    DetectorRow(
        "yunet",
        f"{_HERE}.yunet:YuNetDetector",
        "YuNet",
        model="YuNet (.onnx)",
        files_called="YuNet's file",
        # Published by OpenCV under the MIT licence.
        published=(
            PublishedFile(
                name="face_detection_yunet_2026may.onnx",
                url="https://media.githubusercontent.com/media/opencv/opencv_zoo/main/"
                "models/face_detection_yunet/face_detection_yunet_2026may.onnx",
                size=229_738,
                sha256="ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0",
            ),
        ),
        size=YUNET_SIDE,
        landmarks=True,
    ),
    DetectorRow("haar", f"{_HERE}.haar:HaarDetector", "OpenCV 4's Haar cascade", comes_with="OpenCV 4"),
    DetectorRow(
        "dlib",
        f"{_HERE}.dlib_hog:DlibDetector",
        "dlib's HOG detector",
        comes_with="the package dlib",
        in_auto=False,
        # Measured on 250 photographs with 793 marked faces: 195 of the 196 boxes from here on are faces, 133 of the 171
        # from 0.5 to here, among which are patches of clothes.
        min_confidence=0.97,
    ),
    DetectorRow(
        "none",
        f"{_HERE}.whole_picture:WholePicture",
        "the whole picture is the face, for pictures that are crops of faces already",
        comes_with="no files",
        in_auto=False,
        whole=True,
    ),
)

#: The names that ``open_detector`` and command lines know.
DETECTORS = (AUTO, *(row.name for row in ROWS))

#: The detectors that take a size; the others look at a picture as it is, or at one size only.
SIZED_DETECTORS = tuple(row.name for row in ROWS if row.size is not None)


def row_of(name: str) -> DetectorRow:
    """The row of a detector.

    Raises:
        ValueError: If there is no such detector.
    """
    for row in ROWS:
        if row.name == name:
            return row
    raise about(ValueError(f"name must be one of {list(DETECTORS)}. Received: {name!r}"), "detector")


def describe_detectors() -> str:
    """All detectors in a sentence each, as help texts say it."""
    said = []
    for row in ROWS:
        downloads = (
            f", downloads {'its file' if len(row.published) == 1 else 'its files'} once" if row.published else ""
        )
        landmarks = ", turns tilted faces upright by its landmarks" if row.landmarks else ""
        is_told = not row.comes_with or row.comes_with in row.summary or row.whole
        source = "" if is_told else f", comes with {row.comes_with}"
        said.append(f"{row.name}: {row.summary}{landmarks}{downloads}{source}")
    asked = _joined((row.name for row in ROWS if row.in_auto and row.model), "and")
    last = next(row.name for row in ROWS if row.in_auto and not row.model)
    said.append(f"{AUTO}: the first of {asked} whose files are there, else {last}; never downloads")
    return "; ".join(said)


def describe_models() -> str:
    """Which files a user may name, as help texts say it."""
    return f"network of {_joined((row.model for row in ROWS if row.model), 'or')}, or the folder with the files"


def describe_sizes() -> str:
    """What the size is to each detector that takes one, as help texts say it."""
    return _joined((f"{row.name} (default: {row.size})" for row in ROWS if row.size is not None), "or")


def detectors_table() -> str:
    """A Markdown table of all detectors."""
    lines = [
        "| name | detector | files | picture's longest side | lowest score | landmarks |",
        "|---|---|---|---|---|---|",
    ]
    for row in ROWS:
        files = "come with the project" if row.released else f"come with {row.comes_with}"
        if row.whole:
            files = "none"
        if row.published:
            files = ", ".join(f"[`{file.name}`]({file.url})" for file in row.published) + ", downloaded once"
        side = "as it is" if row.size is None else f"{row.size} pixels"
        score = "stated by its card" if row.min_confidence is None else f"{row.min_confidence:g}"
        if row.whole:
            score = "always 1"
        lines.append(
            f"| `{row.name}` | {row.summary} | {files} | {side} | {score} | {'yes' if row.landmarks else 'no'} |"
        )
    return "\n".join(lines)


def _joined(words: Iterable[str], link: str) -> str:
    *first, last = words
    return f"{', '.join(first)} {link} {last}" if first else last
