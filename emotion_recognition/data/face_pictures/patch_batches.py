"""The patches as batches of random views with their targets; the step between cutting out and ``fit``."""

import keras
import numpy as np

from emotion_recognition.data.face_pictures.patch_views import Patch, PatchAugmentation
from emotion_recognition.data.face_pictures.patches import Patches

_ORDER, _CHANGES = 0, 1


class PatchBatches(keras.utils.PyDataset):
    """Batches of views, half of them of faces.

    Every epoch has its own draw of patches, and every batch its own random changes; both depend on the seed, the epoch
    and the step alone, so that a run that goes on in the middle sees what it would have seen.

    Args:
        patches: At least one with a face and one without.
        augmentation: The random changes.
        size: Height and width of a view in pixels.
        context: Its side as a multiple of the box's size, before it is zoomed.
        batch_size: Views in a batch; the last one of an epoch has what is left.
        views: Views of an epoch; None shows each patch once, in order, the same changes in every epoch.
        seed: Start of all random numbers, at least 0.
        first_epoch: The epoch that comes first, from 0.
        workers: Threads that make batches ahead.

    Raises:
        ValueError: If there are no faces, or nothing else, or a number is too small.
    """

    def __init__(
        self,
        patches: Patches,
        augmentation: PatchAugmentation,
        *,
        size: int,
        context: float,
        batch_size: int,
        views: int | None = None,
        seed: int = 0,
        first_epoch: int = 0,
        workers: int = 2,
    ) -> None:
        super().__init__(workers=workers, max_queue_size=4 * workers)
        if not patches.is_face.any() or patches.is_face.all():
            raise ValueError(
                "patches must have faces and others. "
                f"Received: {patches.is_face.sum()} faces, {(~patches.is_face).sum()} others"
            )
        for name, number, least in (
            ("batch_size", batch_size, 1),
            ("views", 1 if views is None else views, 1),
            ("seed", seed, 0),
            ("first_epoch", first_epoch, 0),
        ):
            if number < least:
                raise ValueError(f"{name} must be at least {least}. Received: {number}")
        self._patches, self._augmentation, self._size, self._context = patches, augmentation, size, context
        self._batch_size, self._views, self._seed = batch_size, views, seed
        self._start_epoch(first_epoch)

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        rows = self._order[step * self._batch_size : (step + 1) * self._batch_size]
        rng = np.random.default_rng([self._seed, _CHANGES, self._epoch, step])
        made = [self._augmentation.view(self._patch(row), self._size, self._context, rng) for row in rows]
        return np.stack([image for image, _ in made]), np.stack([target for _, target in made])

    def on_epoch_end(self) -> None:
        """Moves on to the next epoch's draw; Keras calls it."""
        self._start_epoch(self._epoch + 1)

    def _patch(self, row: int) -> Patch:
        patches = self._patches
        return Patch(patches.images[row], patches.sizes[row], patches.landmarks[row], bool(patches.is_face[row]))

    def _start_epoch(self, epoch: int) -> None:
        if self._views is None:
            self._epoch, self._order = 0, np.arange(len(self._patches))
            return
        self._epoch = epoch
        rng = np.random.default_rng([self._seed, _ORDER, epoch])
        faces = self._views // 2
        drawn = [self._draw(True, faces, rng), self._draw(False, self._views - faces, rng)]
        self._order = rng.permutation(np.concatenate(drawn))

    def _draw(self, is_face: bool, count: int, rng: np.random.Generator) -> np.ndarray:
        rows = np.flatnonzero(self._patches.is_face == is_face)
        weights = self._patches.weights[rows]
        return rng.choice(rows, count, p=weights / weights.sum())
