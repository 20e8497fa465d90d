"""The two files of OpenCV's SSD face detector: what they are called and where they are looked for.

Paths come out; :mod:`emotion_recognition.detection.face_detectors.ssd_opencv` reads them.
"""

from dataclasses import dataclass
from pathlib import Path

from emotion_recognition.error_about import about

#: The names that the files have in circulation: weights, description.
_KNOWN_NAMES = (
    ("opencv_face_detector_uint8.pb", "opencv_face_detector.pbtxt"),
    ("res10_300x300_ssd_iter_140000_fp16.caffemodel", "deploy.prototxt"),
    ("res10_300x300_ssd_iter_140000.caffemodel", "deploy.prototxt"),
)
#: From the suffix of the weights to that of their description.
DESCRIPTION_SUFFIX = {".pb": ".pbtxt", ".caffemodel": ".prototxt"}


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
        if place.exists() and place.suffix not in DESCRIPTION_SUFFIX:
            message = f"The SSD's weights must be a .pb or .caffemodel file, or their folder. Received: {place}"
            raise about(ValueError(message), "detector_model")
        suffix = DESCRIPTION_SUFFIX.get(place.suffix, "")
        names = [description for _, description in _KNOWN_NAMES if suffix and description.endswith(suffix)]
        pairs = [(place, place.with_name(name)) for name in (place.stem + suffix, *names)]
    for weights, description in pairs:
        if weights.is_file() and description.is_file():
            return SsdFiles(weights, description)
    return None
