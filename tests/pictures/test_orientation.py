"""Which way is up, for every format and all eight orientations, compared with Pillow."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from emotion_recognition.pictures.image_file import decode_image
from emotion_recognition.pictures.orientation import orientation_of

#: Each corner has a shade of its own; 60 wide and 40 high.
PIXELS = np.zeros((40, 60, 3), np.uint8)
PIXELS[:20, :30], PIXELS[:20, 30:], PIXELS[20:, :30], PIXELS[20:, 30:] = 250, 170, 90, 10
PICTURE = Image.fromarray(PIXELS)

#: Where the corner that is stored first has to go, by EXIF 2.3's table of orientations: row, column.
CORNERS = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}


def exif(orientation: int) -> bytes:
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes()


def high_byte_first(orientation: int) -> bytes:
    return b"Exif\0\0MM\0*" + struct.pack(">IHHHIHH", 8, 1, 0x0112, 3, 1, orientation, 0) + bytes(4)


def xmp(orientation: int, form: str = 'tiff:Orientation="{}"') -> bytes:
    return f"<x:xmpmeta><rdf:Description {form.format(orientation)}/></x:xmpmeta>".encode()


def saved(kind: str, image: Image.Image = PICTURE, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def with_text(add: Callable[[PngInfo], None]) -> bytes:
    info = PngInfo()
    add(info)
    return saved("PNG", pnginfo=info)


def raw_profile(orientation: int) -> str:
    block = exif(orientation)
    return f"\nexif\n{len(block):8d}\n{block.hex()}\n"


def webp_with_prefix(orientation: int) -> bytes:
    """As phones write it: the chunk starts as JPEG's segment does."""
    block = exif(orientation).removeprefix(b"Exif\0\0")
    content = saved("WEBP", exif=block)
    place, long = content.index(b"EXIF"), b"Exif\0\0" + block
    content = content[:place] + b"EXIF" + struct.pack("<I", len(long)) + long + b"\0" * (len(long) % 2)
    return content[:4] + struct.pack("<I", len(content) - 8) + content[8:]


FILES: dict[str, Callable[[int], bytes]] = {
    "JPEG": lambda n: saved("JPEG", exif=exif(n)),
    "JPEG, high byte first": lambda n: saved("JPEG", exif=high_byte_first(n)),
    "JPEG, XMP": lambda n: saved("JPEG", xmp=xmp(n)),
    "JPEG, XMP element": lambda n: saved("JPEG", xmp=xmp(n, "><tiff:Orientation>{}</tiff:Orientation><a")),
    "JPEG, EXIF leads over XMP": lambda n: saved("JPEG", exif=exif(n), xmp=xmp(9 - n)),
    "progressive JPEG": lambda n: saved("JPEG", exif=exif(n), progressive=True),
    "grey JPEG": lambda n: saved("JPEG", PICTURE.convert("L"), exif=exif(n)),
    "MPO": lambda n: saved("MPO", exif=exif(n)),
    "PNG": lambda n: saved("PNG", exif=exif(n)),
    "PNG, EXIF in text": lambda n: with_text(lambda info: info.add_text("Raw profile type exif", raw_profile(n))),
    "PNG, packed text": lambda n: with_text(lambda i: i.add_text("Raw profile type exif", raw_profile(n), zip=True)),
    "PNG, XMP": lambda n: with_text(lambda info: info.add_itxt("XML:com.adobe.xmp", xmp(n).decode())),
    "PNG, packed XMP": lambda n: with_text(lambda i: i.add_itxt("XML:com.adobe.xmp", xmp(n).decode(), zip=True)),
    "grey PNG": lambda n: saved("PNG", PICTURE.convert("L"), exif=exif(n)),
    "WebP": lambda n: saved("WEBP", exif=exif(n), quality=95),
    "WebP, prefixed": webp_with_prefix,
    "WebP, XMP": lambda n: saved("WEBP", xmp=xmp(n)),
    "TIFF": lambda n: saved("TIFF", exif=exif(n)),
    "BigTIFF": lambda n: saved("TIFF", tiffinfo={274: n}, big_tiff=True),
    "packed TIFF": lambda n: saved("TIFF", exif=exif(n), compression="tiff_lzw"),
    "grey TIFF": lambda n: saved("TIFF", PICTURE.convert("L"), exif=exif(n)),
    "TIFF, XMP": lambda n: saved("TIFF", tiffinfo={700: xmp(n)}),
}


@pytest.mark.parametrize("orientation", CORNERS)
@pytest.mark.parametrize("form", FILES)
def test_every_format_is_turned_as_pillow_turns_it(form: str, orientation: int) -> None:
    content = FILES[form](orientation)
    assert orientation_of(content) == orientation
    image = decode_image(content, "a")
    with Image.open(io.BytesIO(content)) as opened:
        upright = ImageOps.exif_transpose(opened)
        assert upright is not None
        expected = np.asarray(upright.convert("RGB"))
    assert image.shape == expected.shape == ((40, 60, 3) if orientation < 5 else (60, 40, 3))
    np.testing.assert_allclose(image.mean(axis=2), expected.mean(axis=2), atol=6)
    assert image[CORNERS[orientation]].mean() > 230
    assert image.flags.c_contiguous


def test_exif_as_imagemagick_calls_it_is_read() -> None:
    content = with_text(lambda info: info.add_text("Raw profile type APP1", raw_profile(6).replace("exif", "APP1")))
    assert orientation_of(content) == 6


@pytest.mark.parametrize("stated", [0, 9, 255])
def test_an_orientation_that_there_is_not_is_upright(stated: int) -> None:
    for form in ("JPEG", "PNG", "WebP", "TIFF"):
        content = FILES[form](stated)
        assert orientation_of(content) == 1
        np.testing.assert_allclose(decode_image(content, "a").astype(int), PIXELS, atol=8)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "PPM"])
def test_without_one_a_picture_is_upright(kind: str) -> None:
    assert orientation_of(saved(kind)) == 1


@pytest.mark.real_data
def test_a_photograph_as_phones_write_it(real_data: Path) -> None:
    content = (real_data / "cases" / "exif_prefix_orientation6.webp").read_bytes()
    with Image.open(io.BytesIO(content)) as stored:
        assert decode_image(content, "a").shape[:2] == (stored.width, stored.height)
        assert orientation_of(content) == 6


@given(
    form=st.sampled_from(sorted(FILES)),
    place=st.floats(0, 1, exclude_max=True),
    byte=st.integers(0, 255),
    share=st.floats(0.2, 1),
)
def test_whatever_the_bytes_are_there_is_an_orientation(form: str, place: float, byte: int, share: float) -> None:
    content = bytearray(FILES[form](6))
    content[int(place * len(content))] = byte
    assert 1 <= orientation_of(bytes(content[: int(share * len(content))])) <= 8
