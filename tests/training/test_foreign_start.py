"""Training goes on from a model whose classes or pixels are not the training split's."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.models import LAST_LAYER
from emotion_recognition.models.card import builds_of, write_card
from emotion_recognition.models.files import save_network
from emotion_recognition.training.run_card import run_card
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.training.start import open_start

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 1), dtype=np.uint8)
TRAIN = Split(IMAGES, np.array([0, 1, 2, 0], np.uint8), ("a", "b", "c"), "train", "x.csv", "0" * 64)


def model(folder: Path, activation: str | None = "softmax", **card: Any) -> tuple[keras.Model, Path]:
    pixels = keras.Input((8, 8, 1))
    x = layers.Flatten()(layers.Rescaling(1 / 255)(pixels))
    network = keras.Model(pixels, layers.Dense(3, activation=activation)(x))
    folder.mkdir(exist_ok=True)
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


def test_logits_get_a_softmax_behind_them_in_the_split_s_order(tmp_path: Path) -> None:
    network, path = model(tmp_path, None, class_names=["c", "a", "b"], input={"pixels": "0..255"}, output="logits")
    started = open_start(TRAIN, StageSettings(), input_model=path).network
    logits = np.asarray(keras.ops.convert_to_numpy(network(IMAGES.astype(np.float32))))[:, [1, 2, 0]]
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    received = np.asarray(keras.ops.convert_to_numpy(started(IMAGES.astype(np.float32), training=False)))
    np.testing.assert_allclose(received, expected, atol=1e-6)


def test_a_new_head_in_place_of_logits_gives_probabilities(tmp_path: Path) -> None:
    pixels = keras.Input((8, 8, 1))
    logits = layers.Dense(2, name=LAST_LAYER)(layers.Flatten()(layers.Rescaling(1 / 255)(pixels)))
    save_network(keras.Model(pixels, logits), tmp_path / "theirs.keras")
    write_card(tmp_path / "theirs.keras", {"network": "theirs", "class_names": ["x", "y"], "output": "logits"})
    started = open_start(TRAIN, StageSettings(), input_model=tmp_path / "theirs.keras", new_head=True).network
    received = np.asarray(keras.ops.convert_to_numpy(started(IMAGES.astype(np.float32), training=False)))
    assert received.min() >= 0
    np.testing.assert_allclose(received.sum(axis=1), 1, atol=1e-6)


def test_scores_that_are_no_probabilities_are_an_error(tmp_path: Path) -> None:
    _, path = model(tmp_path, "sigmoid", class_names=["a", "b", "c"], input={"pixels": "0..255"})
    with pytest.raises(ValueError, match=r"theirs\.keras cannot be trained further: .* with sigmoid"):
        open_start(TRAIN, StageSettings(), input_model=path)


def test_what_a_resumed_run_starts_from_is_told_by_its_content(tmp_path: Path) -> None:
    settings = StageSettings()
    paths = [model(folder, class_names=["a", "b", "c"])[1] for folder in (tmp_path / "one", tmp_path / "two")]
    first, second = (open_start(TRAIN, settings, input_model=path).identity for path in paths)
    assert first["input_model"] == second["input_model"] == "theirs.keras"
    assert first != second

    def headed(*, num_classes: int, image_size: int, channels: int, units: int = 4) -> keras.Model:
        pixels = keras.Input((image_size, image_size, channels))
        x = layers.Dense(units)(layers.Flatten()(pixels))
        return keras.Model(pixels, layers.Softmax()(layers.Dense(num_classes, name=LAST_LAYER)(x)))

    narrow, wide = (
        open_start(TRAIN, settings, network=headed, network_options={"units": units}).identity for units in (4, 8)
    )
    assert (narrow["network_options"], wide["network_options"]) == ({"units": "4"}, {"units": "8"})


def test_every_build_that_a_model_has_learned_from_stays_in_its_card(tmp_path: Path) -> None:
    earlier = {"sha256": "0" * 64, "build": "1"}
    _, path = model(tmp_path, class_names=["a", "b", "c"], data=earlier)
    split = replace(TRAIN, build_id="2")
    start = open_start(split, StageSettings(), input_model=path)
    assert start.builds == [earlier]
    data = run_card(start.network, "x", split, split, [], {}, start.builds)["data"]
    assert (data["build"], data["earlier_builds"]) == ("2", [earlier])
    assert builds_of({"data": data}) == [earlier, {"sha256": "0" * 64, "build": "2"}]
    same = run_card(start.network, "x", replace(TRAIN, build_id="1"), split, [], {}, start.builds)["data"]
    assert "earlier_builds" not in same
