"""The training split as shuffled batches; the step between HDF5 and ``fit``."""

import keras
import numpy as np

from emotion_recognition.data.files.streaming import in_pieces, read_ahead

_ORDER = 0


class TrainingBatches(keras.utils.PyDataset):
    """Batches of a split that is held in memory as uint8, or streamed from its file.

    Every epoch has its own order, which depends on the seed and the epoch alone, so that a resumed run sees what it
    would have seen. :class:`~emotion_recognition.data.batches.random_changes.RandomChanges` changes the images next.

    Args:
        images: uint8 array (N, height, width, channels), 0..255; a memory map is read in an order that suits files,
            see :func:`~emotion_recognition.data.files.streaming.in_pieces`.
        targets: Array (N, ...), what the network learns to say about each image.
        batch_size: Images in a batch; the last one of an epoch has what is left.
        seed: Start of all random numbers, at least 0.
        weights: float32 array (N,): how much each image counts in the loss; None: all the same.
        frequencies: float32 array (N,) with a mean of 1: how often each image is drawn in an epoch, on average.
            None: each exactly once.
        first_epoch: The epoch that comes first, from 0.

    Raises:
        ValueError: If there are no images, arrays differ in length, or the batch size is not positive.

    Example:
        >>> batches = TrainingBatches(
        ...     np.zeros((5, 48, 48, 1), np.uint8), np.zeros((5, 7)), batch_size=2, seed=0
        ... )
        >>> [len(targets) for _, targets in (batches[i] for i in range(len(batches)))]
        [2, 2, 1]
    """

    def __init__(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        *,
        batch_size: int,
        seed: int,
        weights: np.ndarray | None = None,
        frequencies: np.ndarray | None = None,
        first_epoch: int = 0,
    ) -> None:
        super().__init__()
        for name, array in (("targets", targets), ("weights", weights), ("frequencies", frequencies)):
            if array is not None and not 0 < len(images) == len(array):
                raise ValueError(
                    f"images and {name} must be as many, at least 1. Received: {len(images)}, {len(array)}"
                )
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1. Received: {batch_size}")
        self._images = images
        self._targets = targets
        self._weights = weights
        self._frequencies = frequencies
        self._batch_size = batch_size
        self._seed = seed
        self._start_epoch(first_epoch)

    def __len__(self) -> int:
        return -(-len(self._images) // self._batch_size)

    def __getitem__(self, step: int) -> tuple[np.ndarray, ...]:
        start, stop = step * self._batch_size, (step + 1) * self._batch_size
        read_ahead(self._images, self._order, start, stop)
        rows = self._order[start:stop]
        images = self._images[rows]
        if self._weights is not None:
            return images, self._targets[rows], self._weights[rows]
        return images, self._targets[rows]

    def on_epoch_end(self) -> None:
        """Moves on to the next epoch's order; Keras calls it."""
        self._start_epoch(self._epoch + 1)

    def _start_epoch(self, epoch: int) -> None:
        self._epoch = epoch
        rng = np.random.default_rng([self._seed, _ORDER, epoch])
        count = len(self._images)
        if self._frequencies is None:
            self._order = rng.permutation(count)
        else:
            shares = self._frequencies.astype(np.float64)
            self._order = rng.choice(count, count, p=shares / shares.sum())
        if isinstance(self._images, np.memmap):
            self._order = in_pieces(self._order, rng)
