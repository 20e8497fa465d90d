"""Pictures that a face fills, or seems to fill, for the second stage; photographs show it too few of both.

People in photographs seldom shout or weep, and hardly ever fill the picture: crops of a data set of emotions are more
faces. A picture far out of focus looks like one large face: such pictures are more of what is none. Splits and a
detector go in, patches come out, as from :mod:`emotion_recognition.training.face_refiner.proposing`.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from emotion_recognition.data.face_pictures.patches import COVERS, NO_FACE, PATCH_SIZE, SMALLEST, Patches
from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.detection.face_detectors.face_ssd.close_up import surrounded
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.image_source import as_bgr
from emotion_recognition.pictures.overlap import corners_of, overlaps
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


@dataclass(frozen=True)
class BlurSettings:
    """Which pictures are put out of focus.

    Args:
        every: Of the pictures, one in so many.
        lowest: The lowest score of the detector's boxes that count, 0..1.
        least, most: Of the blur's standard deviation, as shares of the picture's longest side.
        seed: Start of the random numbers, at least 0.
    """

    every: int = 2
    lowest: float = 0.05
    least: float = 0.015
    most: float = 0.06
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
    cut = []
    for row in rows:
        view, faces, _ = _seen(as_bgr(split.images[row], "rgb"), detector, rng, detector.close_ups.suspicion)
        step()
        if faces:
            cut.append((view, max(faces, key=lambda face: face.score), settings.weight))
    return _cut_split(cut, f"{split.content_sha256()} {settings}", is_face=True)


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


def cut_blurred(
    split: FaceSplit,
    detector: FaceSsdDetector,
    settings: BlurSettings | None = None,
    *,
    step: Callable[[], None] = lambda: None,
) -> CutSplit:
    """Cuts out what the detector takes for a large face in pictures that are far out of focus, and where there is none.

    It sees them in the ways of :func:`cut_crops`.

    Args:
        split: The pictures as they are.
        detector: The first stage.
        settings: Which ones, and how far out of focus.
        step: Called after each picture that was looked at, :func:`blurred` in all, to show progress.
    """
    settings = settings or BlurSettings()
    rng = np.random.default_rng(settings.seed)
    cut = []
    for i in range(0, len(split), settings.every):
        image = split.image(i)
        sigma = float(np.exp(rng.uniform(np.log(settings.least), np.log(settings.most)))) * max(image.shape[:2])
        blurred_image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma))
        view, faces, border = _seen(blurred_image, detector, rng, settings.lowest)
        step()
        true = corners_of(split.boxes_of(i) + np.array([border, border, 0, 0]))
        cut += [
            (view, face, face.score**0.5)
            for face in faces
            if overlaps(corners_of([face.box]), true).max(initial=0.0) < NO_FACE
        ]
    return _cut_split(cut, f"{split.content_sha256()} {settings}", is_face=False)


def blurred(split: FaceSplit, settings: BlurSettings | None = None) -> int:
    """How many pictures of a split :func:`cut_blurred` looks at."""
    return len(range(0, len(split), (settings or BlurSettings()).every))


def _seen(
    image: np.ndarray, detector: FaceSsdDetector, rng: np.random.Generator, lowest: float
) -> tuple[np.ndarray, list[Face], int]:
    """What the detector is shown of a picture, what it takes for a large face, and the border of what it is shown."""
    settings = detector.close_ups
    way = int(rng.integers(1 + len(settings.surroundings)))
    view, size, border = image, detector.size, 0
    if way:
        around = settings.surroundings[way - 1]
        border = round(around.border * max(image.shape[:2]))
        view = surrounded(image, border, repeats=around.repeats)
        size = max(1, round(around.size * detector.size))
    least = max(settings.least_share * image.shape[0] * image.shape[1], SMALLEST**2)
    faces = [face for face in detector.propose(view, size, lowest) if face.box[2] * face.box[3] >= least]
    return view, faces, border


def _cut_split(cut: Sequence[tuple[np.ndarray, Face, float]], made_from: str, *, is_face: bool) -> CutSplit:
    """The patches round boxes of pictures, each with its weight."""
    images, sizes = [], []
    for view, face, _ in cut:
        x, y, width, height = face.box
        size = (width * height) ** 0.5
        images.append(square_view(view, (x + width / 2, y + height / 2), COVERS * size, PATCH_SIZE))
        sizes.append((width / size, height / size) if is_face else (1.0, 1.0))
    patches = Patches(
        np.array(images, np.uint8).reshape(-1, PATCH_SIZE, PATCH_SIZE, 3),
        np.array(sizes, np.float32).reshape(-1, 2),
        np.full((len(cut), 5, 2), np.nan, np.float32),
        np.array([weight for _, _, weight in cut], np.float64),
        np.full(len(cut), is_face),
    )
    # The pixels say which detector it was.
    content = f"{made_from} {hashlib.sha256(patches.images.tobytes()).hexdigest()}"
    return CutSplit(patches, hashlib.sha256(content.encode()).hexdigest())
