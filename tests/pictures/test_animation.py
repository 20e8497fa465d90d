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


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_every_image_of_an_animation_counts(kind: str, count: int) -> None:
    assert count_images(encoded(kind, count)) == count


@pytest.mark.parametrize("kind", ["JPEG", "BMP"])
def test_other_kinds_hold_one(kind: str) -> None:
    assert count_images(encoded(kind, 1)) == 1


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_what_breaks_off_counts_as_far_as_it_goes(kind: str) -> None:
    content = encoded(kind, 3)
    counts = [count_images(content[:length]) for length in range(len(content) + 1)]
    assert all(1 <= count <= 3 for count in counts)
    assert counts[-1] == 3


def test_an_animated_png_may_claim_no_image() -> None:
    part = struct.pack(">I", 8) + b"acTL" + struct.pack(">II", 0, 0) + bytes(4)
    assert count_images(b"\x89PNG\r\n\x1a\n" + part) == 1


def tiff(*pages: dict[int, int], next_of_last: int = 0) -> bytes:
    """A TIFF file of directories alone, whose entries are single numbers of four bytes."""
    content, place = b"II*\0" + struct.pack("<I", 8), 8
    for number, page in enumerate(pages, 1):
        place += 2 + 12 * len(page) + 4
        content += struct.pack("<H", len(page)) + b"".join(struct.pack("<HHII", t, 4, 1, n) for t, n in page.items())
        content += struct.pack("<I", next_of_last if number == len(pages) else place)
    return content


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (tiff({254: 0}, {254: 2}), 2),  # a whole page, and one of several
        (tiff({256: 8}, {254: 1}, {254: 4}, {254: 5}), 1),  # a thumbnail, a mask, a thumbnail's mask
        (tiff({254: 1}), 1),
        (tiff({256: 8}, {256: 8}, next_of_last=8), 2),  # the second page is followed by the first
        (tiff({256: 8}, {256: 8}, next_of_last=10**9), 2),
        (b"II*\0" + struct.pack("<I", 10**9), 1),
        (b"II+\0" + struct.pack("<HHQ", 8, 0, 2**64 - 1), 1),
        (b"MM\0*", 1),
    ],
)
def test_pages_of_a_tiff(content: bytes, expected: int) -> None:
    """TIFF 6.0, section 8: of tag 254, NewSubfileType, bit 0 is a smaller copy of another page and bit 2 a mask."""
    assert count_images(content) == expected


def test_pages_of_a_big_tiff() -> None:
    page = struct.pack("<Q", 1) + struct.pack("<HHQQ", 256, 4, 1, 8)
    content = b"II+\0" + struct.pack("<HHQ", 8, 0, 16) + page + struct.pack("<Q", 16 + len(page) + 8)
    assert count_images(content + page + struct.pack("<Q", 0)) == 2


def test_counting_pages_ends_however_many_a_file_claims() -> None:
    """Directories of 65,535 entries each, all of which lie in the others."""
    content = bytearray(b"II*\0" + struct.pack("<I", 8) + bytes(1 << 20))
    for place in range(8, 20_000, 2):
        content[place : place + 2] = b"\xff\xff"
    assert 1 <= count_images(bytes(content)) <= 10_000
    chain = b"".join(struct.pack("<HI", 0, 8 + 6 * number) for number in range(1, 20_001))
    assert count_images(b"II*\0" + struct.pack("<I", 8) + chain) == 10_000
