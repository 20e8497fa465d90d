"""Facial expression recognition on FER2013 with Keras 3: data, networks, training, evaluation, detection."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emotion_recognition.detection.emotion_detector import EmotionDetector as EmotionDetector

__version__ = "0.1.0"
__all__ = ["EmotionDetector", "__version__"]


def __getattr__(name: str) -> Any:
    # Imported on first use: `import emotion_recognition` and every script's --help stay fast.
    if name == "EmotionDetector":
        from emotion_recognition.detection.emotion_detector import EmotionDetector

        return EmotionDetector
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
