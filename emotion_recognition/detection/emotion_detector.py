"""Faces and their emotions: joins a face detector and an emotion classifier.

A picture goes in, a :class:`~emotion_recognition.detection.picture_result.PictureResult` comes out: for each face a
:class:`~emotion_recognition.detection.face_emotion.FaceEmotion`, which annotation draws.
"""

import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from emotion_recognition.detection.classifier import EmotionClassifier
from emotion_recognition.detection.face_detectors.opening import (
    FaceDetector,
    FindsFaces,
    in_any_direction,
    open_detector,
)
from emotion_recognition.detection.face_detectors.outside import complete
from emotion_recognition.detection.face_detectors.settings import DetectorSize
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.picture_result import PictureResult
from emotion_recognition.emotions import DEFAULT_CLASS_COUNT, class_names
from emotion_recognition.error_about import about
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.models.postprocessing import average, geometric_mean
from emotion_recognition.models.runtimes.registry import AUTO, DEFAULT_RUNTIME
from emotion_recognition.pictures.close_up import face_that_fills, whole_mirrored
from emotion_recognition.pictures.crop import Framing, crop_faces
from emotion_recognition.pictures.faces import Box, Face
from emotion_recognition.pictures.image_source import ColourOrder, ImageSource, as_bgr, check_several
from emotion_recognition.pictures.shown_path import shown_path
from emotion_recognition.pictures.upright import turn_of
from emotion_recognition.workspace import find_released_model

_NO_OPTIONS = ModelOptions()


