"""The emotion classifier: crops of faces go in, probabilities come out.

Cropping comes before; annotation comes next.
"""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from emotion_recognition.emotions import check_same_classes, class_names
from emotion_recognition.models.card import read_card
from emotion_recognition.models.files import classes_of, load_network


class EmotionClassifier:
    """A trained network with the names of its classes.

    Args:
        path: The model file.
        classes: The classes that it must have, in label order, or their number where they are emotions.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no classifier of square images with those classes.
    """

    def __init__(self, path: Path, classes: int | Sequence[str]) -> None:
        expected = class_names(classes) if isinstance(classes, int) else classes
        self._network = load_network(path)
        names, _ = classes_of(path, self._network)
        check_same_classes(expected, f"the choice of {len(expected)} classes", names, f"The model {path}")
        self.class_names = names
        self.size, self._channels = _square_input(path, self._network)
        #: What crops must have: 3, in the order RGB, for a network that learned from colour, 1 for all others.
        self.crop_channels = 3 if _learned_colour(path) and self._channels == 3 else 1

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """Classifies all crops in one batch.

        Args:
            crops: uint8 array (N, size, size, crop_channels), 0..255.

        Returns:
            float32 array (N, classes), 0..1; each row sums to 1.

        Raises:
            ValueError: If the network's output is not that.
        """
        if len(crops) == 0:
            return np.empty((0, len(self.class_names)), np.float32)
        pixels = np.repeat(crops.astype(np.float32), self._channels // crops.shape[-1], axis=-1)
        # Called directly: predict() sets up a data pipeline first, which takes longer than a few faces.
        probabilities = keras.ops.convert_to_numpy(self._network(pixels, training=False))
        if not np.allclose(probabilities.sum(axis=1), 1, atol=1e-3) or probabilities.min() < 0:
            raise ValueError(
                "The model must end in probabilities that sum to 1; its last layer seems to be no softmax."
            )
        return np.asarray(probabilities)


def _learned_colour(path: Path) -> bool:
    taken = (read_card(path) or {}).get("input")
    return isinstance(taken, dict) and taken.get("colour") == "RGB"


def _square_input(path: Path, network: keras.Model) -> tuple[int, int]:
    shape = network.input_shape
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[1] != shape[2] or shape[3] not in (1, 3):
        raise ValueError(f"{path} must take square images (N, size, size, 1 or 3), but takes {shape}.")
    if shape[1] is None:
        raise ValueError(f"{path} must take images of one size, but takes {shape}.")
    return int(shape[1]), int(shape[3])
