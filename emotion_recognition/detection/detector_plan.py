"""Everything that it takes to open the same detector once more, in another process or on another machine."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.detection.face_detectors.settings import DetectionSettings, DetectorSize
from emotion_recognition.emotions import DEFAULT_CLASS_COUNT
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.models.runtimes.registry import DEFAULT_RUNTIME

if TYPE_CHECKING:
    from emotion_recognition.detection.emotion_detector import EmotionDetector
    from emotion_recognition.detection.face_detectors.opening import FaceDetector


@dataclass(frozen=True)
class DetectorPlan:
    """The arguments of :class:`~emotion_recognition.EmotionDetector` and its face detector, as values to be pickled.

    Args:
        models: The model files.
        num_emotions: Number of emotions.
        classes: Names of the models' own classes, in place of emotions.
        detector: Name of the face detector.
        detector_model: Its file, or None.
        base_path: Where the project's own detector is looked for; None for the usual places.
        settings: Which boxes count as faces; None for the detector's own choice.
        detector_size: The longest side of the pictures that it sees, in pixels, "auto" or None.
        any_direction: Whether faces lying on their side and upside down are found too.
        options: What the models expect and give where their cards do not say it.
        mirrored: Whether each face is averaged with its mirror image.
        embeddings: Whether each face gets its feature vector.
        runtime: What runs ONNX copies.
    """

    models: tuple[Path, ...]
    num_emotions: int = DEFAULT_CLASS_COUNT
    classes: tuple[str, ...] | None = None
    detector: str = "auto"
    detector_model: Path | None = None
    base_path: Path | None = None
    settings: DetectionSettings | None = None
    detector_size: DetectorSize | None = None
    any_direction: bool = False
    options: ModelOptions = field(default_factory=ModelOptions)
    mirrored: bool = False
    embeddings: bool = False
    runtime: str = DEFAULT_RUNTIME

    def open_face_detector(self) -> "FaceDetector":
        """Opens the face detector; raises what :func:`~emotion_recognition.open_detector` raises."""
        from emotion_recognition.detection.face_detectors.opening import open_detector

        return open_detector(
            self.detector,
            model=self.detector_model,
            base_path=self.base_path,
            settings=self.settings,
            size=self.detector_size,
            any_direction=self.any_direction,
            runtime=self.runtime,
        )

    def open(self, face_detector: "FaceDetector | None" = None) -> "EmotionDetector":
        """Opens the detector; raises what :class:`~emotion_recognition.EmotionDetector` raises.

        Args:
            face_detector: The opened face detector, if there is one already.
        """
        from emotion_recognition.detection.emotion_detector import EmotionDetector

        return EmotionDetector(
            self.models,
            num_emotions=self.num_emotions,
            classes=self.classes,
            detector=self.open_face_detector() if face_detector is None else face_detector,
            options=self.options,
            mirrored=self.mirrored,
            embeddings=self.embeddings,
            runtime=self.runtime,
        )
