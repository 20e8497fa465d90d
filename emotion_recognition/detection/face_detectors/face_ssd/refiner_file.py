"""The second stage beside a face detector: where it lies, and what its card says of it.

A detector's path goes in, checked content comes out; next:
:mod:`emotion_recognition.detection.face_detectors.face_ssd.refining`.
"""

from dataclasses import dataclass
from pathlib import Path

from emotion_recognition.models.card import is_number, shortened
from emotion_recognition.models.face_refiner.fusion import Fusion
from emotion_recognition.models.face_refiner.outputs import NETWORK, FaceView
from emotion_recognition.models.face_ssd.priors import has_landmarks
from emotion_recognition.models.onnx_copy import OnnxCopy, read_copy
from emotion_recognition.workspace import card_path

#: What the name of a detector's second stage ends in, before the suffix.
ENDING = "_refiner"


@dataclass(frozen=True)
class RefinerFile:
    """A second stage that was found and whose card is its own.

    Args:
        copy: The ONNX file with its card.
        view: What it sees of a face.
        fusion: How its logit and the first stage's score make a probability.
        min_confidence: The probability from which on there is a face, as it was chosen for both stages, 0..1; None
            where the card does not say.
        landmarks: Whether it has learned landmarks too.
    """

    copy: OnnxCopy
    view: FaceView
    fusion: Fusion
    min_confidence: float | None
    landmarks: bool


def refiner_path(detector: Path) -> Path:
    """Where a detector's second stage lies.

    Args:
        detector: The detector's ``.keras`` or ONNX file.

    Example:
        >>> refiner_path(Path("output/face_ssd.onnx")).as_posix()
        'output/face_ssd_refiner.onnx'
    """
    return detector.with_name(f"{detector.stem}{ENDING}{detector.suffix}")


def read_refiner(path: Path) -> RefinerFile | None:
    """Reads a second stage.

    Args:
        path: Its ONNX file, or the ``.keras`` file that it was made from, which may be missing; the card lies beside.

    Returns:
        The file with what its card says; None where there is no ONNX file.

    Raises:
        ValueError: If the files do not belong together, or are another network's.
        OSError: If one cannot be read.
    """
    copy = read_copy(path)
    if copy is None:
        return None
    card_file = card_path(path)
    if copy.card.get("network") != NETWORK:
        raise ValueError(f"{card_file} must be the card of a {NETWORK} network. Received: {copy.card.get('network')!r}")
    try:
        view, fusion, landmarks = FaceView.from_card(copy.card), Fusion.from_card(copy.card), has_landmarks(copy.card)
    except ValueError as error:
        raise ValueError(f"{card_file}: {error}") from error
    confidence = copy.card.get("min_confidence")
    if confidence is not None and not is_number(confidence, 0, 1):
        raise ValueError(f"{card_file} must state a min_confidence within 0..1. Received: {shortened(confidence)}")
    return RefinerFile(copy, view, fusion, None if confidence is None else float(confidence), landmarks)
