"""Cuts faces, and what a detector took for faces, out of the training pictures: what a second stage learns from.

A split of photographs with face boxes and a detector's boxes go in, small pictures come out. Next:
:mod:`emotion_recognition.data.face_pictures.patch_views` makes random views of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.pictures.overlap import corners_of, overlaps
from emotion_recognition.pictures.square_view import square_view

#: Side of a patch as a multiple of its box's size: room for every random shift and turn.
COVERS = 3.2

#: Height and width of a patch in pixels.
PATCH_SIZE = 160

#: Below this size, √(width·height) in pixels, there is nothing to be seen of a face.
SMALLEST = 7.0

#: A box that overlaps every face by less than this, as intersection over union, shows none.
NO_FACE = 0.3

#: How sure of itself a detector would be of boxes beside faces, and of any place; they are drawn as rarely.
_BESIDE, _ANYWHERE = 0.03, 0.02


class Proposal(NamedTuple):
    """A detector's box.

    Attributes:
        box: x, y, width and height in pixels.
        score: How sure the detector is, 0..1.
    """

    box: tuple[float, float, float, float]
    score: float


@dataclass(frozen=True, eq=False)
class Patches:
    """Small pictures round boxes.

    Args:
        images: uint8 array (N, 160, 160, 3), BGR, 0..255; the box's middle is that of the patch, and its size,
            √(width·height), is the patch's side over 3.2.
        sizes: float32 array (N, 2): width and height of the face as multiples of the box's size.
        landmarks: float32 array (N, 5, 2): from the middle, as multiples of the box's size; NaN where unknown.
        weights: float64 array (N,): how often each is drawn, on no scale.
        is_face: bool array (N,).
    """

    images: np.ndarray
    sizes: np.ndarray
    landmarks: np.ndarray
    weights: np.ndarray
    is_face: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def __add__(self, others: "Patches") -> "Patches":
        return Patches(
            np.concatenate([self.images, others.images]),
            np.concatenate([self.sizes, others.sizes]),
            np.concatenate([self.landmarks, others.landmarks]),
            np.concatenate([self.weights, others.weights]),
            np.concatenate([self.is_face, others.is_face]),
        )


def cut_patches(
    split: FaceSplit,
    proposals: Sequence[Sequence[Proposal]],
    face_weights: np.ndarray,
    *,
    seed: int = 0,
) -> Patches:
    """Cuts out all faces of a split, the boxes that show none, and places beside faces and anywhere.

    Args:
        split: The pictures.
        proposals: For each picture what a detector finds in it, down to low scores.
        face_weights: float array (faces,): how often each face of the split is drawn, on no scale.
        seed: Start of the random numbers for places, at least 0.

    Raises:
        ValueError: If there are not as many lists of proposals as pictures, or a picture is broken.
    """
    if len(proposals) != len(split):
        raise ValueError(f"proposals must be {len(split)} lists, one for each picture. Received: {len(proposals)}")
    rng = np.random.default_rng(seed)
    images, sizes, landmarks, weights, is_face = [], [], [], [], []
    for i in range(len(split)):
        image, boxes, points = split.image(i), split.boxes_of(i).astype(np.float64), split.landmarks_of(i)
        for j in np.flatnonzero(~split.ignored_of(i) & (np.sqrt(boxes[:, 2:].prod(axis=1)) >= SMALLEST)):
            size = float(boxes[j, 2:].prod() ** 0.5)
            centre = boxes[j, :2] + boxes[j, 2:] / 2
            images.append(square_view(image, (centre[0], centre[1]), COVERS * size, PATCH_SIZE))
            sizes.append(boxes[j, 2:] / size)
            landmarks.append((points[j] - centre) / size)
            weights.append(face_weights[int(split.first[i]) + j])
            is_face.append(True)
        for box, score in _without_face(proposals[i], boxes, image.shape[:2], rng):
            size = (box[2] * box[3]) ** 0.5
            images.append(square_view(image, (box[0] + box[2] / 2, box[1] + box[3] / 2), COVERS * size, PATCH_SIZE))
            sizes.append(np.ones(2))
            landmarks.append(np.full((5, 2), np.nan))
            weights.append(score**0.5)  # the surer the detector is, the more there is to learn
            is_face.append(False)
    return Patches(
        np.array(images, np.uint8).reshape(-1, PATCH_SIZE, PATCH_SIZE, 3),
        np.array(sizes, np.float32).reshape(-1, 2),
        np.array(landmarks, np.float32).reshape(-1, 5, 2),
        np.array(weights, np.float64),
        np.array(is_face, bool),
    )


def _without_face(
    proposals: Sequence[Proposal], boxes: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator
) -> list[Proposal]:
    height, width = shape
    candidates = list(proposals)
    side = float(np.exp(rng.uniform(np.log(10), np.log(max(11, 0.6 * min(height, width))))))
    left, top = rng.uniform(0, width) - side / 2, rng.uniform(0, height) - side / 2
    candidates.append(Proposal((left, top, side, side), _ANYWHERE))
    for x, y, across, down in boxes[rng.permutation(len(boxes))[:2]]:
        size = (across * down) ** 0.5
        side = float(size * np.exp(rng.uniform(np.log(0.35), np.log(2.5))))
        angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 0.9) * max(size, side)
        left, top = x + across / 2 + away * np.cos(angle) - side / 2, y + down / 2 + away * np.sin(angle) - side / 2
        candidates.append(Proposal((left, top, side, side), _BESIDE))
    return [
        candidate
        for candidate in candidates
        if (candidate.box[2] * candidate.box[3]) ** 0.5 >= SMALLEST
        and overlaps(corners_of([candidate.box]), corners_of(boxes)).max(initial=0.0) < NO_FACE
    ]
