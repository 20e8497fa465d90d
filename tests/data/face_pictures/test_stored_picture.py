import io

import cv2
import numpy as np
import pytest
from PIL import Image

from emotion_recognition.data.face_pictures.stored_picture import PictureStorage, store_picture
from emotion_recognition.pictures.image_file import decode_image

ORIENTATION = 0x0112
SMALL = PictureStorage(longest_side=40)


def picture(kind: str, size: tuple[int, int], orientation: int | None = None) -> bytes:
    """A picture whose upper left quarter, as it is stored, is red; the rest is blue."""
    image = Image.new("RGB", size, (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1] // 2))
    exif = Image.Exif()
    if orientation is not None:
        exif[ORIENTATION] = orientation
    file = io.BytesIO()
    image.save(file, kind, **({"quality": 95} if kind in ("JPEG", "WEBP") else {}), exif=exif)
    return file.getvalue()


def decoded_without_exif(encoded: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", [None, 1])
def test_a_small_upright_picture_keeps_its_bytes(kind: str, orientation: int | None) -> None:
    encoded = picture(kind, (40, 24), orientation)
    stored = store_picture(encoded, "a", SMALL)
    assert stored.encoded.tobytes() == encoded
    assert (stored.width, stored.height, stored.scale, stored.anew, stored.shrunk) == (40, 24, (1, 1), False, False)


def test_a_picture_of_more_than_eight_bits_is_stored_as_it_is_read() -> None:
    deep = np.tile(np.arange(0, 1024, 32, dtype=np.uint16), (24, 1))  # 10 bits of 16
    encoded = cv2.imencode(".png", deep)[1].tobytes()
    stored = store_picture(encoded, "a", SMALL)
    assert stored.anew
    seen = cv2.imdecode(stored.encoded, cv2.IMREAD_COLOR)
    np.testing.assert_allclose(seen, decode_image(encoded, "a"), atol=4)
    assert seen.max() > 240


@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [(3, (40, 24), (20, 30)), (6, (24, 40), (5, 20)), (8, (24, 40), (35, 5)), (2, (40, 24), (5, 30))],
)
def test_a_turned_picture_is_stored_upright_without_orientation(
    orientation: int, size: tuple[int, int], red: tuple[int, int]
) -> None:
    """Where the red quarter, upper left in the file, comes to lie by EXIF's definition: row and column in it."""
    stored = store_picture(picture("JPEG", (40, 24), orientation), "a", SMALL)
    assert (stored.width, stored.height, stored.scale, stored.anew) == (*size, (1, 1), True)
    assert stored.encoded.tobytes().startswith(b"\xff\xd8\xff")
    image = decoded_without_exif(stored.encoded)
    assert image.shape == (size[1], size[0], 3)
    reddish = image[..., 2] > 128
    assert reddish[red]
    assert reddish.mean() == pytest.approx(0.25, abs=0.05)


def test_a_large_picture_is_shrunk_to_the_longest_side_by_means() -> None:
    image = np.zeros((51, 120, 3), np.uint8)
    image[:, 1::3] = 240  # every third column; the mean over three columns is 80
    stored = store_picture(cv2.imencode(".png", image)[1].tobytes(), "a", SMALL)
    assert (stored.width, stored.height, stored.shrunk, stored.anew) == (40, 17, True, True)
    assert stored.scale == pytest.approx((1 / 3, 1 / 3))
    assert stored.encoded.tobytes().startswith(b"\xff\xd8\xff")
    assert decode_image(stored.encoded.tobytes(), "a") == pytest.approx(80, abs=2)


def test_the_factors_are_those_of_the_rounded_size() -> None:
    stored = store_picture(picture("PNG", (25, 83)), "a", SMALL)
    assert (stored.width, stored.height) == (12, 40)
    assert stored.scale == pytest.approx((12 / 25, 40 / 83))
    narrow = store_picture(picture("PNG", (1, 200)), "a", SMALL)
    assert (narrow.width, narrow.height, narrow.scale) == (1, 40, (1, 0.2))
    assert narrow.shrunk


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "GIF", "PPM"])
def test_other_kinds_become_jpeg(kind: str) -> None:
    stored = store_picture(picture(kind, (40, 24)), "a", SMALL)
    assert (stored.width, stored.height, stored.anew, stored.shrunk) == (40, 24, True, False)
    assert stored.encoded.tobytes().startswith(b"\xff\xd8\xff")
    np.testing.assert_allclose(decode_image(stored.encoded.tobytes(), "a")[4, 4], (0, 0, 255), atol=12)


def test_the_quality_is_that_of_the_setting() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    encoded = cv2.imencode(".png", noise)[1].tobytes()
    sizes = [len(store_picture(encoded, "a", PictureStorage(40, quality)).encoded) for quality in (30, 95)]
    assert sizes[0] < sizes[1] / 2


def test_a_damaged_picture_is_an_error_with_its_name() -> None:
    for damaged in (b"", b"no picture", picture("PNG", (40, 24))[:60]):
        with pytest.raises(ValueError, match=r"the/a\.jpg"):
            store_picture(damaged, "the/a.jpg", SMALL)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"longest_side": 31}, "longest_side must be at least 32 pixels. Received: 31"),
        ({"jpeg_quality": 0}, "jpeg_quality must be in 1..100. Received: 0"),
        ({"jpeg_quality": 101}, "jpeg_quality must be in 1..100. Received: 101"),
    ],
)
def test_settings_out_of_range_are_refused(fields: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        PictureStorage(**fields)
