"""Networks and images become probabilities: every image once, in order, whatever the batches."""

import keras
import numpy as np
import pytest
from keras import layers

from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.evaluation.predictions import predict
from emotion_recognition.models.network_input import NetworkInput
from emotion_recognition.models.postprocessing import Postprocessing

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (7, 4, 4, 1), dtype=np.uint8)


def network(activation: str | None = "softmax", seed: int = 0, scale: float = 0.01) -> keras.Model:
    """A dense layer over the pixels, with weights that a test can use."""
    pixels = keras.Input((4, 4, 1))
    dense = layers.Dense(3, activation=activation)
    model = keras.Model(pixels, dense(layers.Flatten()(pixels)))
    rng = np.random.default_rng(seed)
    dense.set_weights([rng.normal(0, scale, (16, 3)), rng.normal(0, scale, 3)])
    return model


def logits(model: keras.Model, images: np.ndarray) -> np.ndarray:
    kernel, bias = model.get_weights()
    return images.reshape(len(images), 16).astype(np.float64) @ kernel + bias


def softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_every_image_is_predicted_once_and_in_order(batch_size: int) -> None:
    model = network()
    predictions = predict(model, IMAGES, PredictionSettings(batch_size=batch_size))
    assert predictions.probabilities.dtype == np.float32
    assert predictions.kind == "probabilities"
    np.testing.assert_allclose(predictions.probabilities, softmax(logits(model, IMAGES)), atol=1e-5)


def test_logits_become_probabilities_and_are_said_to_be_logits() -> None:
    model = network(activation=None)
    predictions = predict(model, IMAGES)
    assert predictions.kind == "logits"
    np.testing.assert_allclose(predictions.probabilities, softmax(logits(model, IMAGES)), atol=1e-5)


def test_logits_that_are_all_positive_are_logits_too() -> None:
    model = network(activation=None)
    kernel, _ = model.get_weights()
    model.set_weights([np.abs(kernel), np.full(3, 2.0)])
    assert predict(model, IMAGES).kind == "logits"


def test_huge_logits_do_not_overflow() -> None:
    probabilities = predict(network(activation=None, scale=1000), IMAGES).probabilities
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_probabilities_in_bfloat16_are_probabilities() -> None:
    pixels = keras.Input((4, 4, 1))
    x = layers.Flatten()(layers.Rescaling(1 / 255)(pixels))
    model = keras.Model(pixels, layers.Dense(7, activation="softmax", dtype="bfloat16")(x))
    assert predict(model, RNG.integers(0, 256, (200, 4, 4, 1), dtype=np.uint8)).kind == "probabilities"


def test_the_pixel_range_reaches_the_network() -> None:
    model = network(scale=1)
    predictions = predict(model, IMAGES, network_input=NetworkInput(4, 1, "-1..1"))
    expected = softmax(logits(model, IMAGES / 127.5 - 1))
    np.testing.assert_allclose(predictions.probabilities, expected, atol=1e-5)


def test_flip_averages_an_image_and_its_mirror_image() -> None:
    model = network()
    mirrored = np.stack([[row[::-1] for row in image] for image in IMAGES])
    expected = (softmax(logits(model, IMAGES)) + softmax(logits(model, mirrored))) / 2
    np.testing.assert_allclose(
        predict(model, IMAGES, PredictionSettings(tta="flip")).probabilities, expected, atol=1e-5
    )


def test_dropout_and_batch_normalisation_are_at_rest() -> None:
    pixels = keras.Input((4, 4, 1))
    x = layers.Dropout(0.5)(layers.BatchNormalization()(pixels))
    model = keras.Model(pixels, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))
    together = predict(model, IMAGES).probabilities
    alone = np.concatenate([predict(model, IMAGES[i : i + 1]).probabilities for i in range(2)])
    # Dropout would change them by tenths; how many images are computed at once changes the last digits.
    np.testing.assert_allclose(together[:2], alone, atol=1e-5)


def test_the_callers_network_stays_compiled_as_it_was() -> None:
    model = network()
    model.compile("sgd", loss="mse", jit_compile=True)
    predict(model, IMAGES)
    assert model.jit_compile is True
    assert model.loss == "mse"


def test_a_network_with_broken_weights_is_refused() -> None:
    model = network()
    model.set_weights([np.full((16, 3), np.nan), np.zeros(3)])
    with pytest.raises(ValueError, match="NaN or infinity"):
        predict(model, IMAGES)


def test_no_images_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        predict(network(), IMAGES[:0])


@pytest.mark.parametrize("wrong", [{"batch_size": 0}, {"batch_size": -3}, {"tta": "all"}])
def test_settings_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=rf"{next(iter(wrong))} must be .*Received: "):
        PredictionSettings(**wrong)


def test_sigmoid_scores_are_told_from_logits_and_divided_by_their_sum() -> None:
    model = network(activation="sigmoid")
    predictions = predict(model, IMAGES)
    assert predictions.kind == "sigmoid"
    scores = 1 / (1 + np.exp(-logits(model, IMAGES)))
    assert (np.abs(scores.sum(axis=1) - 1) > 0.1).any()
    np.testing.assert_allclose(predictions.probabilities, scores / scores.sum(axis=1, keepdims=True), atol=1e-5)


def test_outputs_are_read_in_the_wanted_order() -> None:
    model = network()
    received = predict(model, IMAGES, postprocessing=Postprocessing(order=(2, 0, 1))).probabilities
    np.testing.assert_allclose(received, softmax(logits(model, IMAGES))[:, [2, 0, 1]], atol=1e-5)


def test_piped_progress_has_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    predict(network(), IMAGES, progress=True)
    assert "\r" not in capsys.readouterr().err
