import numpy as np

from emotion_recognition.evaluation.face_detection.face_sizes import PIXEL_BANDS, SHARE_BANDS, sizes_in_pixels


def test_the_longer_side_counts() -> None:
    assert sizes_in_pixels(np.array([[0, 0, 10, 20], [0, 0, 30.5, 20]])).tolist() == [20, 30.5]
    assert sizes_in_pixels(np.empty((0, 4))).tolist() == []


def test_every_size_lies_in_one_band_and_a_limit_in_the_upper_one() -> None:
    shares = np.array([0.001, 1 / 32, 1 / 16, 0.1, 1 / 8, 1 / 4, 1.0])
    assert [band.holds(shares).sum() for band in SHARE_BANDS] == [1, 1, 2, 1, 2]
    pixels = np.array([15.9, 16, 31.9, 32, 64, 5000])
    assert [band.holds(pixels).sum() for band in PIXEL_BANDS] == [1, 2, 1, 2]
