"""Model files: a network goes to disk and comes back, with its class names.

``.keras``, ``.h5`` and ``.hdf5`` are read and written. Loading never runs code from the file.
"""

import contextlib
import json
import logging
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras

from emotion_recognition.atomic_file import replace_when_complete
from emotion_recognition.models.card import read_card
from emotion_recognition.models.conventions import Conventions, read_conventions, say
from emotion_recognition.models.half_storage import halved_hdf5
from emotion_recognition.models.keras2 import with_input_layer
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.models.precision import with_precision
from emotion_recognition.sealed_hdf5 import check_hdf5

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"

#: How the name of a ``.keras`` archive's file of weights ends.
_WEIGHTS = ".weights.h5"

_NONE = ModelOptions()


def load_network(path: Path, *, compiled: bool = False) -> keras.Model:
    """Loads a network.

    Models that Keras 2 saved are read too. What a network was compiled with, an optimizer of another Keras version or a
    loss of its author's own, matters to training alone and cannot keep it from being used.

    Args:
        path: The model file.
        compiled: Whether to compile it as it was when saved, for more training. Where that cannot be read, the network
            comes uncompiled, without an optimizer, and its learning rate is unknown.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no Keras model, cannot be read, holds code (a Lambda layer, say), or is an HDF5 file
            with a layer that Keras reads wrongly.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no model {path}.")
    _check_signature(path)
    try:
        if path.suffix != ".keras":
            check_hdf5(path)
        network = _read(path, compiled)
        if path.suffix != ".keras":
            _check_axes(path, network)
    # Keras lets through whatever the broken part of the file ran into: KeyError, TypeError, zipfile.BadZipFile ...
    except Exception as error:
        raise ValueError(f"{path} cannot be loaded as a Keras model: {_first_line(error)}") from error
    if not isinstance(network, keras.Model):
        raise ValueError(f"{path} must hold a Keras model. Received: {type(network).__name__}")
    if not getattr(network, "inputs", None):
        raise ValueError(f"{path} does not say what its network takes; give it a keras.Input before it is saved.")
    return network


def save_network(network: keras.Model, path: Path) -> None:
    """Saves a network in float32, complete or not at all.

    Its optimizer is saved with its settings but without its moments, which would treble the file.

    Raises:
        OSError: If the file cannot be written.
        ValueError: If Keras could not read the file again, as happens in HDF5 with some layers.
    """
    released = with_precision(network, "float32")
    if getattr(network, "optimizer", None) is not None:
        fresh = type(network.optimizer).from_config(network.optimizer.get_config())
        released.compile(optimizer=fresh, loss=network.loss, metrics=["accuracy"], jit_compile=False)
    with replace_when_complete(path) as partial, _no_advice():
        released.save(partial)
        if path.suffix == ".keras":
            _compress(partial)
        else:
            _check_readable(path, partial)


def _compress(archive: Path) -> None:
    """Compresses the entries of a ``.keras`` archive, which Keras stores as they are; it reads both.

    Weights that are values of float16 are stored as such, which loses nothing.
    """
    with zipfile.ZipFile(archive) as stored:
        entries = {name: stored.read(name) for name in stored.namelist()}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as compressed:
        for name, content in entries.items():
            compressed.writestr(name, halved_hdf5(content) if name.endswith(_WEIGHTS) else content)


def conventions_of(path: Path, network: keras.Model, options: ModelOptions = _NONE) -> Conventions:
    """What a model file's network takes and gives, by the caller, by its card, or assumed.

    Args:
        path: The model file; its card is looked for beside it.
        network: The network from that file.
        options: What the caller says of it.

    Raises:
        ValueError: If the network is no classifier, its card is none or contradicts it, or nobody names its classes.
    """
    if len(network.outputs) != 1 or len(network.outputs[0].shape) != 2:
        shapes = ", ".join(str(output.shape) for output in network.outputs)
        raise ValueError(f"{path} is no classifier: it must have one output (N, classes). Received: {shapes}")
    return read_conventions(path, int(network.output_shape[-1]), options)


def classes_of(path: Path, network: keras.Model) -> tuple[tuple[str, ...], bool]:
    """The class names of a model file, in label order; says so where they are assumed.

    Args:
        path: The model file; its card is looked for beside it.
        network: The network from that file.

    Returns:
        The names, and whether they were stated in the card (True) or assumed from the number of outputs (False).

    Raises:
        ValueError: If the network is no classifier, the card contradicts it, or there is no card and no label set
            of that size.
    """
    conventions = conventions_of(path, network)
    say(conventions.assumed)
    return conventions.class_names, read_card(path) is not None


def _read(path: Path, compiled: bool) -> keras.Model:
    with warnings.catch_warnings(), contextlib.ExitStack() as stack:
        stack.enter_context(_no_advice())
        # The optimizer's moments are not in the file, see save_network; Keras 2 had an argument that Keras 3 ignores.
        warnings.filterwarnings("ignore", message="Skipping variable loading for optimizer|Argument `decay`")
        readable = path if path.suffix == ".keras" else stack.enter_context(with_input_layer(path))
        if compiled:
            with contextlib.suppress(Exception):  # whatever its author's own loss or optimizer runs into
                return keras.saving.load_model(readable, safe_mode=True)
        return keras.saving.load_model(readable, safe_mode=True, compile=False)


def _check_signature(path: Path) -> None:
    # Keras chooses its reader by the suffix alone; a wrong file would fail deep inside it.
    if path.suffix == ".keras":
        if not zipfile.is_zipfile(path):
            raise ValueError(f"{path} is not a .keras file, or is damaged: it is no zip archive.")
    elif path.suffix in (".h5", ".hdf5"):
        with path.open("rb") as file:
            if file.read(len(_HDF5_SIGNATURE)) != _HDF5_SIGNATURE:
                raise ValueError(f"{path} is not an HDF5 file, or is damaged.")
    else:
        raise ValueError(f"A model file must end in .keras, .h5 or .hdf5. Received: {path}")


def _check_readable(path: Path, written: Path) -> None:
    try:
        load_network(written)
    except ValueError as error:
        raise ValueError(
            f"{path} was not written, because Keras reads some of this network's layers wrongly from HDF5; "
            f"use a name that ends in .keras. ({error.__cause__ or error})"
        ) from error


def _check_axes(path: Path, network: keras.Model) -> None:
    # Keras's HDF5 reader turns a list of axes into the last axis and says nothing; the outputs are then wrong.
    read = {layer.name: layer.get_config().get("axis") for layer in network._flatten_layers()}
    with h5py.File(path, "r") as file:
        stored = json.loads(file.attrs["model_config"])
    for name, axes in _layers_with_axes(stored):
        if name in read and len(axes) > 1 and read[name] not in (axes, tuple(axes)):
            raise ValueError(f"Keras reads the axes {axes} of the layer {name} as {read[name]} from HDF5")


def _layers_with_axes(config: Any) -> Iterator[tuple[str, list[int]]]:
    """The name and axes of every layer in a stored configuration that works along a list of axes."""
    if isinstance(config, dict):
        if isinstance(config.get("axis"), list):
            yield str(config.get("name")), config["axis"]
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            yield from _layers_with_axes(part)


@contextlib.contextmanager
def _no_advice() -> Iterator[None]:
    # Keras advises against .h5 whenever it writes one; whoever names such a file has decided.
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
