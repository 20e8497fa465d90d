import keras
import numpy as np
import pytest

from emotion_recognition.training.extra_heads import ExtraHeads, LabelAccuracy, LabelLoss, join_heads, with_extra_heads


def tiny_network() -> keras.Model:
    pixels = keras.Input((1, 1, 2), name="pixels")
    features = keras.layers.Flatten()(pixels)
    logits = keras.layers.Dense(3, name="logits")(features)
    network = keras.Model(pixels, keras.layers.Softmax(name="probabilities")(logits))
    network.get_layer("logits").set_weights([np.array([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]]), np.array([0.5, 0.0, 0.0])])
    return network


PIXELS = np.array([[[[1.0, 2.0]]], [[[0.0, -1.0]]]], np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


def test_the_other_heads_follow_behind_the_probabilities_and_ferplus_starts_as_the_labels_head() -> None:
    network = tiny_network()
    outputs = np.asarray(with_extra_heads(network, ExtraHeads(votes=1.0, ferplus=1.0))(PIXELS))
    assert outputs.shape == (2, 3 + 10 + 3)
    # 1·1 + 0.5, 2·2, −1; and 0.5, −2, 0
    assert outputs[:, :3] == pytest.approx(softmax(np.array([[1.5, 4.0, -1.0], [0.5, -2.0, 0.0]])), abs=1e-6)
    assert outputs[:, 3:13].sum(axis=1) == pytest.approx([1, 1], abs=1e-6)
    assert np.array_equal(outputs[:, 13:], outputs[:, :3])


def test_joined_heads_give_the_geometric_mean_of_their_probabilities() -> None:
    network = tiny_network()
    trainee = with_extra_heads(network, ExtraHeads(ferplus=1.0))
    trainee.get_layer("ferplus_logits").set_weights([np.array([[0.0, 3.0, 1.0], [1.0, 0.0, 0.5]]), np.zeros(3)])
    both = np.asarray(trainee(PIXELS))
    labels, ferplus = both[:, :3], both[:, 3:]
    join_heads(network, trainee, 0.7)
    expected = labels**0.3 * ferplus**0.7
    assert np.asarray(network(PIXELS)) == pytest.approx(expected / expected.sum(axis=1, keepdims=True), abs=1e-6)


def test_each_head_weighs_its_own_loss_and_an_empty_target_costs_nothing() -> None:
    votes = np.full(10, 0.1)
    row = np.concatenate([[0.5, 0.25, 0.25], votes, [0.2, 0.3, 0.5]])
    predicted = np.stack([row, row]).astype(np.float32)
    true = np.zeros((2, 16), np.float32)
    true[:, 0] = 1  # −ln 0.5
    true[0, 3] = 1  # −ln 0.1, times 2
    true[0, 15] = 1  # −ln 0.5, times 0.25; the second example has neither
    loss = LabelLoss(3, ExtraHeads(votes=2.0, ferplus=0.25)).call(keras.ops.array(true), keras.ops.array(predicted))
    half, tenth = np.log(2), np.log(10)
    assert np.asarray(loss) == pytest.approx([half + 2 * tenth + 0.25 * half, half], abs=1e-5)


def test_accuracy_looks_at_the_classes_alone() -> None:
    accuracy = LabelAccuracy(2)
    accuracy.update_state(np.array([[0, 1, 9, 0], [1, 0, 0, 9.0]]), np.array([[0.4, 0.6, 0, 9], [0.1, 0.9, 9, 0.0]]))
    assert float(accuracy.result()) == 0.5


def test_a_network_without_the_last_layers_name_is_refused() -> None:
    pixels = keras.Input((1, 1, 2))
    stranger = keras.Model(pixels, keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(pixels)))
    with pytest.raises(ValueError, match=r"no layer 'logits'"):
        with_extra_heads(stranger, ExtraHeads(votes=1.0))
