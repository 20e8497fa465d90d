"""What a detector takes for faces in the training pictures: what its second stage learns to tell from faces.

A split of photographs with face boxes and a detector go in, patches come out. Next:
:mod:`emotion_recognition.training.face_refiner.stage`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emotion_recognition.data.face_pictures.batches import MASKED, MASKED_SHARE
from emotion_recognition.data.face_pictures.patches import Proposal, cut_patches
from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.training.face_refiner.stage import CutSplit


@dataclass(frozen=True)
class ProposingSettings:
    """How the detector looks at the pictures.

    Args:
        lowest: The lowest score of its boxes, 0..1.
        every: Of the pictures with faces, one in so many gets a second look at twice the detector's size, which sees
            more that is no face; those without a face all do.
    """

    lowest: float = 0.05
    every: int = 3


def cut_split(
    split: FaceSplit,
    detector: FaceSsdDetector,
    settings: ProposingSettings | None = None,
    *,
    step: Callable[[], None] = lambda: None,
) -> CutSplit:
    """Cuts out faces, what the detector takes for faces, and places beside them.

    Args:
        split: The pictures.
        detector: The first stage.
        settings: How it looks at the pictures.
        step: Called after each picture, to show progress.

    Raises:
        ValueError: If a picture is broken.
    """
    settings = settings or ProposingSettings()
    proposals = []
    for i in range(len(split)):
        image = split.image(i)
        found = detector.propose(image, detector.size, settings.lowest)
        if not len(split.boxes_of(i)) or i % settings.every == 0:
            found += detector.propose(image, 2 * detector.size, settings.lowest)
        proposals.append([Proposal(face.box, face.score) for face in found])
        step()
    patches = cut_patches(split, proposals, face_weights(split))
    content = f"{split.content_sha256()} {settings} {proposals}"
    return CutSplit(patches, hashlib.sha256(content.encode()).hexdigest())


def face_weights(split: FaceSplit) -> np.ndarray:
    """How often each face is drawn, float64 array (faces,), on no scale: less where it is known to wear a mask."""
    return np.array([MASKED_SHARE if mask in MASKED else 1.0 for mask in split.masks])
