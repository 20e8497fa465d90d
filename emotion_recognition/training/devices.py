"""Training on several devices, of one machine or of several: each batch is split over them, and nothing else changes.

On JAX, Keras compiles one program for all devices, so that batch-normalization statistics, losses, metrics and random
numbers are those of the whole batch, as on one device. On TensorFlow, a ``MirroredStrategy`` holds a copy of the
network per device; batch normalization is synchronized, and each copy draws the same random changes for its part.

On several machines, which only JAX can do, each runs the same program; the first one's files are those that count.
"""

import contextlib
import json
import logging
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras

from emotion_recognition.error_about import about
from emotion_recognition.host_and_port import host_and_port

#: Either says where the first process of several waits for the others.
_KERAS_ADDRESS, _JAX_ADDRESS = "KERAS_DISTRIBUTION_JOB_ADDRESSES", "JAX_COORDINATOR_ADDRESS"

#: Seconds that a process waits for the first one, as JAX does; between two tries, and for one of them.
_WAIT_SECONDS, _PAUSE_SECONDS, _REACH_SECONDS = 300.0, 1.0, 10.0


@dataclass(frozen=True)
class Machines:
    """The processes that train one network together.

    Args:
        number: Of this process, from 0.
        count: How many there are.
    """

    number: int = 0
    count: int = 1


def join_machines() -> Machines:
    """Connects this process with those of other machines, if the variables of Keras or JAX ask for it.

    Must be called before anything is computed. It waits for the others, five minutes at most. JAX's variable, which
    may be there for other programs, asks other backends for nothing, which is logged as a warning.

    Raises:
        ValueError: If the backend cannot do so, or the variables are wrong.
        OSError: If the others do not come.
    """
    backend = keras.backend.backend()
    address = os.environ.get(_KERAS_ADDRESS)
    if address is None and _JAX_ADDRESS in os.environ:
        if backend == "jax":
            address = os.environ[_JAX_ADDRESS]
        else:
            logging.getLogger("emotion_recognition").warning(
                "note: %s is for JAX alone; with KERAS_BACKEND=%s this process trains by itself", _JAX_ADDRESS, backend
            )
    if address is None:
        if backend == "tensorflow" and _tensorflow_workers() > 1:
            text = "TF_CONFIG names several machines, on which Keras 3 does not train with TensorFlow; use JAX"
            raise about(ValueError(text), "devices")
        return Machines()
    if backend != "jax":
        raise about(ValueError(f"Training on several machines needs KERAS_BACKEND=jax. Received: {backend}"), "devices")
    if os.environ.get("KERAS_DISTRIBUTION_PROCESS_ID", "0") != "0":
        _wait_for_first(address)
    import jax

    if not jax.distributed.is_initialized():
        try:
            keras.distribution.initialize()
        except (ValueError, RuntimeError) as error:
            text = " ".join(str(error).split())
            kind = ValueError if isinstance(error, ValueError) else OSError
            raise about(kind(f"The machines of this training do not come together: {text}"), "devices") from error
    return Machines(jax.process_index(), jax.process_count())


def machines() -> Machines:
    """The processes that train together; one, unless :func:`join_machines` has found others."""
    if keras.backend.backend() != "jax":
        return Machines()
    import jax

    return Machines(jax.process_index(), jax.process_count())


def _wait_for_first(addresses: str) -> None:
    """Waits until the first process listens: JAX itself would end this one without an error to catch."""
    address = addresses.partition(",")[0]
    place = host_and_port(address)
    if place is None:
        raise about(ValueError(f"The address of the first machine must be HOST:PORT. Received: {address}"), "devices")
    end = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            socket.create_connection(place, timeout=_REACH_SECONDS).close()
            return
        except OSError as error:
            if isinstance(error, socket.gaierror) or time.monotonic() >= end:
                text = f"There is no first process of this training at {address}: {error.strerror or error}"
                raise about(OSError(text), "devices") from error
        time.sleep(_PAUSE_SECONDS)


