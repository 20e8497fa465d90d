"""Crops of a data set of emotions as more faces for the second stage, which photographs show too few of.

People in photographs seldom shout or weep, and hardly ever fill the picture. A split that ``BuildDataset.py`` wrote and
a detector go in, patches come out, as from :mod:`emotion_recognition.training.face_refiner.proposing`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_recognition.data.face_pictures.patches import COVERS, PATCH_SIZE, SMALLEST, Patches
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.detection.face_detectors.face_ssd.close_up import surrounded
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.image_source import as_bgr
from emotion_recognition.pictures.square_view import square_view
from emotion_recognition.training.face_refiner.stage import CutSplit


@dataclass(frozen=True)
class CropSettings:
    """Which crops are faces to learn from.

    Args:
        most: So many are drawn at most.
        weight: How often each is seen, beside 1 of a face in a photograph.
        seed: Start of the random numbers, at least 0.
    """

    most: int = 6000
    weight: float = 0.5
    seed: int = 0


def cut_crops(
    split: Split,
    detector: FaceSsdDetector,
    settings: CropSettings | None = None,
    *,
    step: Callable[[], None] = lambda: None,
) -> CutSplit:
    """Cuts out the face of each crop where the detector at least suspects one.

    The detector sees a crop in one of the ways in which it would look at a picture that a face fills: as it is, or with
    something round it. Its best box that is large enough is the face's; landmarks stay unknown.

    Args:
        split: The crops.
        detector: The first stage.
        settings: Which ones.
        step: Called after each crop that was looked at, :func:`looked_at` in all, to show progress.
    """
    settings = settings or CropSettings()
    rng = np.random.default_rng(settings.seed)
    rows = np.sort(rng.permutation(len(split))[: settings.most])
    images, sizes = [], []
    for row in rows:
        image = split.images[row]
        view, face = _seen(as_bgr(image[..., 0] if image.shape[2] == 1 else image, "rgb"), detector, rng)
        step()
        if face is not None:
            x, y, width, height = face.box
            size = (width * height) ** 0.5
            images.append(square_view(view, (x + width / 2, y + height / 2), COVERS * size, PATCH_SIZE))
            sizes.append((width / size, height / size))
    patches = Patches(
        np.array(images, np.uint8).reshape(-1, PATCH_SIZE, PATCH_SIZE, 3),
        np.array(sizes, np.float32).reshape(-1, 2),
        np.full((len(images), 5, 2), np.nan, np.float32),
        np.full(len(images), settings.weight),
        np.ones(len(images), bool),
    )
    content = f"{split.content_sha256()} {settings} {hashlib.sha256(patches.images.tobytes()).hexdigest()}"
    return CutSplit(patches, hashlib.sha256(content.encode()).hexdigest())


def looked_at(split: Split, settings: CropSettings | None = None) -> int:
    """How many crops of a split :func:`cut_crops` looks at."""
    return min(len(split), (settings or CropSettings()).most)


def crops_entry(split: Split, cut: CutSplit) -> dict[str, Any]:
    """What a card says of the crops that were learned from."""
    return {
        "source": split.source_name,
        "sha256": split.source_sha256,
        "images": looked_at(split),
        "faces": len(cut.patches),
    }


def _seen(image: np.ndarray, detector: FaceSsdDetector, rng: np.random.Generator) -> tuple[np.ndarray, Face | None]:
    """What the detector is shown of a crop, and what it takes for the face."""
    settings = detector.close_ups
    way = int(rng.integers(1 + len(settings.surroundings)))
    view, size = image, detector.size
    if way:
        around = settings.surroundings[way - 1]
        view = surrounded(image, round(around.border * max(image.shape[:2])), repeats=around.repeats)
        size = max(1, round(around.size * detector.size))
    least = max(settings.least_share * image.shape[0] * image.shape[1], SMALLEST**2)
    faces = [face for face in detector.propose(view, size, settings.suspicion) if face.box[2] * face.box[3] >= least]
    return view, max(faces, key=lambda face: face.score, default=None)
