"""The two files of OpenCV's SSD face detector: what they are called, where they are looked for, where they come from.

Paths come out; :mod:`emotion_recognition.detection.face_detectors.ssd_opencv` reads them.
"""

from dataclasses import dataclass
from pathlib import Path

from emotion_recognition.detection.face_detectors.download import PublishedFile

#: The files as OpenCV publishes them: TensorFlow's graph with 8-bit weights, and its description as text.
PUBLISHED_FILES = (
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
)

#: The names that the files have in circulation: weights, description.
_KNOWN_NAMES = (
    ("opencv_face_detector_uint8.pb", "opencv_face_detector.pbtxt"),
    ("res10_300x300_ssd_iter_140000_fp16.caffemodel", "deploy.prototxt"),
    ("res10_300x300_ssd_iter_140000.caffemodel", "deploy.prototxt"),
)
_DESCRIPTION_SUFFIX = {".pb": ".pbtxt", ".caffemodel": ".prototxt"}


@dataclass(frozen=True)
class SsdFiles:
    """A pair of files that belong together.

    Args:
        weights: ``.pb`` (TensorFlow) or ``.caffemodel`` (Caffe).
        description: The network's layers as text: ``.pbtxt`` or ``.prototxt``.
    """

    weights: Path
    description: Path


def find_ssd_files(place: Path) -> SsdFiles | None:
    """Looks for the SSD's two files.

    Args:
        place: A folder that may hold them under a name in circulation, or the file with the weights: its description
            lies beside it and has its name or one in circulation.

    Returns:
        The files, or None when one of them is missing.

    Raises:
        ValueError: If ``place`` is a file, but not one with weights.
    """
    if place.is_dir():
        pairs = [(place / weights, place / description) for weights, description in _KNOWN_NAMES]
    else:
        if place.exists() and place.suffix not in _DESCRIPTION_SUFFIX:
            raise ValueError(f"The SSD's weights must be a .pb or .caffemodel file, or their folder. Received: {place}")
        suffix = _DESCRIPTION_SUFFIX.get(place.suffix, "")
        names = [description for _, description in _KNOWN_NAMES if suffix and description.endswith(suffix)]
        pairs = [(place, place.with_name(name)) for name in (place.stem + suffix, *names)]
    for weights, description in pairs:
        if weights.is_file() and description.is_file():
            return SsdFiles(weights, description)
    return None


def how_to_get(folder: Path) -> str:
    """Says which files to put into the folder, and where they come from."""
    return f"put {' and '.join(f'{file.name} ({file.url})' for file in PUBLISHED_FILES)} into {folder}"
