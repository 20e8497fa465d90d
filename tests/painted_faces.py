"""Painted pictures with faces for tests that train or run a face detector, and a network that is small enough."""

import cv2
import numpy as np

from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.models.face_ssd.network import FaceSsdSize
from emotion_recognition.models.face_ssd.priors import PriorSettings

#: Some thousand weights.
TINY = FaceSsdSize(stem=(4, 8), channels=(8, 8, 8, 8), blocks=(0, 0, 0, 0), head=8)

#: 64 + 16 + 4 + 1 boxes on a picture of 64×64 pixels.
PRIORS = PriorSettings((8, 16, 32, 64), ((12.0,), (20.0,), (36.0,), (56.0,)), 0.8)


def paint_face(image: np.ndarray, box: tuple[int, int, int, int]) -> None:
    """A pale ellipse with two eyes and a mouth that fills its box: x, y, width and height."""
    x, y, width, height = box
    middle = (x + width // 2, y + height // 2)
    cv2.ellipse(image, middle, (width // 2, height // 2), 0, 0, 360, (150, 190, 230), -1)
    for share in (0.3, 0.7):
        eye = (round(x + share * width), round(y + 0.4 * height))
        cv2.circle(image, eye, max(1, width // 10), (20, 20, 20), -1)
    mouth = (x + width // 2, round(y + 0.75 * height))
    cv2.ellipse(image, mouth, (max(1, width // 4), max(1, height // 12)), 0, 0, 360, (40, 40, 160), -1)


def painted_landmarks(boxes: np.ndarray) -> np.ndarray:
    """Where eyes, nose and corners of the mouth are in painted faces: boxes (n, 4) -> float32 array (n, 5, 2)."""
    places = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.25, 0.75), (0.75, 0.75)])
    return np.asarray(boxes[:, None, :2] + places * boxes[:, None, 2:], np.float32)


def painted_split(
    split: str, count: int, *, without_faces: int = 0, side: int = 64, landmarks: bool = False
) -> FaceSplit:
    """Dark noise with one painted face on each picture, but for the last ones.

    Args:
        split: Its name; every name has pictures of its own.
        count: Pictures in all.
        without_faces: How many of them have no face.
        side: Width of a picture in pixels; its height is three quarters of it.
        landmarks: Whether those of the faces are known.
    """
    rng = np.random.default_rng(len(split))
    width, height = side, side * 3 // 4
    pictures, boxes = [], []
    for i in range(count):
        image = rng.integers(0, 60, (height, width, 3), dtype=np.uint8)
        if i < count - without_faces:
            across = int(rng.integers(side // 5, side // 2))
            down = round(across * 1.25)
            box = (int(rng.integers(width - across)), int(rng.integers(height - down)), across, down)
            paint_face(image, box)
            boxes.append(box)
        pictures.append(np.asarray(cv2.imencode(".png", image)[1]).ravel())
    return FaceSplit(
        pictures=pictures,
        sizes=np.tile(np.array([[width, height]], np.int32), (count, 1)),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        first=np.minimum(np.arange(count + 1), len(boxes)),
        ignored=np.zeros(len(boxes), bool),
        names=tuple(f"{i}.png" for i in range(count)),
        sources=tuple("human:painted" if i < len(boxes) else "noface:noise" for i in range(count)),
        masks=("",) * len(boxes),
        split=split,
        source_name=f"{split}.csv",
        source_sha256="0" * 64,
        landmarks=painted_landmarks(np.array(boxes, np.float32).reshape(-1, 4)) if landmarks else None,
    )
