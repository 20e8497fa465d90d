from pathlib import Path

import h5py
import numpy as np
import pytest

from emotion_recognition.data.batches.batches import TrainingBatches
from emotion_recognition.data.files.hdf5 import Split, read_split
from emotion_recognition.data.files.split_writer import SplitWriter
from emotion_recognition.data.files.streaming import in_pieces, map_images
from tests.conftest import edited_hdf5, write_splits

COUNT = 50_000


def order(seed: int = 0, count: int = COUNT) -> np.ndarray:
    return in_pieces(np.arange(count), np.random.default_rng(seed))


@pytest.mark.parametrize("count", [1, 63, 64, 65, 16_384, 16_385, COUNT])
def test_an_epoch_takes_every_image_once(count: int) -> None:
    assert np.array_equal(np.sort(order(count=count)), np.arange(count))


def test_rows_drawn_several_times_stay_as_often_as_they_were_drawn() -> None:
    drawn = np.random.default_rng(0).choice(1000, 5000, p=np.arange(1000) / np.arange(1000).sum())
    arranged = in_pieces(drawn, np.random.default_rng(0))
    assert np.array_equal(np.bincount(arranged, minlength=1000), np.bincount(drawn, minlength=1000))


def test_the_order_depends_on_the_random_numbers_alone() -> None:
    assert np.array_equal(order(seed=1), order(seed=1))
    assert not np.array_equal(order(seed=1), order(seed=2))


def test_a_part_of_an_epoch_reads_a_part_of_the_file_in_pieces() -> None:
    # 200 steps of 64 images touch some 256 pieces of 64 images: not the whole file, and no lonely images.
    pieces, images_in_piece = np.unique(order()[: 200 * 64] // 64, return_counts=True)
    assert len(pieces) <= 257  # the last piece is shorter
    assert images_in_piece.mean() > 45
    # Of rows in any order as many steps would touch nearly all 782 pieces.
    assert len(np.unique(np.random.default_rng(0).permutation(COUNT)[: 200 * 64] // 64)) > 750


def test_batches_of_a_file_sorted_by_class_are_mixed() -> None:
    # Seven classes, one after the other, as folders are read; a batch of 64 has about nine of each.
    labels = np.arange(COUNT) * 7 // COUNT
    for batch in range(0, COUNT - 64, 6400):
        counts = np.bincount(labels[order()[batch : batch + 64]], minlength=7)
        assert counts.max() <= 25
        assert counts.min() >= 1


def write(folder: Path, count: int = 300) -> tuple[Path, np.ndarray]:
    images = np.random.default_rng(0).integers(0, 256, (count, 8, 8, 1), dtype=np.uint8)
    split = Split(images, np.arange(count).astype(np.uint8) % 2, ("happy", "sad"), "train", "x.csv", "ab" * 32)
    write_splits({folder / "train.hdf5": split})
    return folder / "train.hdf5", images


def test_large_splits_stay_in_their_file_and_give_the_same_images(tmp_path: Path) -> None:
    path, images = write(tmp_path)
    size = images.nbytes / 2**30
    streamed, read = read_split(path, stream_above=0.99 * size), read_split(path, stream_above=size)
    assert isinstance(streamed.images, np.memmap)
    assert not isinstance(read.images, np.memmap)
    assert np.array_equal(streamed.images, images)
    assert not streamed.images.flags.writeable
    assert np.array_equal(streamed.labels, read.labels)
    batches = TrainingBatches(streamed.images, streamed.labels, batch_size=64, seed=0)
    shown = np.concatenate([batches[step][0] for step in range(len(batches))])
    assert type(shown) is np.ndarray
    assert np.array_equal(np.sort(shown.reshape(300, -1), axis=0), np.sort(images.reshape(300, -1), axis=0))


def test_an_epoch_over_several_windows_gives_every_image_once(tmp_path: Path) -> None:
    # 40,000 images of 4 KiB: three windows, the last one not whole.
    count = 40_000
    with SplitWriter(tmp_path / "a.hdf5", (64, 64, 1)) as writer:
        for start in range(0, count, 1000):
            writer.append(np.full((1000, 64, 64, 1), start // 1000, np.uint8))
        writer.finish(lambda file: None)
    with h5py.File(tmp_path / "a.hdf5") as file:
        images = map_images(file["images"], tmp_path / "a.hdf5")
    batches = TrainingBatches(images, np.zeros(count, np.uint8), batch_size=60, seed=0)
    seen = [batches[step][0][:, 0, 0, 0] for step in range(len(batches))]
    assert np.array_equal(np.bincount(np.concatenate(seen)), np.full(40, 1000))


def test_images_in_several_pieces_can_be_read_but_not_streamed(tmp_path: Path) -> None:
    path, images = write(tmp_path)
    with edited_hdf5(path) as file:
        del file["images"]
        file.create_dataset("images", data=images, compression="gzip")
    assert np.array_equal(read_split(path).images, images)
    with pytest.raises(
        ValueError, match=r"train\.hdf5 .* not stored in one piece as bytes, so they cannot be streamed"
    ):
        read_split(path, stream_above=0)
