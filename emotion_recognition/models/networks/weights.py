"""Puts the weights of a file into a backbone, layer by layer and by name; whatever does not fit is refused.

Before: :mod:`emotion_recognition.models.networks.imagenet` finds ImageNet's files, or the caller names one. The forms
that are read: HDF5 files of ``keras.applications`` (``*_notop.h5``, or those with the classifying layers, which are
left out), weights that Keras 3 saved (``*.weights.h5``) and whole models (``.keras``, ``.h5``).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import h5py
import keras
import numpy as np

from emotion_recognition.error_about import about
from emotion_recognition.models.files import load_network
from emotion_recognition.sealed_hdf5 import DAMAGE, check_hdf5

#: What weights may be called in place of a path: random ones, and those that were learned from ImageNet.
NONE, IMAGENET = "none", "imagenet"

#: The weights of a file: those of each layer that has any, in Keras's order.
Weights = dict[str, list[np.ndarray]]


def load_weights(layers: Sequence[keras.layers.Layer], path: Path, name: str, build: Callable[[], keras.Model]) -> None:
    """Sets the weights of a backbone's layers to those of a file.

    Args:
        layers: The backbone's layers.
        path: The file.
        name: The backbone's, for messages.
        build: Builds the backbone alone; called for files that do not name their layers.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read, or has no weights of that shape for each of the layers.
    """
    if not path.is_file():
        raise about(FileNotFoundError(f"There is no file of weights {path}."), "weights")
    stored = _read(path, name, build)
    found = []
    for layer in (layer for layer in layers if layer.weights):
        shapes = [tuple(weight.shape) for weight in layer.weights]
        given = [value.shape for value in stored.get(layer.name, [])]
        if given != shapes:
            what = f"of the shapes {given} in place of {shapes}" if given else "missing"
            raise _unfit(path, name, f"those of the layer {layer.name} are {what}")
        found.append((layer, stored[layer.name]))
    for layer, values in found:
        layer.set_weights(values)


def _read(path: Path, name: str, build: Callable[[], keras.Model]) -> Weights:
    if path.suffix == ".keras":
        return _weights_of(load_network(path))
    try:
        check_hdf5(path)
        with h5py.File(path, "r") as file:
            group = file.get("model_weights", file)
            if "layer_names" in group.attrs:
                return {_text(layer): _layer_weights(group[_text(layer)]) for layer in group.attrs["layer_names"]}
        if not path.name.endswith(".weights.h5"):
            raise ValueError("it is no file of weights that Keras wrote, or its name must end in .weights.h5")
    except DAMAGE as error:
        raise about(ValueError(f"{path} cannot be read as weights: {error}"), "weights") from error
    backbone = build()
    try:
        backbone.load_weights(path)
    # Keras lets through whatever it ran into: ValueError, KeyError, IndexError ...
    except Exception as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise _unfit(path, name, lines[0] if lines else type(error).__name__) from error
    return _weights_of(backbone)


def _weights_of(network: keras.Model) -> Weights:
    return {layer.name: layer.get_weights() for layer in network._flatten_layers() if layer.weights}


def _layer_weights(group: h5py.Group) -> list[np.ndarray]:
    return [group[_text(weight)][()] for weight in group.attrs["weight_names"]]


def _text(value: object) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _unfit(path: Path, name: str, reason: str) -> ValueError:
    return about(ValueError(f"{path} holds no weights of {name}, but of another architecture: {reason}"), "weights")
