"""Looks at labelled photographs as detection does: finds the faces, crops and classifies them.

Before: :mod:`emotion_recognition.evaluation.photographs.labelled`; next:
:mod:`emotion_recognition.evaluation.photographs.evaluate` counts.
"""

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_recognition.detection.emotion_detector import EmotionDetector
from emotion_recognition.detection.face_detectors.opening import FaceDetector
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.emotions import check_same_classes
from emotion_recognition.evaluation.photographs.labelled import Photographs
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.progress import Progress


@dataclass(frozen=True, eq=False)
class Sightings:
    """What was seen on labelled photographs.

    Args:
        photographs: The photographs.
        detector: The face detector in words, without folders.
        mirrored: Whether each face was averaged with its mirror image.
        probabilities: float32 array (N, classes), 0..1, of the largest face of each of them; all 0 without one.
        found: bool array (N,): on which a face was found.
        several: On how many there was more than one face.
        unreadable: For the index of each photograph that could not be read, why, one line.
        sha256: A fingerprint of all that could be read: as of the output of ``sha256sum`` on them, sorted by name.
    """

    photographs: Photographs
    detector: str
    mirrored: bool
    probabilities: np.ndarray
    found: np.ndarray
    several: int
    unreadable: dict[int, str]
    sha256: str

    @property
    def labels(self) -> np.ndarray:
        """int64 array (N,): the index of each photograph's class."""
        return np.array([photograph.label for photograph in self.photographs.photographs])

    @property
    def without_face(self) -> tuple[int, ...]:
        """The indices of the photographs that could be read and have no face that was found."""
        return tuple(int(i) for i in np.flatnonzero(~self.found) if int(i) not in self.unreadable)


def look_at_photographs(detector: EmotionDetector, photographs: Photographs, *, progress: bool = False) -> Sightings:
    """Finds and classifies the face of each photograph; of several faces the largest counts.

    Args:
        detector: What looks; its classes must be those of the photographs.
        photographs: The photographs, opened one after another.
        progress: Whether to show on standard error how far it is.

    Raises:
        ValueError: If the classes differ, none of the photographs can be read, or a model's outputs are not what its
            card or the caller says.
    """
    names = detector.classifier.class_names
    check_same_classes(photographs.class_names, "the photographs", names, "the model")
    count = len(photographs.photographs)
    probabilities, found = np.zeros((count, len(names)), np.float32), np.zeros(count, bool)
    unreadable: dict[int, str] = {}
    digests: dict[str, str] = {}
    several = 0
    with Progress("photographs", count) if progress else contextlib.nullcontext() as shown:
        for i, photograph in enumerate(photographs.photographs):
            path = photographs.root / photograph.name
            try:
                image = read_image(path)
                digests[photograph.name] = hashlib.sha256(path.read_bytes()).hexdigest()
            except (OSError, ValueError) as error:
                unreadable[i] = " ".join(str(error).split())
            else:
                faces = detector.detect(image)
                several += len(faces) > 1
                if faces:
                    face = largest_face(faces)
                    found[i], probabilities[i] = True, [face.probabilities[name] for name in names]
            if shown is not None:
                shown.step()
    if len(unreadable) == count:
        raise ValueError(f"None of the {count:,} photographs could be read: {next(iter(unreadable.values()))}")
    listing = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    sha256 = hashlib.sha256(listing.encode(errors="surrogateescape")).hexdigest()
    return Sightings(
        photographs,
        _in_words(detector.face_detector),
        detector.classifier.mirrored,
        probabilities,
        found,
        several,
        unreadable,
        sha256,
    )


def largest_face(faces: Sequence[FaceEmotion]) -> FaceEmotion:
    """The face with the box of the largest area; of equal ones the first, which has the highest score.

    Example:
        >>> small, large = (FaceEmotion((0, 0, side, 20), 0.9, {"happy": 1.0}) for side in (30, 40))
        >>> largest_face([small, large]).box
        (0, 0, 40, 20)
    """
    return max(faces, key=lambda face: face.box[2] * face.box[3])


def _in_words(detector: FaceDetector) -> str:
    """The face detector without the folders of its files, which differ from machine to machine."""
    manners: list[str] = []
    inner: Any = detector
    while hasattr(inner, "inner"):
        manners.append(inner.manner)
        inner = inner.inner
    size = getattr(inner, "size", None)
    at = f" at {size} pixels" if isinstance(size, int) else ""
    how = "".join(f", {manner}" for manner in reversed(manners))
    return f"{detector.name}{at}{how}, scores of at least {detector.settings.min_confidence:g}"
