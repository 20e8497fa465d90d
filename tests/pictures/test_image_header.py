import io
import struct

import numpy as np
import pytest
from PIL import Image

from emotion_recognition.pictures.image_header import UnknownPictureError, picture_size

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8))


def encoded(kind: str, image: Image.Image = PICTURE, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encoded("JPEG"), id="JPEG"),
        pytest.param(encoded("JPEG", progressive=True, comment=b"\xff\xc0 is no frame here"), id="progressive JPEG"),
        pytest.param(encoded("PNG"), id="PNG"),
        pytest.param(encoded("WEBP"), id="WebP"),
        pytest.param(encoded("WEBP", lossless=True), id="lossless WebP"),
        pytest.param(encoded("WEBP", PICTURE.convert("RGBA"), exif=b"Exif\0\0"), id="extended WebP"),
        pytest.param(encoded("TIFF"), id="TIFF"),
        pytest.param(encoded("TIFF", big_tiff=True), id="BigTIFF"),
        pytest.param(encoded("TIFF", compression="tiff_lzw"), id="LZW"),
        pytest.param(encoded("BMP"), id="BMP"),
        pytest.param(encoded("GIF"), id="GIF"),
    ],
)
def test_the_size_of_every_kind(content: bytes) -> None:
    assert picture_size(content) == (53, 37)


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("gap", [" 53 37 ", "\n53\n37\n", "# 9 9\n53 37\n", "\r\n# a\n# b\n53 # 8 8\n\t37\n"])
def test_the_size_of_every_pnm(number: int, gap: str) -> None:
    assert picture_size(f"P{number}{gap}255\n".encode()) == (53, 37)


def test_fill_bytes_between_the_parts_of_a_jpeg() -> None:
    content = encoded("JPEG")
    assert picture_size(content[:2] + b"\xff\xff" + content[2:]) == (53, 37)


def test_bytes_between_the_parts_of_a_jpeg_are_passed_over() -> None:
    content = encoded("JPEG")
    end = 4 + int.from_bytes(content[4:6])  # of the first part
    assert picture_size(content[:end] + b"\0\0\x12\xff\0" + content[end:]) == (53, 37)


def test_a_wrong_checksum_of_a_part_that_may_be_missing_does_not_matter() -> None:
    content = bytearray(encoded("PNG", dpi=(72, 72)))
    content[content.index(b"pHYs") + 4] ^= 1
    assert picture_size(bytes(content)) == (53, 37)


def test_a_header_without_an_end_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="ends or breaks off in its header"):
        picture_size(b"\xff\xd8\xff\xe0\0\x02" + bytes(50_000_000))
    with pytest.raises(ValueError, match="ends or breaks off in its header"):
        picture_size(b"II+\0\x08\0\0\0" + b"\xff" * 8)  # its directory is at 2**64 - 1


def test_a_tiff_with_the_high_byte_first() -> None:
    entries = struct.pack(">HHIHH", 256, 3, 1, 53, 0) + struct.pack(">HHII", 257, 4, 1, 37)
    assert picture_size(b"MM\0*" + struct.pack(">IH", 8, 2) + entries) == (53, 37)


def test_a_bitmap_of_os_2_and_one_from_the_top() -> None:
    assert picture_size(b"BM" + bytes(12) + struct.pack("<IHH", 12, 53, 37)) == (53, 37)
    assert picture_size(b"BM" + bytes(12) + struct.pack("<Iii", 40, 53, -37)) == (53, 37)


def test_a_wrong_checksum_is_an_error() -> None:
    content = bytearray(encoded("PNG"))
    content[-20] ^= 1
    with pytest.raises(ValueError, match=r"the checksum of its part b'IDAT' is wrong"):
        picture_size(bytes(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"])
def test_every_beginning_is_read_or_refused(kind: str) -> None:
    content = encoded(kind)
    for length in range(60):
        try:
            assert picture_size(content[:length]) == (53, 37)
        except ValueError as error:
            assert str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"PK\x03\x04", b"P3", b"P1ato", b"P7\nWIDTH 4", b"RIFF\0\0\0\0AVI LIST", b"%PDF-1.7", b"<svg/>"],
)
def test_what_is_no_picture_is_an_error_of_its_own(content: bytes) -> None:
    with pytest.raises(UnknownPictureError, match="JPEG, PNG, WebP, TIFF, BMP, GIF and PNM"):
        picture_size(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xd8\xff\xe0\0\x02\xff\xda\0\0", "before its size is given"),
        (b"\xff\xd8\xff\xe0\0\x02\x12\x34", "ends or breaks off in its header"),
        (b"GIF89a\0\0\1\0", "0×1 pixels"),
        (b"RIFF\0\0\0\0WEBPJUNK" + bytes(20), "its first part is b'JUNK'"),
        (b"II*\0\x08\0\0\0\0\0", "in its header"),
        (b"P5 53 thirty-seven 255\n", "width and height are not where they must be"),
        (b"P5 53 37", "width and height are not where they must be"),  # 37 may be the beginning of a longer number
        (b"P6\n0 37\n255\n", "0×37 pixels"),
    ],
)
def test_a_broken_header_says_what_is_wrong(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        picture_size(content)
