from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition.data.audit import near_duplicates
from emotion_recognition.data.audit.near_duplicates import near_pairs
from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.workspace import SPLITS, Workspace


def pictures(count: int, size: int = 48) -> np.ndarray:
    """Smooth random pictures, as photographs are smooth: uint8 (count, size, size, 1)."""
    coarse = np.random.default_rng(3).integers(30, 220, (count, 8, 8), dtype=np.uint8)
    return np.stack([cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC) for image in coarse])[..., None]


def test_changed_copies_are_found_and_other_pictures_are_not() -> None:
    images = pictures(20)
    marked = images[1].copy()
    marked[20:22, 14:28] = 200
    copies = {
        0: images[0],
        1: marked,
        2: (images[2] * 0.7 + 30).astype(np.uint8),
        3: np.roll(images[3], 1, axis=1),
        4: cv2.resize(cv2.resize(images[4], (30, 30)), (48, 48))[..., None],
    }
    pairs, correlations = near_pairs(np.concatenate([images, np.stack(list(copies.values()))]))
    assert pairs.dtype == np.int64
    assert pairs.tolist() == [[row, 20 + row] for row in copies]
    assert correlations[0] == pytest.approx(1, abs=1e-5)
    assert (correlations >= 0.96).all()


def test_correlations_are_those_of_block_means(monkeypatch: pytest.MonkeyPatch) -> None:
    # Blocks of one pixel; NumPy's own correlation is the reference. Rows are compared three at a time.
    monkeypatch.setattr(near_duplicates, "_ROWS_AT_ONCE", 3)
    images = np.random.default_rng(0).integers(0, 256, (8, 12, 12, 1), dtype=np.uint8)
    expected = np.corrcoef(images.reshape(8, -1))
    pairs, correlations = near_pairs(images, threshold=0.01)
    assert {tuple(pair) for pair in pairs.tolist()} == {
        (i, j) for i in range(8) for j in range(i + 1, 8) if expected[i, j] >= 0.01
    }
    assert correlations == pytest.approx([expected[i, j] for i, j in pairs], abs=1e-5)


def test_blank_images_are_near_nothing_and_colour_counts_as_grey() -> None:
    blank = np.full((2, 48, 48, 1), 128, np.uint8)
    blank[1, 0, 0] = 131
    assert len(near_pairs(blank)[0]) == 0
    colour = np.repeat(pictures(2), 3, axis=3)
    assert near_pairs(np.concatenate([colour, colour[:1]]))[0].tolist() == [[0, 2]]
    assert near_pairs(blank[:0])[0].shape == (0, 2)


def test_what_cannot_be_compared_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"threshold must be above 0 and at most 1. Received: 0"):
        near_pairs(pictures(2), threshold=0)
    monkeypatch.setattr(near_duplicates, "MOST_IMAGES", 1)
    with pytest.raises(ValueError, match=r"images must be at most 1 .* Received: 2"):
        near_pairs(pictures(2))


@pytest.mark.real_data
def test_all_exact_duplicates_of_the_real_data_are_near(real_splits: Path) -> None:
    test = read_split(Workspace(real_splits).split_path(SPLITS[2], 7))
    pairs = {tuple(pair) for pair in near_pairs(test.images)[0].tolist()}
    flat = test.images.reshape(len(test), -1)
    exact = {(i, j) for i, j in pairs if np.array_equal(flat[i], flat[j])}
    _, first, counts = np.unique(flat, axis=0, return_index=True, return_counts=True)
    with_contrast = np.ptp(flat[first], axis=1) > 5
    assert len(exact) == sum(n * (n - 1) // 2 for n in counts[with_contrast])
    assert len(pairs) > len(exact)
