import io
import struct

import pytest
from PIL import Image

from emotion_recognition.pictures.animation import count_images


def encoded(kind: str, count: int) -> bytes:
    frames = [Image.new("RGB", (8, 6), (20 * i, 0, 0)) for i in range(count)]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=count > 1, append_images=frames[1:])
    return file.getvalue()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_every_image_of_an_animation_counts(kind: str, count: int) -> None:
    assert count_images(encoded(kind, count)) == count


@pytest.mark.parametrize("kind", ["JPEG", "BMP", "TIFF"])
def test_other_kinds_hold_one(kind: str) -> None:
    assert count_images(encoded(kind, 1)) == 1


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_what_breaks_off_counts_as_far_as_it_goes(kind: str) -> None:
    content = encoded(kind, 3)
    counts = [count_images(content[:length]) for length in range(len(content) + 1)]
    assert all(1 <= count <= 3 for count in counts)
    assert counts[-1] == 3


def test_an_animated_png_may_claim_no_image() -> None:
    part = struct.pack(">I", 8) + b"acTL" + struct.pack(">II", 0, 0) + bytes(4)
    assert count_images(b"\x89PNG\r\n\x1a\n" + part) == 1
