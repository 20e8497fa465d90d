"""The training split as augmented, shuffled batches; the step between HDF5 and ``fit``."""

import keras
import numpy as np

from emotion_recognition.data.augmentation import Augmentation

_ORDER, _CHANGES = 0, 1


class TrainingBatches(keras.utils.PyDataset):
    """Batches of a split that is held in memory as uint8.

    Every epoch has its own order, and every batch its own random changes; both depend on the seed, the epoch and
    the step alone. A run that goes on in the middle therefore sees what it would have seen.

    Args:
        images: uint8 array (N, height, width, channels), 0..255.
        labels: Integer array (N,).
        batch_size: Images in a batch; the last one of an epoch has what is left.
        augmentation: The random changes; None for none.
        seed: Start of all random numbers, at least 0.
        first_epoch: The epoch that comes first, from 0.

    Raises:
        ValueError: If there are no images or the batch size is not positive.

    Example:
        >>> batches = TrainingBatches(
        ...     np.zeros((5, 48, 48, 1), np.uint8), np.zeros(5, np.uint8), batch_size=2, augmentation=None, seed=0
        ... )
        >>> [len(labels) for _, labels in (batches[i] for i in range(len(batches)))]
        [2, 2, 1]
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        batch_size: int,
        augmentation: Augmentation | None,
        seed: int,
        first_epoch: int = 0,
    ) -> None:
        super().__init__()
        if len(images) == 0 or len(images) != len(labels):
            raise ValueError(f"images and labels must be as many, at least 1. Received: {len(images)}, {len(labels)}")
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1. Received: {batch_size}")
        self._images = images
        self._labels = labels
        self._batch_size = batch_size
        self._augmentation = augmentation
        self._seed = seed
        self._start_epoch(first_epoch)

    def __len__(self) -> int:
        return -(-len(self._images) // self._batch_size)

    def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self._order[step * self._batch_size : (step + 1) * self._batch_size]
        images = self._images[rows]
        if self._augmentation is not None:
            images = self._augmentation(images, np.random.default_rng([self._seed, _CHANGES, self._epoch, step]))
        return images, self._labels[rows]

    def on_epoch_end(self) -> None:
        """Moves on to the next epoch's order; Keras calls it."""
        self._start_epoch(self._epoch + 1)

    def _start_epoch(self, epoch: int) -> None:
        self._epoch = epoch
        self._order = np.random.default_rng([self._seed, _ORDER, epoch]).permutation(len(self._images))
