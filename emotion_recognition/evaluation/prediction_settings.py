"""How test images go through a network: batch size, pixel range, in which views.

Needs neither Keras nor TensorFlow, so that a parser can offer the choices. Next:
:mod:`emotion_recognition.evaluation.predictions`.
"""

from dataclasses import dataclass

from emotion_recognition.evaluation.views import TTA

#: Lowest and highest pixel value that a network may expect, by the name that the command line has for it.
PIXEL_RANGES = {"0..255": (0.0, 255.0), "0..1": (0.0, 1.0), "-1..1": (-1.0, 1.0)}


@dataclass(frozen=True)
class PredictionSettings:
    """What a prediction needs to know beside the network and the images.

    Args:
        batch_size: Images per step. It changes the speed and nothing else: 64 to 512 are equally fast on two cores
            (``benchmarks/prediction_speed.py``), larger ones only cost memory.
        pixel_range: Key of :data:`PIXEL_RANGES`, what the network expects. The project's own scale pixels
            themselves and expect 0..255.
        tta: Key of :data:`~emotion_recognition.evaluation.views.TTA`: the views of each image whose probabilities are
            averaged.

    Raises:
        ValueError: If the batch size is not positive, or the range or the kind of views unknown.
    """

    batch_size: int = 128
    pixel_range: str = "0..255"
    tta: str = "none"

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be at least 1. Received: {self.batch_size}")
        if self.pixel_range not in PIXEL_RANGES:
            raise ValueError(f"pixel_range must be one of {list(PIXEL_RANGES)}. Received: {self.pixel_range!r}")
        if self.tta not in TTA:
            raise ValueError(f"tta must be one of {list(TTA)}. Received: {self.tta!r}")
