"""Heads beside the labels' one, which learn from FER+'s votes while a network is trained.

What ten annotators saw in an image says more of a face than one label does, so a network that has to predict it too
learns better features (Caruana 1997, "Multitask learning"). The heads share everything up to the last layer. Their
outputs follow behind the class probabilities, in one tensor, so that one loss and one accuracy serve all networks:

- votes: the shares of FER+'s ten kinds of votes, (N, 10); left out of the saved model;
- ferplus: the distribution over the model's own classes that FER+'s votes make, (N, classes). A share of it can become
  part of the saved model's logits, see :func:`join_heads`.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from emotion_recognition.data.batches.mixing import mixed
from emotion_recognition.data.sources.fer2013.ferplus_votes import VOTE_NAMES
from emotion_recognition.error_about import about
from emotion_recognition.models.registry import LAST_LAYER

FERPLUS_LAYER = "ferplus_logits"


@dataclass(frozen=True)
class ExtraHeads:
    """Which heads there are, and how much each one's loss weighs beside that of the labels.

    Args:
        votes: Weight of the ten kinds of votes; 0: no such head.
        ferplus: Weight of the distribution over the classes; 0: no such head.
    """

    votes: float = 0.0
    ferplus: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.votes or self.ferplus)

    def parts(self, classes: int) -> list[tuple[str, int, float]]:
        """The heads in the order of their columns: name of the last layer, number of columns, weight."""
        heads = [("votes_logits", len(VOTE_NAMES), self.votes), (FERPLUS_LAYER, classes, self.ferplus)]
        return [head for head in heads if head[2]]


def with_extra_heads(network: keras.Model, heads: ExtraHeads) -> keras.Model:
    """Returns a network that shares all layers with the given one and has the other heads too.

    Args:
        network: One of this project's, from pixels to probabilities (N, classes).
        heads: Which ones, at least one. The ferplus head starts as a copy of the labels' one.

    Returns:
        From the same pixels to (N, classes + the heads' columns).

    Raises:
        ValueError: If the network has no layer of that name, :data:`~emotion_recognition.models.registry.LAST_LAYER`.
    """
    if LAST_LAYER not in {layer.name for layer in network.layers}:
        message = f"Votes are learned beside a layer named {LAST_LAYER!r}; this network has no layer {LAST_LAYER!r}."
        raise about(ValueError(message), "votes_weight", "ferplus_weight")
    last = network.get_layer(LAST_LAYER)
    outputs = [network.outputs[0]]
    for name, columns, _ in heads.parts(network.output_shape[-1]):
        logits = layers.Dense(columns, name=name, dtype=last.dtype_policy)
        outputs.append(layers.Softmax(name=name.replace("logits", "shares"), dtype="float32")(logits(last.input)))
        if name == FERPLUS_LAYER:
            logits.set_weights(last.get_weights())
    joined = layers.Concatenate(name="probabilities_of_all_heads", dtype="float32")(outputs)
    return keras.Model(network.inputs[0], joined, name=network.name)


def join_heads(network: keras.Model, trainee: keras.Model, share: float) -> None:
    """Makes the network's logits a mean of the labels' head and the ferplus head, in place.

    The mean of logits is the geometric mean of probabilities, up to the sum that softmax divides by. Both heads are
    linear in the same features, so the mean of their weights is the same function in one layer.

    Args:
        network: The network that is saved.
        trainee: What :func:`with_extra_heads` made of it.
        share: Weight of the ferplus head in the mean, 0..1.
    """
    labels, ferplus = (
        layer.get_weights() for layer in (network.get_layer(LAST_LAYER), trainee.get_layer(FERPLUS_LAYER))
    )
    means = [(1 - share) * ours + share * theirs for ours, theirs in zip(labels, ferplus, strict=True)]
    network.get_layer(LAST_LAYER).set_weights(means)


class LabelLoss(keras.losses.Loss):
    """Cross-entropy of the classes, plus that of each other head times its weight.

    Args:
        classes: Number of classes; the other heads' columns are behind them.
        heads: The other heads. An example whose target is all zero in a head has no loss there.
        teacher_weight: How much of the classes' targets is what a teacher says, whose columns of the prediction are
            behind all heads; where these are zero, it says nothing. 0: there are none.
        mixed: Whether the last column of the prediction is an image's own share of what the network saw; the targets
            are mixed like the images, see :class:`~emotion_recognition.data.batches.mixing.Mixup`.
    """

    def __init__(self, classes: int, heads: ExtraHeads, *, teacher_weight: float = 0.0, mixed: bool = False) -> None:
        super().__init__(name="label_loss")
        self._classes = classes
        self._parts = heads.parts(classes)
        self._teacher_weight = teacher_weight
        self._mixed = mixed

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(N, all columns) twice -> (N,), nats."""
        if self._mixed:
            y_true = mixed(y_true, y_pred[:, -1:])
        target = y_true[:, : self._classes]
        if self._teacher_weight:
            said = y_pred[:, self._teacher_columns()]
            weight = self._teacher_weight * ops.sum(said, axis=-1, keepdims=True)
            target = (1.0 - weight) * target + self._teacher_weight * said
        loss = _cross_entropy(target, y_pred[:, : self._classes])
        first = self._classes
        for _, columns, weight in self._parts:
            loss += weight * _cross_entropy(y_true[:, first : first + columns], y_pred[:, first : first + columns])
            first += columns
        return loss

    def _teacher_columns(self) -> slice:
        first = self._classes + sum(columns for _, columns, _ in self._parts)
        return slice(first, first + self._classes)


class LabelAccuracy(keras.metrics.Mean):
    """Share of examples whose most probable class is that of the target.

    Args:
        classes: Number of classes; columns behind them are other heads'.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(name="accuracy")
        self._classes = classes

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch, (N, all columns) twice; examples without a label do not count, weights change nothing."""
        target, predicted = (ops.argmax(values[:, : self._classes], axis=-1) for values in (y_true, y_pred))
        labelled = ops.cast(ops.max(y_true[:, : self._classes], axis=-1) > 0, "float32")
        super().update_state(ops.cast(ops.equal(target, predicted), "float32"), sample_weight=labelled)


def _cross_entropy(target: Any, probabilities: Any) -> Any:
    return -ops.sum(target * ops.log(ops.maximum(probabilities, keras.config.epsilon())), axis=-1)
