"""Training goes on from a model whose classes or pixels are not the training split's."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.models.card import write_card
from emotion_recognition.models.files import save_network
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.training.start import open_start

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1), dtype=np.uint8)
TRAIN = Split(IMAGES, np.array([0, 1, 2, 0], np.uint8), ("a", "b", "c"), "train", "x.csv", "0" * 64)


def model(folder: Path, **card: Any) -> tuple[keras.Model, Path]:
    pixels = keras.Input((8, 8, 1))
    x = layers.Flatten()(layers.Rescaling(1 / 255)(pixels))
    network = keras.Model(pixels, layers.Dense(3, activation="softmax")(x))
    path = folder / "theirs.keras"
    save_network(network, path)
    write_card(path, {"network": "theirs", **card})
    return network, path


def test_outputs_in_another_order_are_put_into_the_split_s(tmp_path: Path) -> None:
    network, path = model(tmp_path, class_names=["c", "a", "b"], input={"pixels": "0..255"})
    started = open_start(TRAIN, StageSettings(), input_model=path).network
    expected, received = (
        np.asarray(keras.ops.convert_to_numpy(each(IMAGES.astype(np.float32), training=False)))
        for each in (network, started)
    )
    np.testing.assert_allclose(received, expected[:, [1, 2, 0]], atol=1e-6)


def test_other_pixels_than_training_shows_are_an_error(tmp_path: Path) -> None:
    _, path = model(tmp_path, class_names=["a", "b", "c"], input={"pixels": "-1..1"})
    with pytest.raises(ValueError, match=r"theirs\.keras expects pixels of -1\.\.1, but training shows 0\.\.255"):
        open_start(TRAIN, StageSettings(), input_model=path)
