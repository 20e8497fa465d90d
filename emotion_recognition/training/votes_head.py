"""A second head that learns how FER+'s ten annotators voted on each image; only there while a network is trained.

What the annotators were in two minds about says more of a face than one label does, so a network that has to predict
the votes too learns better features (Caruana 1997, "Multitask learning"). The head shares everything up to the last
layer and is left out of the saved model. Its output follows behind the class probabilities, in one tensor, so that
one loss and one accuracy serve networks with it and without it.
"""

from typing import Any

import keras
from keras import layers, ops

from emotion_recognition.data.sources.fer2013.ferplus_votes import VOTE_NAMES
from emotion_recognition.error_about import about
from emotion_recognition.models.registry import LAST_LAYER

#: Numbers that the head adds to the network's output.
VOTES = len(VOTE_NAMES)


def with_votes_head(network: keras.Model) -> keras.Model:
    """Returns a network that shares all layers with the given one and predicts the votes too.

    Args:
        network: One of this project's, from pixels to probabilities (N, classes).

    Returns:
        From the same pixels to (N, classes + 10).

    Raises:
        ValueError: If the network has no layer of that name, :data:`~emotion_recognition.models.registry.LAST_LAYER`.
    """
    if LAST_LAYER not in {layer.name for layer in network.layers}:
        message = f"Votes are learned beside a layer named {LAST_LAYER!r}; this network has no layer {LAST_LAYER!r}."
        raise about(ValueError(message), "votes_weight")
    features = network.get_layer(LAST_LAYER).input
    x = layers.Dense(VOTES, name="votes_logits", dtype=network.get_layer(LAST_LAYER).dtype_policy)(features)
    shares = layers.Softmax(name="votes", dtype="float32")(x)
    both = layers.Concatenate(name="probabilities_and_votes", dtype="float32")([network.outputs[0], shares])
    return keras.Model(network.inputs[0], both, name=network.name)


class LabelLoss(keras.losses.Loss):
    """Cross-entropy of the classes, plus that of the votes times a weight.

    Args:
        classes: Number of classes; columns behind them are votes.
        votes_weight: Weight of the votes' part. An example whose votes are all zero has none.
    """

    def __init__(self, classes: int, votes_weight: float) -> None:
        super().__init__(name="label_loss")
        self._classes = classes
        self._votes_weight = votes_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(N, classes [+ 10]) twice -> (N,), nats."""
        loss = _cross_entropy(y_true[:, : self._classes], y_pred[:, : self._classes])
        if self._votes_weight:
            loss += self._votes_weight * _cross_entropy(y_true[:, self._classes :], y_pred[:, self._classes :])
        return loss


class LabelAccuracy(keras.metrics.Mean):
    """Share of examples whose most probable class is that of the target.

    Args:
        classes: Number of classes; columns behind them are votes.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(name="accuracy")
        self._classes = classes

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch, (N, classes [+ 10]) twice; weights of examples change nothing."""
        target, predicted = (ops.argmax(values[:, : self._classes], axis=-1) for values in (y_true, y_pred))
        super().update_state(ops.cast(ops.equal(target, predicted), "float32"))


def _cross_entropy(target: Any, probabilities: Any) -> Any:
    return -ops.sum(target * ops.log(ops.maximum(probabilities, keras.config.epsilon())), axis=-1)
