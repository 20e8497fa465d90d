"""Compiles a network for training: Adam, cross-entropy, accuracy."""

from typing import Literal

import keras


def compile_network(network: keras.Model, learning_rate: float) -> None:
    """Compiles a network that gives probabilities, for integer labels.

    Args:
        network: The network; compiled in place.
        learning_rate: Adam's rate.
    """
    network.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=jit_choice(),
    )


def jit_choice() -> bool | Literal["auto"]:
    """Whether to compile steps with XLA.

    On a CPU under TensorFlow, XLA's convolutions take more than four times as long as oneDNN's, so it is off there;
    everywhere else Keras chooses.
    """
    on_tensorflow_cpu = keras.backend.backend() == "tensorflow" and not keras.distribution.list_devices("gpu")
    return False if on_tensorflow_cpu else "auto"
