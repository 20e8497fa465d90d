import re

import numpy as np
import pytest

from emotion_recognition.data.face_pictures.patch_batches import PatchBatches
from emotion_recognition.data.face_pictures.patch_views import PatchAugmentation
from emotion_recognition.data.face_pictures.patches import PATCH_SIZE, Patches


def patches(faces: int = 3, others: int = 4, weights: list[float] | None = None) -> Patches:
    """Every patch has its own grey."""
    count = faces + others
    greys = np.arange(count, dtype=np.uint8)[:, None, None, None] * 20
    return Patches(
        np.broadcast_to(greys, (count, PATCH_SIZE, PATCH_SIZE, 3)).copy(),
        np.ones((count, 2), np.float32),
        np.full((count, 5, 2), np.nan, np.float32),
        np.ones(count) if weights is None else np.array(weights),
        np.arange(count) < faces,
    )


def batches(given: Patches, **options: object) -> PatchBatches:
    return PatchBatches(given, PatchAugmentation(), **{"size": 32, "context": 1.5, "batch_size": 4, **options})  # type: ignore[arg-type]


def test_an_epoch_has_so_many_views_half_of_them_faces() -> None:
    made = batches(patches(), views=10)
    assert len(made) == 3
    images, targets = zip(*(made[step] for step in range(3)), strict=True)
    assert [len(part) for part in images] == [4, 4, 2]
    assert images[0].shape == (4, 32, 32, 3)
    assert images[0].dtype == np.uint8
    assert np.concatenate(targets).shape == (10, 16)
    assert np.concatenate(targets)[:, 0].sum() == 5


def test_epochs_differ_and_can_be_repeated() -> None:
    first = batches(patches(), views=8)
    zero = [first[step][0] for step in range(2)]
    first.on_epoch_end()
    one = [first[step][0] for step in range(2)]
    again = batches(patches(), views=8, first_epoch=1)
    assert any((a != b).any() for a, b in zip(zero, one, strict=True))
    for a, b in zip(one, [again[step][0] for step in range(2)], strict=True):
        np.testing.assert_array_equal(a, b)


def test_without_a_number_of_views_each_patch_comes_once_and_every_epoch_is_the_same() -> None:
    made = batches(patches(), views=None, batch_size=5)
    assert [len(made[step][0]) for step in range(len(made))] == [5, 2]
    before = made[1]
    made.on_epoch_end()
    np.testing.assert_array_equal(made[1][0], before[0])
    np.testing.assert_array_equal(np.concatenate([made[0][1], made[1][1]])[:, 0], [1, 1, 1, 0, 0, 0, 0])


def test_patches_are_drawn_by_their_weights() -> None:
    made = batches(patches(2, 2, weights=[1, 3, 1, 0]), views=4000, batch_size=4000)
    drawn = np.bincount(made._order, minlength=4)
    assert drawn.sum() == 4000
    assert abs(drawn[0] - 500) < 80
    assert drawn[3] == 0


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        (patches(3, 0), {}, "patches must have faces and others. Received: 3 faces, 0 others"),
        (patches(0, 3), {}, "patches must have faces and others. Received: 0 faces, 3 others"),
        (patches(), {"batch_size": 0}, "batch_size must be at least 1. Received: 0"),
        (patches(), {"views": 0}, "views must be at least 1. Received: 0"),
        (patches(), {"seed": -1}, "seed must be at least 0. Received: -1"),
        (patches(), {"first_epoch": -1}, "first_epoch must be at least 0. Received: -1"),
    ],
)
def test_what_makes_no_batches_is_refused(given: Patches, options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        batches(given, **options)
