"""What a network is compiled with, by hand."""

import keras
import numpy as np
import pytest

from emotion_recognition.training.compiling import build_optimizer, compile_network
from emotion_recognition.training.extra_heads import ExtraHeads, with_extra_heads
from emotion_recognition.training.settings import StageSettings


def test_sgd_looks_ahead() -> None:
    """Two steps with a gradient of 1, a rate of 0.1 and Nesterov momentum 0.9.

    The velocity is −0.1, then −0.19; a step is 0.9 times it, less 0.1: −0.19, then −0.271. Plain momentum gives −0.29.
    """
    settings = StageSettings(optimizer="sgd", learning_rate=0.1, patience=None)
    variable = keras.Variable(np.zeros(1, np.float32))
    optimizer = build_optimizer(settings, settings.learning_rate)
    optimizer.build([variable])
    for expected in (-0.19, -0.461):
        optimizer.apply([keras.ops.ones(1)], [variable])
        np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), [expected], rtol=1e-6)


@pytest.mark.parametrize(("votes_weight", "ferplus_weight"), [(0.5, 0.0), (2.0, 0.0), (0.0, 0.25), (2.0, 3.0)])
def test_the_settings_weights_are_those_of_the_loss_and_the_accuracy_is_of_the_labels(
    votes_weight: float, ferplus_weight: float
) -> None:
    keras.utils.set_random_seed(0)
    pixels = keras.Input((2,))
    network = keras.Model(pixels, keras.layers.Softmax()(keras.layers.Dense(3, name="logits")(pixels)))
    network.get_layer("logits").set_weights([np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]]), np.array([0.5, 0.0, 0.0])])
    trainee = with_extra_heads(network, ExtraHeads(votes_weight, ferplus_weight))
    settings = StageSettings(votes_weight=votes_weight, ferplus_weight=ferplus_weight, patience=None)
    compile_network(trainee, settings, classes=3, steps=1)
    images = np.array([[1.0, 2.0], [0.0, -1.0]], np.float32)
    # Logits of 1.5, 4, −1 and 0.5, −2, 0: the classes 1 and 0, of which the first is right.
    labels = np.eye(3)[[1, 1]]
    predicted = trainee.predict(images, verbose=0).astype(np.float64)
    losses = [-(labels * np.log(predicted[:, :3])).sum(axis=1).mean()]
    targets, first = [labels], 3
    for columns, weight in ((10, votes_weight), (3, ferplus_weight)):
        if weight:
            shares = np.full((2, columns), 1 / columns)
            shares[:, 0] += 0.1
            shares[:, 1] -= 0.1
            targets.append(shares)
            losses.append(weight * -(shares * np.log(predicted[:, first : first + columns])).sum(axis=1).mean())
            first += columns
    loss, accuracy = trainee.evaluate(images, np.concatenate(targets, axis=1), verbose=0)
    assert loss == pytest.approx(sum(losses), rel=1e-5)
    assert accuracy == 0.5
