"""The training pictures as batches of random views with their targets; the step between HDF5 and ``fit``."""

from collections.abc import Callable

import keras
import numpy as np

from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation, Photo, View, plain_view
from emotion_recognition.data.face_pictures.split import FaceSplit

#: Makes the targets of one view, from its faces, which of them are ignored and, where asked for, their landmarks.
Targets = Callable[..., np.ndarray]

_ORDER, _CHANGES = 0, 1

#: A picture whose faces all wear masks is drawn this often for every one without masks.
MASKED_SHARE = 0.5

#: A picture without a face is drawn this often for every one with bare faces.
_FACELESS = 2.0

#: What the sources say of a face that wears one, properly or not.
MASKED = ("mask", "incorrect")

#: Pictures are decoded once and kept where all of them take no more than this.
_KEEP_DECODED_GIB = 4.0


class FaceBatches(keras.utils.PyDataset):
    """Batches of views.

    Every epoch has its own draw of pictures, and every batch its own random changes; both depend on the seed, the
    epoch and the step alone, so that a run that goes on in the middle sees what it would have seen.

    Args:
        split: The pictures.
        targets: Makes a view's targets.
        size: Height and width of a view in pixels.
        batch_size: Views in a batch; the last one of an epoch has what is left.
        augmentation: The random changes; None shows every picture as it is, in the split's order.
        seed: Start of all random numbers, at least 0.
        first_epoch: The epoch that comes first, from 0.
        with_landmarks: Whether ``targets`` is given the faces' landmarks too.
        workers: Threads that make batches ahead.

    Raises:
        ValueError: If there are no pictures, or a number is too small.
    """

    def __init__(
        self,
        split: FaceSplit,
        targets: Targets,
        *,
        size: int,
        batch_size: int,
        augmentation: FaceAugmentation | None,
        seed: int = 0,
        first_epoch: int = 0,
        with_landmarks: bool = False,
        workers: int = 2,
    ) -> None:
        super().__init__(workers=workers, max_queue_size=4 * workers)
        if not len(split) or batch_size < 1 or size < 1:
            raise ValueError(
                "split must have pictures, batch_size and size be at least 1. "
                f"Received: {len(split)}, {batch_size}, {size}"
            )
        for name, number in (("seed", seed), ("first_epoch", first_epoch)):
            if number < 0:
                raise ValueError(f"{name} must be at least 0. Received: {number}")
        self._split = split
        self._targets = targets
        self._size = size
        self._batch_size = batch_size
        self._augmentation = augmentation
        self._seed = seed
        self._with_landmarks = with_landmarks
        weights = picture_weights(split)
        self._shares = weights / weights.sum()
        decoded = 3 * int(split.sizes.astype(np.int64).prod(axis=1).sum())
        self._decoded: dict[int, Photo] | None = {} if decoded <= _KEEP_DECODED_GIB * 2**30 else None
        self._start_epoch(first_epoch)

    def __len__(self) -> int:
        return -(-len(self._split) // self._batch_size)

    def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self._order[step * self._batch_size : (step + 1) * self._batch_size]
        rng = np.random.default_rng([self._seed, _CHANGES, self._epoch, step])
        views = [self._view(int(row), rng) for row in rows]
        return np.stack([view.image for view in views]), np.stack([self._targets_of(view) for view in views])

    def _targets_of(self, view: View) -> np.ndarray:
        landmarks = (view.landmarks,) if self._with_landmarks else ()
        return self._targets(view.faces, view.ignored, *landmarks)

    def on_epoch_end(self) -> None:
        """Moves on to the next epoch's draw; Keras calls it."""
        self._start_epoch(self._epoch + 1)

    def _start_epoch(self, epoch: int) -> None:
        self._epoch = epoch
        count = len(self._split)
        if self._augmentation is None:
            self._order = np.arange(count)
        else:
            rng = np.random.default_rng([self._seed, _ORDER, epoch])
            self._order = rng.choice(count, count, p=self._shares)

    def _view(self, row: int, rng: np.random.Generator) -> View:
        if self._augmentation is None:
            return plain_view(self._photo(row), self._size)
        rows = [row]
        if rng.random() < self._augmentation.mosaic:
            rows += rng.choice(len(self._split), 3, p=self._shares).tolist()
        return self._augmentation.view([self._photo(r) for r in rows], self._size, rng)

    def _photo(self, row: int) -> Photo:
        photo = None if self._decoded is None else self._decoded.get(row)
        if photo is None:
            photo = photo_of(self._split, row)
            if self._decoded is not None:
                self._decoded[row] = photo
        return photo


def photo_of(split: FaceSplit, row: int) -> Photo:
    """A picture of a split with its faces."""
    landmarks = None if split.landmarks is None else split.landmarks_of(row)
    return Photo(split.image(row), split.boxes_of(row), split.ignored_of(row), landmarks)


def picture_weights(split: FaceSplit) -> np.ndarray:
    """How often each picture is drawn, on no scale: less where faces are known to wear masks.

    Collections that were made to find masks have far more of them than the world has; drawn as they are, a detector
    learns bare faces from the smaller half. More where there is no face, which is what false faces are unlearned from.

    Returns:
        float64 array (N,), above 0.
    """
    weights = np.ones(len(split))
    for i in range(len(split)):
        if split.first[i] == split.first[i + 1]:
            weights[i] = _FACELESS
        known = [mask for mask in split.masks[int(split.first[i]) : int(split.first[i + 1])] if mask]
        if known:
            weights[i] -= (1 - MASKED_SHARE) * sum(mask in MASKED for mask in known) / len(known)
    return weights