def _tensorflow_workers() -> int:
    """Number of workers in TensorFlow's own variable."""
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG", "{}"))["cluster"]
        return sum(len(cluster.get(kind, ())) for kind in ("chief", "worker"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0


@contextlib.contextmanager
def on_devices(count: int | None, batch_size: int) -> Iterator[list[str]]:
    """Inside the block, networks that are made are trained on several devices.

    Args:
        count: Number of devices; None for all.
        batch_size: Images of a training batch over all devices.

    Yields:
        The devices.

    Raises:
        ValueError: If there are not so many, Keras's backend does not split batches, or the batch cannot be split
            evenly.
    """
    found = keras.distribution.list_devices()
    devices = found if count is None else found[:count]
    if count is not None and not 1 <= count <= len(found):
        raise about(
            ValueError(f"devices must be 1..{len(found)}, which are {', '.join(found)}. Received: {count}"), "devices"
        )
    if len(devices) == 1:
        yield devices
        return
    if len(devices) < len(found) and machines().count > 1:
        raise about(ValueError(f"On several machines, devices must be all of them. Received: {count}"), "devices")
    if batch_size % len(devices):
        raise about(
            ValueError(f"batch_size must be a multiple of the {len(devices)} devices. Received: {batch_size}"),
            "batch_size",
            "devices",
        )
    backend = keras.backend.backend()
    if backend == "jax":
        before = keras.distribution.distribution()
        keras.distribution.set_distribution(_SplitBatches(devices))
        try:
            yield devices
        finally:
            keras.distribution.set_distribution(before)
    elif backend == "tensorflow":
        import tensorflow as tf

        with tf.distribute.MirroredStrategy(devices).scope():
            yield devices
    else:
        raise about(ValueError(f"Several devices need JAX or TensorFlow. Received: {backend}"), "devices")


def device_count() -> int:
    """Number of devices that a batch is split over here."""
    distribution = keras.distribution.distribution()
    if distribution is not None:
        return int(distribution.device_mesh.devices.size)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return int(tf.distribute.get_strategy().num_replicas_in_sync)
    return 1


@contextlib.contextmanager
def synchronized(network: keras.Model) -> Iterator[None]:
    """Inside the block, batch normalization takes the statistics of the whole batch, not of a device's part.

    Afterwards it says nothing of that: other backends would not open a saved network that does.
    """
    layers: list[keras.layers.BatchNormalization] = []
    if device_count() > 1 and keras.backend.backend() == "tensorflow":
        found = (each for each in network._flatten_layers() if isinstance(each, keras.layers.BatchNormalization))
        layers = [each for each in found if not each.synchronized]
    for layer in layers:
        layer.synchronized = True
    try:
        yield
    finally:
        for layer in layers:
            layer.synchronized = False


@contextlib.contextmanager
def splitting() -> Iterator[list[keras.callbacks.Callback]]:
    """Inside the block, batches of training are split, if there are several devices.

    Gives the callbacks that ``fit`` needs for it. All other batches, those of validation too, every device computes as
    a whole: their last one may be of any size.
    """
    distribution = keras.distribution.distribution()
    if not isinstance(distribution, _SplitBatches):
        yield []
        return
    distribution.is_splitting = True
    try:
        yield [_WholeValidation(distribution)]
    finally:
        distribution.is_splitting = False


class DividedBatches(keras.utils.PyDataset):
    """Batches whose last one can be split evenly too: up to one image less than devices is left out of each epoch.

    Which ones differs from epoch to epoch, because the order does.

    Args:
        batches: All but the last have a size that can be split.
        devices: Number of devices, over all machines.
        part: Which part of each batch this process gives to its devices.

    Raises:
        ValueError: If there are fewer images than devices.
    """

    def __init__(self, batches: keras.utils.PyDataset, devices: int, part: Machines = Machines()) -> None:
        super().__init__()
        self._batches, self._devices, self._part = batches, devices, part
        last = len(batches[len(batches) - 1][0])
        self._count = len(batches) - (last < devices)
        if not self._count:
            raise about(ValueError(f"{last} images cannot be split over {devices} devices."), "devices")

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, step: int) -> tuple[Any, ...]:
        batch = self._batches[step]
        count = len(batch[0]) // self._devices * self._devices // self._part.count
        first = count * self._part.number
        return tuple(array[first : first + count] for array in batch)

    def on_epoch_end(self) -> None:
        """Moves on to the next epoch; Keras calls it."""
        self._batches.on_epoch_end()


class _SplitBatches(keras.distribution.DataParallel):
    """Splits batches where it is told to.

    Keras takes the layout of all batches of an epoch from the first.
    """

    def __init__(self, devices: list[str]) -> None:
        # Each process gives its own part, see DividedBatches.
        super().__init__(devices=devices, auto_shard_dataset=False)
        self.is_splitting = False

    def get_data_layout(self, data_shape: tuple[int, ...]) -> Any:
        """How an array is spread over the devices."""
        if self.is_splitting:
            return super().get_data_layout(data_shape)
        return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)


class _WholeValidation(keras.callbacks.Callback):
    """Splits no batches of validation."""

    def __init__(self, distribution: _SplitBatches) -> None:
        super().__init__()
        self._distribution = distribution

    def on_test_begin(self, logs: Any = None) -> None:
        self._distribution.is_splitting = False

    def on_test_end(self, logs: Any = None) -> None:
        self._distribution.is_splitting = True
