"""How test images go through networks: batch size, in which views.

Needs neither Keras nor TensorFlow, so that a parser can offer the choices. What a model expects of its images is said
by :class:`~emotion_recognition.models.model_options.ModelOptions`. Next:
:mod:`emotion_recognition.evaluation.predictions`.
"""

from dataclasses import dataclass

from emotion_recognition.error_about import about
from emotion_recognition.evaluation.views import TTA


@dataclass(frozen=True)
class PredictionSettings:
    """What a prediction needs to know beside the network and the images.

    Args:
        batch_size: Images per step. It changes the speed and nothing else: 64 to 512 are equally fast on two cores
            (``benchmarks/prediction_speed.py``), larger ones only cost memory.
        tta: Key of :data:`~emotion_recognition.evaluation.views.TTA`: the views of each image whose probabilities are
            averaged.

    Raises:
        ValueError: If the batch size is not positive, or the kind of views unknown.
    """

    batch_size: int = 128
    tta: str = "none"

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise about(ValueError(f"batch_size must be at least 1. Received: {self.batch_size}"), "batch_size")
        if self.tta not in TTA:
            raise about(ValueError(f"tta must be one of {list(TTA)}. Received: {self.tta!r}"), "tta")
