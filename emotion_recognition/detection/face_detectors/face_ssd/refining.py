"""Looks at each face that the detector's first stage has found from close by: the second stage of the cascade.

A picture and its faces go in, the same faces come out with better boxes and scores, and with landmarks. Before:
:mod:`emotion_recognition.detection.face_detectors.face_ssd.detector`.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from emotion_recognition.detection.face_detectors.face_ssd.refiner_file import RefinerFile
from emotion_recognition.models.face_refiner.fusion import Fusion
from emotion_recognition.models.face_refiner.outputs import FaceView, decode
from emotion_recognition.models.onnx_network import OnnxNetwork, open_copy
from emotion_recognition.models.runtimes.registry import DEFAULT_RUNTIME
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.overlap import corners_of
from emotion_recognition.pictures.square_view import square_view

#: The first stage's boxes are looked at again from this score on: 3.8 of them a picture on ``val``, at 320 pixels. From
#: 0.05 on it would be 5.0, for one face more in 618.
LEAST_SCORE = 0.1

#: How much of a face's box is the second stage's; the rest is the first one's.
SHARE = 0.65

#: Two boxes whose intersection over union is above this have become one face.
SAME_FACE = 0.5


class FaceRefiner:
    """The second stage; one object serves one thread at a time.

    Args:
        file: The ONNX file with what its card says.
        runtime: One of :data:`~emotion_recognition.models.runtimes.registry.RUNTIME_CHOICES`.

    Raises:
        ValueError: If the runtime is not installed, cannot read the file, or crashes with it.
    """

    def __init__(self, file: RefinerFile, runtime: str = DEFAULT_RUNTIME) -> None:
        self._file = file
        self._network: OnnxNetwork = open_copy(file.copy, runtime)

    def __call__(self, image: np.ndarray, faces: Sequence[Face]) -> list[Face]:
        """Looks at the faces of a picture.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.
            faces: What the first stage has found.

        Returns:
            The faces, each once, highest score first; with landmarks, if the network has learned them.

        Raises:
            ValueError: If the network gives something else than its card says.
        """
        if not faces:
            return []
        boxes = np.array([face.box for face in faces], np.float64)
        outputs = self._network(face_views(image, boxes, self._file.view))
        return refined_faces(image, faces, outputs, self._file.view, self._file.fusion, landmarks=self._file.landmarks)


def face_views(image: np.ndarray, boxes: np.ndarray, view: FaceView) -> np.ndarray:
    """What the network sees of boxes.

    Args:
        image: BGR uint8 array (height, width, 3), 0..255.
        boxes: float array (N, 4): x, y, width and height in pixels.
        view: What it sees of each.

    Returns:
        float32 array (N, size, size, 3), BGR, 0..255.
    """
    views = np.empty((len(boxes), view.size, view.size, 3), np.float32)
    for i, (x, y, width, height) in enumerate(np.asarray(boxes, np.float64).tolist()):
        side = view.context * (width * height) ** 0.5
        views[i] = square_view(image, (x + width / 2, y + height / 2), side, view.size)
    return views


def refined_faces(
    image: np.ndarray,
    faces: Sequence[Face],
    outputs: np.ndarray,
    view: FaceView,
    fusion: Fusion,
    *,
    landmarks: bool = True,
) -> list[Face]:
    """The faces as both stages see them together.

    Args:
        image: The picture, of which only the size counts.
        faces: What the first stage has found.
        outputs: float array (N, 15): what the second stage says of each.
        view: What it saw.
        fusion: How both scores make a probability.
        landmarks: Whether the second stage's landmarks are taken.

    Returns:
        The faces, each once, highest score first.
    """
    boxes = np.array([face.box for face in faces], np.float64).reshape(-1, 4)
    logits, better, points = decode(outputs, boxes, view)
    scores = fusion.scores(np.array([face.score for face in faces]), logits)
    boxes += SHARE * (better - boxes)
    height, width = image.shape[:2]
    corners = np.rint(np.clip(corners_of(boxes), 0, (width, height) * 2)).astype(int)
    boxes = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    filled = np.flatnonzero((boxes[:, 2:] > 0).all(axis=1))
    chosen = cv2.dnn.NMSBoxes(boxes[filled].tolist(), scores[filled].tolist(), 0.0, SAME_FACE)
    kept = filled[np.asarray(chosen, np.intp).reshape(-1)]
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    return [
        Face(
            box=tuple(boxes[i].tolist()),
            score=float(scores[i]),
            landmarks=tuple((x, y) for x, y in points[i].tolist()) if landmarks else None,
        )
        for i in kept
    ]
