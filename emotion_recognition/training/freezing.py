"""Keeps the first layers of a network as they are while a stage trains the others.

What is frozen also stops counting: its batch normalization uses the statistics that it has, and keeps them.
"""

import contextlib
from collections.abc import Iterator, Sequence

import keras

from emotion_recognition.error_about import about
from emotion_recognition.models.networks.transfer import backbone_layers
from emotion_recognition.training.settings import ALL_FROZEN, Freeze, StageSettings


@contextlib.contextmanager
def frozen(network: keras.Model, freeze: Freeze) -> Iterator[None]:
    """Inside the block, some layers are not trainable; afterwards they are what they were before.

    Args:
        network: A network whose layers :func:`~emotion_recognition.models.networks.transfer.backbone_layers` can tell.
        freeze: How many of its backbone's layers, counted from the pixels, or all of them, or None.

    Raises:
        ValueError: If it has fewer layers.
    """
    parts = [part for layer in frozen_layers(network, freeze) for part in layer._flatten_layers()]
    before = [part.trainable for part in parts]
    for part in parts:
        part.trainable = False
    try:
        yield
    finally:
        for part, was in zip(parts, before, strict=True):
            part.trainable = was


def frozen_layers(network: keras.Model, freeze: Freeze) -> list[keras.layers.Layer]:
    """The layers that are to be frozen.

    Raises:
        ValueError: If the network's backbone has fewer.
    """
    if freeze is None:
        return []
    backbone = backbone_layers(network)
    if not any(layer.weights for layer in backbone):
        raise about(ValueError(f"freeze needs a network with feature maps; {network.name} has none"), "freeze")
    if freeze == ALL_FROZEN:
        return backbone
    count = int(freeze)
    if count > len(backbone):
        message = f"freeze must be at most {len(backbone)}, the layers of the backbone of {network.name}"
        raise about(ValueError(f"{message}. Received: {count}"), "freeze")
    return backbone[:count]


def frozen_text(network: keras.Model, stages: Sequence[StageSettings]) -> str:
    """What each stage of a run trains, for a person; empty where nothing is frozen.

    Args:
        network: The network.
        stages: Settings of all stages, which are all checked.

    Raises:
        ValueError: If one freezes more layers than there are.
    """
    if all(stage.freeze is None for stage in stages):
        return ""
    total = len(backbone_layers(network))
    trained = []
    for stage in stages:
        frozen_here = frozen_layers(network, stage.freeze)
        with frozen(network, stage.freeze):
            numbers = sum(int(keras.ops.size(weight)) for weight in network.trainable_weights)
        trained.append(f"{len(frozen_here)} of {total} backbone layers, trains {numbers:,} parameters")
    return "\n".join(f"Stage {number} freezes {text}" for number, text in enumerate(trained, start=1))
