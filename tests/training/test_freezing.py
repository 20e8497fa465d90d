"""Stages that leave the backbone as it is."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.error_about import names_of
from emotion_recognition.training.freezing import frozen, frozen_layers, frozen_text
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.settings import ALL_FROZEN, Freeze, StageSettings
from emotion_recognition.training.stage import fit_stage
from emotion_recognition.training.stages import fit_stages
from emotion_recognition.training.start import open_start

SETTINGS = StageSettings(epochs=1, batch_size=4, learning_rate=0.01, augmentation=None, clean_statistics=True)


def split(name: str) -> Split:
    images = np.random.default_rng(len(name)).integers(0, 256, (8, 12, 12, 1), dtype=np.uint8)
    return Split(images, np.arange(8, dtype=np.uint8) % 2, ("left", "right"), name, "made.csv", "0" * 64)


def network() -> keras.Model:
    pixels = keras.Input((12, 12, 1), name="pixels")
    x = layers.Rescaling(1 / 255, name="scale")(pixels)
    for number in (1, 2):
        x = layers.Conv2D(2, 3, name=f"conv{number}")(x)
        x = layers.BatchNormalization(name=f"norm{number}")(x)
    x = layers.Dense(2, name="logits")(layers.GlobalAveragePooling2D(name="mean")(x))
    return keras.Model(pixels, layers.Softmax(name="probabilities")(x), name="small")


def changed(before: keras.Model, after: keras.Model) -> set[str]:
    """The names of the layers with another weight, or another statistic, than before."""
    pairs = zip(before.layers, after.layers, strict=True)
    return {
        new.name
        for old, new in pairs
        if any(not np.array_equal(a, b) for a, b in zip(old.get_weights(), new.get_weights(), strict=True))
    }


@pytest.mark.parametrize(
    ("freeze", "expected"),
    [
        (None, {"conv1", "norm1", "conv2", "norm2", "logits"}),
        (ALL_FROZEN, {"logits"}),
        # The input, the scaling, the first convolution and its normalization.
        (4, {"conv2", "norm2", "logits"}),
        (3, {"norm1", "conv2", "norm2", "logits"}),
        (0, {"conv1", "norm1", "conv2", "norm2", "logits"}),
    ],
)
def test_what_is_frozen_keeps_its_weights_and_its_statistics(
    freeze: Freeze, expected: set[str], tmp_path: Path
) -> None:
    start = open_start(split("train"), SETTINGS, network=network())
    before = keras.models.clone_model(start.network)
    before.set_weights(start.network.get_weights())
    settings = replace(SETTINGS, freeze=freeze)
    fit_stage(start.network, split("train"), split("val"), settings, TrainingRun.beside(tmp_path / "a", verbose=0))
    assert changed(before, start.network) == expected
    # The next stage, and the file, know nothing of it.
    assert all(layer.trainable for layer in start.network.layers)


def test_frozen_normalization_computes_as_in_testing() -> None:
    small = network()
    images = split("train").images.astype(np.float32)
    with frozen(small, ALL_FROZEN):
        np.testing.assert_allclose(small(images, training=True), small(images, training=False), atol=1e-6)
    assert np.abs(np.asarray(small(images, training=True)) - np.asarray(small(images, training=False))).max() > 1e-3


def test_layers_that_were_frozen_before_stay_so() -> None:
    small = network()
    small.get_layer("conv1").trainable = False
    with frozen(small, ALL_FROZEN):
        assert not small.get_layer("conv2").trainable
    assert small.get_layer("conv2").trainable
    assert not small.get_layer("conv1").trainable


def test_a_run_says_what_each_stage_trains() -> None:
    stages = [replace(SETTINGS, freeze=freeze) for freeze in (ALL_FROZEN, 4, None)]
    # The head has 2·2 + 2 weights; the second convolution 9·2·2 + 2, and its normalization 4 that are trained.
    assert frozen_text(network(), stages) == (
        "Stage 1 freezes 6 of 6 backbone layers, trains 6 parameters\n"
        "Stage 2 freezes 4 of 6 backbone layers, trains 48 parameters\n"
        "Stage 3 freezes 0 of 6 backbone layers, trains 72 parameters"
    )
    assert frozen_text(network(), [SETTINGS]) == ""


def test_what_cannot_be_frozen_is_one_line() -> None:
    with pytest.raises(ValueError, match=r"at most 6, the layers of the backbone of small\. Received: 7$") as caught:
        frozen_layers(network(), 7)
    assert names_of(caught.value) == ("freeze",)
    pixels = keras.Input((4, 4, 1))
    flat = keras.Model(pixels, layers.Dense(2)(layers.Flatten()(pixels)), name="flat")
    with pytest.raises(ValueError, match="freeze needs a network with feature maps; flat has none"):
        frozen_layers(flat, ALL_FROZEN)
    with pytest.raises(ValueError, match=r"freeze must be all, none or at least 0\. Received: some"):
        StageSettings(freeze="some")


def test_stages_freeze_one_after_the_other_and_a_resumed_run_must_too(tmp_path: Path) -> None:
    train, val = split("train"), split("val")
    start = open_start(train, SETTINGS, network=network())
    stages = [replace(SETTINGS, freeze=ALL_FROZEN), SETTINGS]
    done = fit_stages(start, train, val, stages, TrainingRun.beside(tmp_path / "a.keras", verbose=0))
    assert [entry["freeze"] for entry in done.entries] == [ALL_FROZEN, None]
    run = TrainingRun.beside(tmp_path / "b.keras", verbose=0)
    fit_stage(start.network, train, val, stages[0], run)
    with pytest.raises(ValueError, match=r"has another freeze: 'all'\. Received: None"):
        fit_stage(start.network, train, val, SETTINGS, replace(run, resume=True))
