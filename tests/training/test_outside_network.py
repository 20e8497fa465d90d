"""Networks from outside the project are trained, saved and tested without a change to the library."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.evaluation.ensemble import Ensemble
from emotion_recognition.evaluation.evaluate import evaluate
from emotion_recognition.evaluation.predictions import predict
from emotion_recognition.models import LAST_LAYER, NETWORKS, register_network
from emotion_recognition.models.card import read_card
from emotion_recognition.models.files import load_network
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.saving import save_trained
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.training.stages import fit_stages
from emotion_recognition.training.start import open_start

SETTINGS = StageSettings(epochs=1, batch_size=4, learning_rate=0.01, augmentation=None)


def split(name: str) -> Split:
    images = np.random.default_rng(len(name)).integers(0, 256, (6, 8, 8, 1), dtype=np.uint8)
    return Split(images, np.arange(6, dtype=np.uint8) % 3, ("red", "green", "blue"), name, "made.csv", "0" * 64)


def mine(*, num_classes: int, image_size: int, channels: int) -> keras.Model:
    pixels = keras.Input((image_size, image_size, channels))
    x = layers.Flatten()(layers.Rescaling(1 / 255)(pixels))
    return keras.Model(pixels, layers.Softmax()(layers.Dense(num_classes, name=LAST_LAYER)(x)), name="mine")


def whole(*ends: layers.Layer, side: int = 8, name: str = "mine") -> keras.Model:
    parts = [keras.Input((side, side, 1)), layers.Rescaling(1 / 255), layers.Flatten(), *ends]
    return keras.Sequential(parts, name=name)


@pytest.mark.parametrize(
    "make",
    [
        lambda: mine,
        lambda: "mine",
        lambda: whole(layers.Dense(3, activation="softmax")),
        lambda: whole(layers.Dense(3)),
    ],
    ids=["a function", "a registered name", "a model with a softmax", "a model with logits"],
)
def test_it_is_trained_saved_loaded_and_tested(make: Callable[[], Any], tmp_path: Path) -> None:
    train, val, path = split("train"), split("val"), tmp_path / "model.keras"
    register_network("mine", mine)
    try:
        start = open_start(train, SETTINGS, network=make())
    finally:
        del NETWORKS["mine"]
    assert start.description == "New network mine with 195 parameters; learning rate 0.01"  # 64 · 3 + 3
    before = start.network.get_weights()
    done = fit_stages(start, train, val, [SETTINGS], TrainingRun.beside(path, verbose=0))
    assert all(np.abs(a - b).max() > 0 for a, b in zip(before, start.network.get_weights(), strict=True))
    metrics = save_trained(start, path, train, val, done)

    card = read_card(path)
    assert card is not None
    assert (card["network"], card["class_names"]) == ("mine", ["red", "green", "blue"])
    probabilities = predict(load_network(path), val.images)
    assert probabilities.kind == "probabilities"
    expected = keras.ops.convert_to_numpy(start.network(val.images.astype(np.float32), training=False))
    np.testing.assert_allclose(probabilities.probabilities, expected, atol=1e-5)
    assert evaluate(Ensemble.from_files([path], val.class_names), val).metrics.correct == metrics.correct

    # And it goes on from there as any model does.
    again = open_start(train, SETTINGS, input_model=path, lower_rate=True)
    assert (again.network_name, again.learning_rate) == ("mine", pytest.approx(0.001))


def test_a_model_that_does_not_fit_the_data_is_refused() -> None:
    with pytest.raises(ValueError, match=r"The network other takes images of shape \(9, 9, 1\), but the training"):
        open_start(split("train"), SETTINGS, network=whole(layers.Dense(3), side=9, name="other"))
    with pytest.raises(ValueError, match=r"The network other has 4 outputs, .* has 3 classes: red, green, blue\.$"):
        open_start(split("train"), SETTINGS, network=whole(layers.Dense(4), name="other"))


def test_votes_are_learned_beside_the_logits_of_a_function_from_outside(tmp_path: Path) -> None:
    votes = np.full((6, 10), 1, np.uint8)
    train = replace(split("train"), votes=votes, votes_sha256="1" * 64)
    settings = replace(SETTINGS, votes_weight=1.0)
    start = open_start(train, settings, network=mine)
    done = fit_stages(start, train, split("val"), [settings], TrainingRun.beside(tmp_path / "a.keras", verbose=0))
    assert done.entries[0]["votes_weight"] == 1.0
    assert start.network.output_shape == (None, 3)
