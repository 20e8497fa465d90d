"""One network and images -> class probabilities, for every image once.

Before: :mod:`emotion_recognition.models.network_input` fits the images; next:
:mod:`emotion_recognition.evaluation.ensemble` calibrates and averages.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.evaluation.views import count_views, views
from emotion_recognition.models.network_input import NetworkInput, input_of
from emotion_recognition.models.postprocessing import Postprocessing, average
from emotion_recognition.progress import Progress

_DEFAULT = PredictionSettings()
_AS_IT_IS = Postprocessing()


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one network says about every image.

    Args:
        probabilities: float32 array (N, classes), 0..1, every row adds up to 1; not calibrated.
        kind: What the network's outputs were: "probabilities", "logits" or "sigmoid".
    """

    probabilities: np.ndarray
    kind: str


#: What shows a batch to a network: float32 (N, size, size, channels) to its outputs (N, classes).
Run = Callable[[np.ndarray], np.ndarray]


def predict(
    network: keras.Model | Run,
    images: np.ndarray,
    settings: PredictionSettings = _DEFAULT,
    *,
    network_input: NetworkInput | None = None,
    postprocessing: Postprocessing = _AS_IT_IS,
    progress: bool = False,
) -> Predictions:
    """Shows every image to a network.

    Args:
        network: A classifier of square images, see :func:`~emotion_recognition.models.network_input.input_of`; or
            whatever else runs one, such as :class:`~emotion_recognition.models.onnx_network.OnnxNetwork`.
        images: uint8 array (N, height, width, 1 or 3), 0..255, grey or RGB.
        settings: Batch size, views.
        network_input: How images are fitted to it; None takes a Keras network's size and pixels of 0..255.
        postprocessing: How its outputs are read; its temperature is not applied here.
        progress: Whether to show on standard error how far it is.

    Raises:
        ValueError: If there are no images, the network is no such classifier, its outputs are not what they are
            stated to be, or it gives NaN or infinity.

    Example:
        >>> from emotion_recognition.models import build_network
        >>> predict(build_network("vggnet", num_classes=7), np.zeros((5, 48, 48, 1), np.uint8)).probabilities.shape
        (5, 7)
    """
    if len(images) == 0:
        raise ValueError("images must hold at least one image. Received: none")
    if network_input is None:
        if not isinstance(network, keras.Model):
            raise ValueError("network_input must be given for what is no Keras network. Received: None")
        network_input = input_of(network)
    run = _runner(network) if isinstance(network, keras.Model) else network
    shown = Progress("images", count_views(settings.tta) * len(images)) if progress else None
    raw = []
    for view in views(images, settings.tta):
        batches = []
        for start in range(0, len(view), settings.batch_size):
            batch = view[start : start + settings.batch_size]
            batches.append(np.asarray(run(network_input.prepare(batch)), dtype=np.float32))
            if shown is not None:
                shown.step(len(batch))
        raw.append(np.concatenate(batches))
    if shown is not None:
        shown.clear()
    # Told from all views together, so that one reading holds for all of them.
    kind = postprocessing.kind_of(np.concatenate(raw))
    probabilities = average([postprocessing.uncalibrated(outputs, kind) for outputs in raw])
    assert len(probabilities) == len(images), "every image must be predicted exactly once"
    return Predictions(probabilities, kind)


def _runner(network: keras.Model) -> Run:
    # Shares the layers; whatever the caller's network is compiled for stays as it is.
    runner = keras.Model(network.inputs, network.outputs[0])
    if keras.backend.backend() == "tensorflow":
        # XLA would compile twice, for whole batches and for the last one, and then be no faster.
        runner.jit_compile = False
    return lambda images: np.asarray(runner.predict_on_batch(images))
