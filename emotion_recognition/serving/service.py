"""What the routes of one service share: detectors, limits, figures, what is said about the models."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_recognition.serving.looking import Looks
from emotion_recognition.serving.metrics import Metrics
from emotion_recognition.serving.pool import Pool
from emotion_recognition.serving.recommending.recommender import Recommender
from emotion_recognition.serving.settings import ServingSettings

if TYPE_CHECKING:
    from emotion_recognition.detection.emotion_detector import EmotionDetector


@dataclass(frozen=True)
class Models:
    """What detection runs with, as it is told to clients; no paths of this machine.

    Args:
        models: Names of the emotion models.
        detector: The face detector in words.
        class_names: The emotions in label order.
        runtime: What runs the models, in words.
        min_confidence: Lowest score that counts as a face, 0..1, which tracking needs.
    """

    models: tuple[str, ...]
    detector: str
    class_names: tuple[str, ...]
    runtime: str
    min_confidence: float = 0.5

    def to_dict(self) -> dict[str, Any]:
        """What the command line's JSON says of a run before its results."""
        return {
            "models": list(self.models),
            "detector": self.detector,
            "runtime": self.runtime,
            "class_names": list(self.class_names),
        }


def models_of(detector: "EmotionDetector", models: Sequence[Path]) -> Models:
    """What clients are told of a detector.

    Args:
        detector: The opened detector.
        models: The files of its emotion models.
    """
    classifier, face_detector = detector.classifier, detector.face_detector
    return Models(
        tuple(model.stem for model in models),
        face_detector.description.replace(f" ({face_detector.path})", ""),
        classifier.class_names,
        classifier.runtime,
        face_detector.settings.min_confidence,
    )


@dataclass(frozen=True, eq=False)
class Service:
    """All that a running service has.

    Args:
        pool: The detectors.
        settings: The limits.
        models: What they run with.
        metrics: The figures.
        smooth: Seconds over which a stream's probabilities are smoothed; 0 for none.
        api_key: What clients must send; None lets everyone in.
        names: By which requests may call it, beside addresses and localhost; None for any.
        recommender: Ranks items; None where there is no catalogue, or no library for it.
        no_recommender: Why there is none, for clients.
        device: What detection in the browser needs: the content of files, by their name below ``device/``.
    """

    pool: Pool[Looks]
    settings: ServingSettings
    models: Models
    metrics: Metrics
    smooth: float = 0.5
    api_key: str | None = None
    names: Collection[str] | None = None
    recommender: Recommender | None = None
    no_recommender: str = "This server has no catalogue."
    device: Mapping[str, bytes] = field(default_factory=dict)
