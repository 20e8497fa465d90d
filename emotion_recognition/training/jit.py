"""Whether training's steps are compiled with XLA."""

from typing import Literal

import keras


def on_tensorflow_cpu() -> bool:
    """Whether TensorFlow computes, without a GPU."""
    return keras.backend.backend() == "tensorflow" and not keras.distribution.list_devices("gpu")


def jit_choice() -> bool | Literal["auto"]:
    """Whether to compile steps with XLA.

    On a CPU under TensorFlow, XLA's convolutions take more than four times as long as oneDNN's, so it is off there;
    everywhere else Keras chooses.
    """
    return False if on_tensorflow_cpu() else "auto"
