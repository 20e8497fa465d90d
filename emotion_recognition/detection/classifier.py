"""The emotion classifier: crops of faces go in, probabilities come out.

A model's ONNX copy is run by OpenCV; a model without one needs Keras. Cropping comes before; annotation comes next.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emotion_recognition.emotions import check_same_classes, class_names
from emotion_recognition.models.calibration import apply_temperature, temperature_of
from emotion_recognition.models.card import read_card
from emotion_recognition.models.onnx_copy import SUFFIX, OnnxCopy, read_copy
from emotion_recognition.models.onnx_network import OnnxNetwork
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import MODEL_SUFFIXES

#: float32 (N, size, size, channels), 0..255 -> float32 (N, classes).
_Network = Callable[[np.ndarray], np.ndarray]


class EmotionClassifier:
    """Trained networks with the names of their classes; each is calibrated, their probabilities are averaged.

    Args:
        paths: The model file, or several; also ONNX copies whose model is not there.
        classes: The classes that each must have, in label order, or their number where they are emotions.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If one is no classifier of square images with those classes, their sizes differ, or an ONNX file
            is not its model's copy.
    """

    def __init__(self, paths: Path | Sequence[Path], classes: int | Sequence[str]) -> None:
        paths = [paths] if isinstance(paths, Path) else list(paths)
        if not paths:
            raise ValueError("At least one model is needed. Received: none")
        self.class_names = class_names(classes) if isinstance(classes, int) else tuple(classes)
        self._models = [_open(path, self.class_names) for path in paths]
        self.size = self._models[0].size
        #: What crops must have: 3, in the order RGB, if a network learned from colour, else 1.
        self.crop_channels = max(model.crop_channels for model in self._models)
        for path, model in zip(paths, self._models, strict=True):
            if model.size != self.size:
                raise ValueError(
                    f"The models must take crops of one size, but {paths[0]} takes {self.size} and {path} {model.size}."
                )
            if model.crop_channels != self.crop_channels:
                raise ValueError(
                    f"The models must all have learned from grey images or all from colour; {path} differs."
                )

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """Classifies all crops.

        Args:
            crops: uint8 array (N, size, size, crop_channels), 0..255.

        Returns:
            float32 array (N, classes), 0..1; each row sums to 1.

        Raises:
            ValueError: If a network's output is not that.
        """
        if len(crops) == 0:
            return np.empty((0, len(self.class_names)), np.float32)
        return np.asarray(np.mean([model.probabilities(crops) for model in self._models], axis=0, dtype=np.float32))


class _Model:
    """One of the networks, whatever runs it."""

    def __init__(self, path: Path, network: _Network, size: int, channels: int, card: Mapping[str, Any] | None) -> None:
        self.size = size
        self.crop_channels = 3 if channels == 3 and _learned_colour(card) else 1
        self._path, self._network, self._channels = path, network, channels
        self._temperature = temperature_of(card)

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """float32 (N, classes), calibrated, of uint8 crops (N, size, size, crop_channels)."""
        outputs = self._network(np.repeat(crops.astype(np.float32), self._channels // crops.shape[-1], axis=-1))
        if not np.allclose(outputs.sum(axis=1), 1, atol=1e-3) or outputs.min() < 0:
            raise ValueError(
                f"{self._path}: a model must end in probabilities that sum to 1; its last layer seems to be no softmax."
            )
        return apply_temperature(outputs, self._temperature)


def _open(path: Path, names: Sequence[str]) -> _Model:
    copy = read_copy(path)
    if copy is None:
        return _open_keras(path, names)
    _check_classes(path, copy.card["class_names"], names)
    return _Model(path, _onnx(copy), copy.entry.image_size, copy.entry.channels, copy.card)


def _onnx(copy: OnnxCopy) -> _Network:
    return OnnxNetwork(copy.content, str(copy.path))


def _open_keras(path: Path, expected: Sequence[str]) -> _Model:
    if path.suffix == SUFFIX or not path.is_file():
        raise FileNotFoundError(f"There is no model {path}.")
    if path.suffix not in MODEL_SUFFIXES:
        raise ValueError(f"A model file must end in {', '.join((*MODEL_SUFFIXES, SUFFIX))}. Received: {path}")
    try:
        import_keras()
    except ModuleNotFoundError as error:
        raise ValueError(
            f"{path} has no ONNX copy beside it, and {error.name}, which would run it, is not installed; install "
            f"requirements.txt, or write the copy where it is: TrainNetwork.py --export onnx -im {path.name}"
        ) from error
    import keras

    from emotion_recognition.models.files import classes_of, load_network

    network = load_network(path)
    names, _ = classes_of(path, network)
    _check_classes(path, names, expected)
    size, channels = _square_input(path, network.input_shape)

    def run(images: np.ndarray) -> np.ndarray:
        # Called directly: predict() sets up a data pipeline first, which takes longer than a few faces.
        return np.asarray(keras.ops.convert_to_numpy(network(images, training=False)))

    return _Model(path, run, size, channels, read_card(path))


def _check_classes(path: Path, names: Sequence[str], expected: Sequence[str]) -> None:
    check_same_classes(expected, f"the choice of {len(expected)} classes", names, f"The model {path}")


def _learned_colour(card: Mapping[str, Any] | None) -> bool:
    taken = (card or {}).get("input")
    return isinstance(taken, dict) and taken.get("colour") == "RGB"


def _square_input(path: Path, shape: object) -> tuple[int, int]:
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[1] != shape[2] or shape[3] not in (1, 3):
        raise ValueError(f"{path} must take square images (N, size, size, 1 or 3), but takes {shape}.")
    if shape[1] is None:
        raise ValueError(f"{path} must take images of one size, but takes {shape}.")
    return int(shape[1]), int(shape[3])
