"""Pictures of 16 bits: whole ones keep their upper byte, those that fill fewer are stretched, and that is said."""

import cv2
import numpy as np
import pytest

from emotion_recognition.pictures import bit_depth
from emotion_recognition.pictures.bit_depth import eight_bits
from emotion_recognition.pictures.image_file import decode_image


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 16, 2048, 4095], [0, 1, 128, 255]),  # 12 bits: 16 · 255 / 4095 = 0.996, 2048 · 255 / 4095 = 127.53
        ([0, 512, 1023], [0, 128, 255]),  # 10 bits
        ([0, 4096, 16383], [0, 64, 255]),  # 14 bits
        ([0, 7, 255], [0, 7, 255]),  # 8 bits, stored in 16
        ([0, 255, 256, 16384], [0, 0, 1, 64]),  # 16 bits, a dark one
        ([65535, 256], [255, 1]),
        ([0, 0], [0, 0]),
    ],
)
def test_the_fewest_bits_that_hold_all_pixels_become_eight(values: list[int], expected: list[int]) -> None:
    stretched = eight_bits(np.array(values, np.uint16), "a.png")
    assert stretched.dtype == np.uint8
    assert stretched.tolist() == expected


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".pgm"])
def test_a_camera_s_12_bits_are_no_darker_than_8(suffix: str) -> None:
    grey = np.arange(0, 4096, 16, dtype=np.uint16).reshape(16, 16)
    image = decode_image(cv2.imencode(suffix, grey)[1].tobytes(), "a")
    assert image.shape == (16, 16, 3)
    np.testing.assert_array_equal(image[:, :, 1], np.rint(grey * (255 / 4095)))


@pytest.mark.parametrize("suffix", [".png", ".pgm"])
def test_whole_16_bits_are_read_as_before(suffix: str) -> None:
    grey = np.random.default_rng(0).integers(0, 65536, (20, 30)).astype(np.uint16)
    image = decode_image(cv2.imencode(suffix, grey)[1].tobytes(), "a")
    np.testing.assert_array_equal(image[:, :, 2], grey // 256)


def test_stretching_is_said_once_for_each_depth(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bit_depth, "_said", set())
    for name in ("a.png", "b.png"):
        eight_bits(np.array([4000], np.uint16), name)
    eight_bits(np.array([1000], np.uint16), "c.png")
    eight_bits(np.array([40000], np.uint16), "d.png")
    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        "note: a.png fills only 12 of its 16 bits",
        "note: c.png fills only 10 of its 16 bits",
    ]
