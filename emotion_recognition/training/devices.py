"""Training on several devices of one machine: each batch is split over them, and nothing else changes.

On JAX, Keras compiles one program for all devices, so that batch-normalization statistics, losses, metrics and random
numbers are those of the whole batch, as on one device. On TensorFlow, a ``MirroredStrategy`` holds a copy of the
network per device; batch normalization is synchronized, and each copy draws the same random changes for its part.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras

from emotion_recognition.error_about import about


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
    if batch_size % len(devices):
        raise about(
            ValueError(f"batch_size must be a multiple of the {len(devices)} devices. Received: {batch_size}"),
            "batch_size",
            "devices",
        )
    backend = keras.backend.backend()
    if backend == "jax":
        before = keras.distribution.distribution()
        keras.distribution.set_distribution(_SplitBatches(devices, batch_size))
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


class DividedBatches(keras.utils.PyDataset):
    """Batches whose last one can be split evenly too: up to one image less than devices is left out of each epoch.

    Which ones differs from epoch to epoch, because the order does.

    Args:
        batches: All but the last have a size that can be split.
        devices: Number of devices.

    Raises:
        ValueError: If there are fewer images than devices.
    """

    def __init__(self, batches: keras.utils.PyDataset, devices: int) -> None:
        super().__init__()
        self._batches, self._devices = batches, devices
        last = len(batches[len(batches) - 1][0])
        self._count = len(batches) - (last < devices)
        if not self._count:
            raise about(ValueError(f"{last} images cannot be split over {devices} devices."), "devices")

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, step: int) -> tuple[Any, ...]:
        batch = self._batches[step]
        count = len(batch[0]) // self._devices * self._devices
        return tuple(part[:count] for part in batch)

    def on_epoch_end(self) -> None:
        """Moves on to the next epoch; Keras calls it."""
        self._batches.on_epoch_end()


class _SplitBatches(keras.distribution.DataParallel):
    """Splits training batches; others, whose last one may be of any size, every device computes as a whole.

    Keras takes the layout of all batches of an epoch from the first.
    """

    def __init__(self, devices: list[str], batch_size: int) -> None:
        super().__init__(devices=devices)
        self._batch_size = batch_size

    def get_data_layout(self, data_shape: tuple[int, ...]) -> Any:
        """How an array is spread over the devices."""
        if data_shape and data_shape[0] == self._batch_size:
            return super().get_data_layout(data_shape)
        return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)
