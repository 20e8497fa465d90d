import numpy as np
import pytest

from emotion_recognition.data.batches.batches import TrainingBatches

# Image i is filled with i, so that a batch tells which rows it took.
IMAGES = np.broadcast_to(np.arange(10, dtype=np.uint8)[:, None, None, None], (10, 4, 4, 1))
LABELS = np.arange(10, dtype=np.uint8) % 3


def batches(**options: object) -> TrainingBatches:
    return TrainingBatches(IMAGES, LABELS, **{"batch_size": 4, "seed": 5, **options})  # type: ignore[arg-type]


def rows_of_an_epoch(source: TrainingBatches) -> list[int]:
    return [int(value) for step in range(len(source)) for value in source[step][0][:, 0, 0, 0]]


def test_an_epoch_has_every_image_once_with_its_label_the_partial_batch_too() -> None:
    source = batches()
    assert [len(source[step][1]) for step in range(len(source))] == [4, 4, 2]
    assert sorted(rows_of_an_epoch(source)) == list(range(10))
    for step in range(len(source)):
        images, labels = source[step]
        assert np.array_equal(labels, images[:, 0, 0, 0] % 3)


def test_every_epoch_has_another_order() -> None:
    source = batches()
    first = rows_of_an_epoch(source)
    source.on_epoch_end()
    assert rows_of_an_epoch(source) != first


def test_a_run_that_goes_on_sees_the_batches_it_would_have_seen() -> None:
    options = {"batch_size": 3}
    whole = batches(**options)
    whole.on_epoch_end()
    whole.on_epoch_end()
    resumed = batches(**options, first_epoch=2)
    for step in range(len(whole)):
        for expected, received in zip(whole[step], resumed[step], strict=True):
            assert np.array_equal(expected, received)


def test_the_seed_decides_the_order() -> None:
    assert rows_of_an_epoch(batches(seed=1)) == rows_of_an_epoch(batches(seed=1))
    assert rows_of_an_epoch(batches(seed=1)) != rows_of_an_epoch(batches(seed=2))


def test_no_images_and_no_batch_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        TrainingBatches(IMAGES[:0], LABELS[:0], batch_size=4, seed=0)
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        batches(batch_size=0)