class EmotionDetector:
    """Finds the faces of pictures and classifies their emotions.

    A face that fills its picture is classified twice, as the detector frames it and as the picture does, mirrored, and
    gets the mean of both, see :mod:`emotion_recognition.pictures.close_up`.

    Threads may share one object; they take turns, and each gets what it would get alone.

    Args:
        model: A trained model, or several whose calibrated probabilities are averaged; by default the one that comes
            with the project for that many emotions.
        num_emotions: 5, 6, 7 or 8; every model must have those classes.
        classes: In place of emotions, the names of the models' own classes, in the order of the results; also of the
            outputs of a model without a card.
        detector: A face detector from :func:`~emotion_recognition.detection.open_detector`, or a name for it; or any
            object whose ``detect(image)`` takes a BGR image and gives a list of
            :class:`~emotion_recognition.detection.Face`. Its ``framing``, if it has one, says how FER2013 would frame
            the face in its boxes.
        options: What the models expect and give where their cards do not say it: pixel range, interpolation, kind of
            output; and the power of the class prior.
        prior: In place of ``options.prior_power``: the power, 0..2, of the class shares in the card that the
            probabilities are divided by, see :mod:`emotion_recognition.models.prior`.
        mirrored: Whether the probabilities of each face are averaged with those of its mirror image.
        embeddings: Whether each face gets its feature vector: what the last dense layer of the network sees of it, for
            clustering, search and transfer.
        detector_size: With a name, the longest side that pictures are resized to for it, in pixels; or "auto", which
            looks at large pictures in several sizes and in tiles.
        any_direction: Whether faces lying on their side and upside down are found too, in four times the detector's
            time.
        runtime: What runs the ONNX copies of the models and of a face detector that is named: "opencv", which needs
            nothing more, "onnxruntime", which gives no feature vectors, or "auto", the faster one that fits and is
            installed.

    Raises:
        FileNotFoundError: If a model is missing.
        ValueError: If one cannot be loaded, has other classes or gives no feature vectors where they are asked for,
            they take crops of different sizes, or the face detector takes no such size.

    Example:
        >>> detector = EmotionDetector(detector="haar")
        >>> (face,) = detector.detect("FacialExpressionRecognition/output/testImage.jpg")
        >>> face.emotion, face.probability > 0.8, face.box
        ('happy', True, (177, 66, 96, 96))
        >>> [len(faces) for faces in detector.detect_batch([np.zeros((90, 120, 3), np.uint8)] * 2, colour_order="rgb")]
        [0, 0]
    """

    def __init__(
        self,
        model: Path | str | Sequence[Path | str] | None = None,
        *,
        num_emotions: int = DEFAULT_CLASS_COUNT,
        classes: Sequence[str] | None = None,
        detector: FaceDetector | FindsFaces | str = "auto",
        detector_size: DetectorSize | None = None,
        any_direction: bool = False,
        options: ModelOptions = _NO_OPTIONS,
        prior: float | None = None,
        mirrored: bool = False,
        embeddings: bool = False,
        runtime: str = DEFAULT_RUNTIME,
    ) -> None:
        if not isinstance(detector, str) and detector_size is not None:
            raise about(
                ValueError(f"detector_size is for a detector that is named. Received: {detector_size}"), "detector_size"
            )
        if classes is None:
            class_names(num_emotions)  # there must be such emotions
        elif not classes:
            raise about(ValueError("classes must be names. Received: none"), "classes")
        if model is None:
            model = find_released_model(num_emotions)
        paths = [model] if isinstance(model, str | Path) else list(model)
        if "" in paths or not paths:
            raise about(ValueError("model must be a path or several, none of them empty"), "input_model")
        if isinstance(detector, str):
            self.face_detector = open_detector(
                detector, size=detector_size, any_direction=any_direction, runtime=runtime
            )
        else:
            whole = complete(detector)
            self.face_detector = in_any_direction(whole) if any_direction else whole
        #: Whether each face gets its feature vector.
        self.embeddings = embeddings
        #: One at a time also into a detector from elsewhere.
        self._finding = threading.Lock()
        if prior is not None:
            options = replace(options, prior_power=prior)
        if embeddings and runtime == AUTO:
            runtime = DEFAULT_RUNTIME  # it gives feature vectors
        self.classifier = EmotionClassifier(
            [Path(path) for path in paths],
            num_emotions if classes is None else classes,
            options,
            mirrored=mirrored,
            runtime=runtime,
        )
        if embeddings:
            # What gives none says so now, not at every picture with a face.
            size, channels = self.classifier.size, self.classifier.crop_channels
            self.classifier.with_features(np.zeros((1, size, size, channels), np.uint8))

    def detect(self, image: ImageSource, *, colour_order: ColourOrder = "bgr") -> PictureResult:
        """Finds the faces of a picture and their emotions; all faces are classified in one batch.

        Args:
            image: uint8 array (height, width, 3) or grey (height, width), 0..255; or the path or the bytes of a
                picture file.
            colour_order: Which colour comes first in an array: ``"bgr"`` as OpenCV gives it, ``"rgb"`` as Pillow does.

        Returns:
            A sequence with one entry for each face, highest detector score first; empty without a face. It has
            ``to_dict()``, ``to_json()`` and ``to_dataframe()``.

        Raises:
            ValueError: If the image is none.
            OSError: If the file cannot be read.
        """
        return self.detect_batch([image], colour_order=colour_order)[0]

    def detect_batch(self, images: Iterable[ImageSource], *, colour_order: ColourOrder = "bgr") -> list[PictureResult]:
        """Finds the faces of many pictures; the faces of all of them are classified together.

        Pictures are taken one after another and may differ in size; of each only the faces' crops are kept, so that
        a generator of frames needs the memory of one.

        Args:
            images: As for :meth:`detect`.
            colour_order: As for :meth:`detect`, the same for all.

        Returns:
            One result for each picture, in their order, as :meth:`detect` returns it.

        Raises:
            ValueError: If an image is none, or one is given in place of several.
            OSError: If a file cannot be read.
        """
        check_several(images)
        found: list[tuple[Sequence[Face], tuple[int, int], str | None]] = []
        crops: list[np.ndarray] = []
        wholes: dict[int, np.ndarray] = {}
        count = 0
        for image in images:
            pixels = as_bgr(image, colour_order)
            with self._finding:
                faces = self.face_detector.detect(pixels)
            file = shown_path(Path(image)) if isinstance(image, str | Path) else None
            found.append((faces, (pixels.shape[1], pixels.shape[0]), file))
            crops.append(self.crops(pixels, faces))
            filling = face_that_fills(*self._squares(faces), *found[-1][1])
            if filling is not None:
                wholes[count + filling] = whole_mirrored(
                    pixels,
                    self.classifier.size,
                    channels=self.classifier.crop_channels,
                    interpolation=self.classifier.interpolation,
                )
            count += len(faces)
        if not found:
            return []
        probabilities, features = self._classified(np.concatenate(crops), wholes)
        rows = iter(probabilities)
        vectors: Iterator[np.ndarray | None] = itertools.repeat(None) if features is None else iter(features)
        names = self.classifier.class_names
        return [
            PictureResult(
                tuple(
                    FaceEmotion(
                        face.box,
                        face.score,
                        dict(zip(names, map(float, next(rows)), strict=True)),
                        face.landmarks,
                        face.direction,
                        next(vectors),
                    )
                    for face in faces
                ),
                size,
                tuple(names),
                file,
            )
            for faces, size, file in found
        ]

    def crops(self, image: np.ndarray, faces: Sequence[Face | FaceEmotion]) -> np.ndarray:
        """What the classifier sees of faces as the detector frames them, turned upright by their landmarks.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.
            faces: Faces that this detector found in it.

        Returns:
            uint8 array (N, size, size, channels), 0..255, grey or RGB, as the models take them.

        Raises:
            ValueError: If the image is none or a face lies outside it.
        """
        boxes, rolls, framing = self._squares(faces)
        return crop_faces(
            image,
            boxes,
            framing,
            self.classifier.size,
            channels=self.classifier.crop_channels,
            rolls=rolls,
            interpolation=self.classifier.interpolation,
        )

    def _squares(self, faces: Sequence[Face | FaceEmotion]) -> tuple[list[Box], list[float], Framing]:
        """What the squares of faces follow from: their boxes, by how far they are turned upright, and the framing."""
        rolls = [turn_of(face.landmarks, face.direction) for face in faces]
        return [face.box for face in faces], rolls, self.face_detector.framing

    def _classified(self, crops: np.ndarray, wholes: Mapping[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
        """Probabilities of crops and, where they are wanted, feature vectors; with the second looks of some of them.

        Args:
            crops: uint8 array (N, size, size, channels).
            wholes: For the index of a crop, what else shows its face: uint8 array (1, size, size, channels).
        """
        twice = list(wholes)
        every = np.concatenate([crops, *wholes.values()])
        features = None
        if self.embeddings:
            probabilities, features = self.classifier.with_features(every)
        else:
            probabilities = self.classifier.probabilities(every)
        count = len(crops)
        if twice:
            probabilities[twice] = geometric_mean([probabilities[twice], probabilities[count:]])
            if features is not None:
                features[twice] = average([features[twice], features[count:]])
        return probabilities[:count], None if features is None else features[:count]
