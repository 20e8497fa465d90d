"""Faces and their emotions: joins a face detector and an emotion classifier.

A picture goes in; for each face comes out a :class:`~emotion_recognition.detection.face_emotion.FaceEmotion`, which
annotation draws.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emotion_recognition.detection.classifier import EmotionClassifier
from emotion_recognition.detection.crop import crop_faces
from emotion_recognition.detection.detectors import FaceDetector, open_detector
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.workspace import Workspace


class EmotionDetector:
    """Finds the faces of a picture and classifies their emotions.

    Args:
        model: A trained model; by default the one that comes with the project for that many emotions.
        num_emotions: 5, 6, 7 or 8; the model must have those classes.
        classes: In place of emotions, the names of the model's own classes in label order.
        detector: A face detector from :func:`~emotion_recognition.detection.open_detector`, or a name for it.

    Raises:
        FileNotFoundError: If the model is missing.
        ValueError: If it cannot be loaded or has other classes.

    Example:
        >>> from emotion_recognition.detection import read_image
        >>> faces = EmotionDetector().detect(read_image(Workspace().sample_photo))  # doctest: +SKIP
        >>> faces[0].emotion  # doctest: +SKIP
        'happy'
    """

    def __init__(
        self,
        model: Path | str | None = None,
        *,
        num_emotions: int = 7,
        classes: Sequence[str] | None = None,
        detector: FaceDetector | str = "auto",
    ) -> None:
        path = Workspace().released_model(num_emotions) if model is None else Path(model)
        self.face_detector = open_detector(detector) if isinstance(detector, str) else detector
        self.classifier = EmotionClassifier(path, num_emotions if classes is None else classes)

    def detect(self, image: np.ndarray) -> list[FaceEmotion]:
        """Finds the faces of a picture and their emotions; all faces are classified in one batch.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.

        Returns:
            One entry for each face, highest detector score first; empty without a face.

        Raises:
            ValueError: If the image is none.
        """
        faces = self.face_detector.detect(image)
        crops = crop_faces(
            image,
            [face.box for face in faces],
            self.face_detector.framing,
            self.classifier.size,
            channels=self.classifier.crop_channels,
        )
        names = self.classifier.class_names
        return [
            FaceEmotion(face.box, face.score, dict(zip(names, map(float, row), strict=True)))
            for face, row in zip(faces, self.classifier.probabilities(crops), strict=True)
        ]
