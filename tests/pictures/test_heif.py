"""HEIC and AVIF; the packages that read them are among those of development."""

import io
import sys

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from emotion_recognition.pictures.image_file import decode_image
from emotion_recognition.pictures.image_header import LargePictureError

#: Where the corner that is drawn at the top left has to go, by EXIF 2.3's table of orientations.
CORNERS = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}


def encoded(pixels: np.ndarray, kind: str, orientation: int | None = None) -> bytes:
    """RGB uint8 pixels as a file."""
    file, image = io.BytesIO(), Image.fromarray(pixels)
    options = {}
    if orientation is not None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif.tobytes()
    if kind == "HEIC":
        pillow_heif.from_pillow(image).save(file, quality=90, **options)
    else:
        image.save(file, kind, quality=90, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_colour_comes_as_blue_green_red(kind: str) -> None:
    pixels = np.full((64, 96, 3), (200, 100, 50), np.uint8)
    image = decode_image(encoded(pixels, kind), "a")
    assert (image.shape, image.dtype) == ((64, 96, 3), np.uint8)
    np.testing.assert_allclose(image[32, 48].astype(int), (50, 100, 200), atol=6)


@pytest.mark.parametrize("orientation", CORNERS)
@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_it_is_turned_upright_once(kind: str, orientation: int) -> None:
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[:24, :24] = 255
    image = decode_image(encoded(pixels, kind, orientation), "a")
    assert image.shape[:2] == ((64, 96) if orientation < 5 else (96, 64))
    lit = [(row, column) for row in (0, -1) for column in (0, -1) if image[row, column].mean() > 128]
    assert lit == [CORNERS[orientation]]


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_an_error(kind: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    content = encoded(noise, kind)
    with pytest.raises(ValueError, match="a is truncated or damaged"):
        decode_image(content[: int(share * len(content))], "a")


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_a_large_one_is_refused(kind: str) -> None:
    content = encoded(np.zeros((64, 96, 3), np.uint8), kind)
    assert decode_image(content, "a", 64 * 96).shape == (64, 96, 3)
    with pytest.raises(LargePictureError, match=r"a is larger than 0\.006143 megapixels\. Received: 96×64 pixels"):
        decode_image(content, "a", 64 * 96 - 1)


@pytest.mark.parametrize(("kind", "package"), [("HEIC", "pillow_heif"), ("HEIC", "PIL"), ("AVIF", "PIL")])
def test_without_the_packages_the_error_says_what_to_install(
    kind: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = encoded(np.zeros((64, 96, 3), np.uint8), kind)
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    with pytest.raises(ValueError, match=rf"a is a {kind} file, .*pip install -r requirements-heic\.txt"):
        decode_image(content, "a")
