"""Stores weights in half the space where nothing is lost by it: float32 values that are float16 values too.

Networks compute in float32 as before. Weights become such values by :func:`round_weights`, once, before they are saved;
:mod:`emotion_recognition.models.files` and the ONNX export then store them so by themselves. Those that are
multiples of few steps are compressed to half of that again.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras import layers

#: Arrays with fewer values stay as they are: biases and the like are few, and their precision costs nothing.
_FEWEST = 256

#: Steps of a kernel's values in one standard deviation; the lowest such step is float16's own.
_STEPS, _LOWEST_STEP = 16, 2.0**-24

#: First bytes and second bytes each for themselves: those of a kernel's values are much alike.
_PACKED = {"shuffle": True, "compression": "gzip", "compression_opts": 9}

#: Relative difference that products of float32 values may have from what they should be.
_PRECISION = 1e-6


def half(values: np.ndarray) -> np.ndarray:
    """The nearest values of float16, as float32; infinite where there are none."""
    with np.errstate(over="ignore"):
        return values.astype(np.float16).astype(np.float32)


def in_steps(values: np.ndarray) -> np.ndarray:
    """The nearest multiples of a step, as float32: the power of 2 that goes some 16 times into a standard deviation.

    Each output, along the last axis, has its own. So few different values take about 7 bits each when compressed. The
    error is a twentieth of the standard deviation at most, of which classifiers notice little.

    Example:
        >>> in_steps(np.array([[1.0], [-1.0], [0.1], [-0.1]], np.float32)).ravel().tolist()  # std 0.71, steps of 1/16
        [1.0, -1.0, 0.125, -0.125]
    """
    deviations = values.reshape(-1, values.shape[-1]).std(axis=0, dtype=np.float64)
    steps = np.exp2(np.round(np.log2(np.maximum(deviations / _STEPS, _LOWEST_STEP))))
    return half((np.round(values / steps) * steps).astype(np.float32))


def round_weights(network: keras.Model, rounded: Callable[[np.ndarray], np.ndarray] = half) -> None:
    """Rounds a network's kernels to values of float16, in place; biases and statistics stay as they are.

    A kernel with batch normalization behind it takes that layer's scale first, and the layer's statistics change so
    that the network computes the same: what an export makes of both is the kernel then, and can be stored so too.

    Args:
        network: The network.
        rounded: Which values: :func:`half` or :func:`in_steps`.

    Raises:
        ValueError: If a weight is too large for float16.
    """
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            _move_scale(layer)
    for variable in network.weights:
        values = np.asarray(keras.ops.convert_to_numpy(variable))
        if values.dtype != np.float32 or values.ndim < 2:
            continue
        new = rounded(values)
        if not np.isfinite(new).all():
            message = f"weights must be below 65520 to be stored as float16. Received: {np.abs(values).max():g}"
            raise ValueError(f"{variable.path}: {message}")
        variable.assign(new)


def halved_hdf5(content: bytes) -> bytes:
    """An HDF5 file with every float32 data set as float16 where its values are values of float16.

    Args:
        content: The bytes of a file of weights, as Keras writes them into a ``.keras`` archive.
    """
    memory = io.BytesIO()
    with h5py.File(io.BytesIO(content), "r") as old:
        halves: set[str] = set()

        def note(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset) and item.shape and _is_half(item[()]):
                halves.add(name)

        old.visititems(note)
        if not halves:
            return content  # most files: nothing is copied for them
        with h5py.File(memory, "w") as new:

            def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
                if isinstance(item, h5py.Dataset):
                    values = item[()]
                    written: Any = (
                        new.create_dataset(name, data=values.astype(np.float16), chunks=values.shape, **_PACKED)
                        if name in halves
                        else new.create_dataset(name, data=values)
                    )
                else:
                    written = new.require_group(name)
                _copy_attributes(item, written)

            _copy_attributes(old, new)
            old.visititems(copy)
    return memory.getvalue()


def halve_onnx(path: Path) -> None:
    """Rewrites an ONNX file with every float32 tensor as float16 where its values are values of float16.

    Each gets a ``Cast`` to float32, which runtimes compute when they load the file. What is a value of float16 but for
    float32's precision counts as one: the export multiplies kernels by scales of 1.
    """
    # Only here: it comes with the exporter, and running a copy does not need it.
    import onnx
    from onnx import numpy_helper

    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if not _is_half(values, _PRECISION):
            continue
        name, stored = tensor.name, f"{tensor.name}_float16"
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored))
        casts.append(onnx.helper.make_node("Cast", [stored], [name], to=onnx.TensorProto.FLOAT))
    if casts:
        nodes = list(model.graph.node)
        del model.graph.node[:]
        model.graph.node.extend([*casts, *nodes])
        onnx.save(model, path)


def _move_scale(normalization: layers.BatchNormalization) -> None:
    """Moves the scale of a batch normalization into the kernel of the convolution before it, but for a power of 2."""
    before = normalization.input._keras_history.operation
    if not (type(before) is layers.Conv2D and normalization.scale and len(before._outbound_nodes) == 1):
        return
    if before.activation not in (keras.activations.linear, keras.activations.relu):
        return  # what it makes of larger values is not as much larger
    gamma, mean, variance = (
        np.asarray(keras.ops.convert_to_numpy(variable), np.float64)
        for variable in (normalization.gamma, normalization.moving_mean, normalization.moving_variance)
    )
    epsilon = normalization.epsilon
    # Behind it the scale is gamma / (|gamma| 2^n) = ±2^-n; n is 0 unless the new variance would be too small for that.
    least = np.sqrt(2 * epsilon)
    safe = np.where(gamma == 0, 1.0, np.abs(gamma))
    deviation = safe * 2.0 ** np.maximum(0, np.ceil(np.log2(least / safe)))
    factor = np.where(gamma == 0, 1.0, deviation / np.sqrt(variance + epsilon))
    normalization.moving_mean.assign(mean * factor)
    normalization.moving_variance.assign(np.where(gamma == 0, variance, deviation**2 - epsilon))
    before.kernel.assign(np.asarray(keras.ops.convert_to_numpy(before.kernel), np.float64) * factor)
    if before.use_bias:
        before.bias.assign(np.asarray(keras.ops.convert_to_numpy(before.bias), np.float64) * factor)


def _is_half(values: np.ndarray, precision: float = 0.0) -> bool:
    """Whether all values are values of float16, up to a relative difference."""
    if values.dtype != np.float32 or values.size < _FEWEST:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return bool((np.abs(values - half(values)) <= precision * np.abs(values)).all())


def _copy_attributes(old: Any, new: Any) -> None:
    for name, value in old.attrs.items():
        new.attrs[name] = value
