"""Networks and images -> class probabilities, for every image once.

Before: :mod:`emotion_recognition.evaluation.network_input` fits the images; next:
:mod:`emotion_recognition.evaluation.metrics` counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from tqdm import tqdm

from emotion_recognition.evaluation.network_input import NetworkInput, input_of
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.evaluation.views import count_views, views

#: How far probabilities of one image may add up to something else than 1: softmax in bfloat16 is off by up to 0.01.
_SUM_TOLERANCE = 0.02

_DEFAULT = PredictionSettings()


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one network says about every image.

    Args:
        probabilities: float32 array (N, classes), 0..1, every row adds up to 1.
        from_logits: Whether the network gave something else and softmax made probabilities of it.
    """

    probabilities: np.ndarray
    from_logits: bool


def predict(
    network: keras.Model, images: np.ndarray, settings: PredictionSettings = _DEFAULT, *, progress: bool = False
) -> Predictions:
    """Shows every image to a network.

    Outputs that are negative or do not add up to 1 are taken for logits: softmax is applied to all of them.

    Args:
        network: A classifier of square images, see :func:`~emotion_recognition.evaluation.network_input.input_of`.
        images: uint8 array (N, height, width, 1), 0..255.
        settings: Batch size, pixel range, views.
        progress: Whether to show a progress bar, where standard error is a terminal.

    Raises:
        ValueError: If there are no images, the network is no such classifier, or it gives NaN or infinity.

    Example:
        >>> from emotion_recognition.models import build_network
        >>> predict(build_network("vggnet", num_classes=7), np.zeros((5, 48, 48, 1), np.uint8)).probabilities.shape
        (5, 7)
    """
    if len(images) == 0:
        raise ValueError("images must hold at least one image. Received: none")
    network_input = input_of(network, settings.pixel_range)
    runner = _runner(network)
    steps = count_views(settings.tta) * -(-len(images) // settings.batch_size)
    # disable=None: the bar shows on a terminal only.
    with tqdm(total=steps, unit="batch", leave=False, disable=None if progress else True) as bar:
        raw = [_outputs(runner, view, network_input, settings.batch_size, bar) for view in views(images, settings.tta)]
    if not all(np.isfinite(outputs).all() for outputs in raw):
        raise ValueError("the network gives NaN or infinity for some images; its weights are damaged.")
    from_logits = not all(_are_probabilities(outputs) for outputs in raw)
    probabilities = average([_softmax(outputs) for outputs in raw] if from_logits else raw)
    assert len(probabilities) == len(images), "every image must be predicted exactly once"
    return Predictions(probabilities, from_logits)


def average(probabilities: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of several networks' probabilities.

    Args:
        probabilities: float arrays (N, classes), one per network or view; all of the same shape.

    Returns:
        float32 array (N, classes).
    """
    return np.asarray(np.stack(probabilities).mean(axis=0, dtype=np.float64), dtype=np.float32)


def _runner(network: keras.Model) -> keras.Model:
    # Shares the layers; whatever the caller's network is compiled for stays as it is.
    runner = keras.Model(network.inputs, network.outputs[0])
    if keras.backend.backend() == "tensorflow":
        # XLA would compile twice, for whole batches and for the last one, and then be no faster.
        runner.jit_compile = False
    return runner


def _outputs(
    runner: keras.Model, images: np.ndarray, network_input: NetworkInput, batch_size: int, bar: tqdm
) -> np.ndarray:
    batches = []
    for start in range(0, len(images), batch_size):
        pixels = network_input.prepare(images[start : start + batch_size])
        batches.append(np.asarray(runner.predict_on_batch(pixels), dtype=np.float32))
        bar.update()
    return np.concatenate(batches)


def _are_probabilities(outputs: np.ndarray) -> bool:
    return bool(outputs.min() >= 0 and np.abs(outputs.sum(axis=1) - 1).max() <= _SUM_TOLERANCE)


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
