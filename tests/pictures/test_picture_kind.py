import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.pictures.picture_kind import heif_kind, is_picture_file

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8))


def encoded(kind: str) -> bytes:
    file = io.BytesIO()
    PICTURE.save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF"])
@pytest.mark.parametrize("name", ["picture", "picture.dat", "picture.xyz.1"])
def test_a_picture_is_known_by_its_content_whatever_it_is_called(kind: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(encoded(kind))
    assert is_picture_file(tmp_path / name)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\xff\xd8", b"a,b\n1,2\n", b"%PDF-1.7 ...", b"PK\x03\x04" + bytes(40), b"<svg/>"),
        *(b"BMW is the name of a company in Munich.", b"P1 is the first plan", b"P3\n# a comment and no number\n"),
        bytes([0, 0, 0, 24]) + b"ftypisom" + bytes(4) + b"isommp42",  # a video
    ],
)
def test_what_is_no_picture_is_none_unless_its_name_says_so(content: bytes, tmp_path: Path) -> None:
    for name in ("notes.txt", "README"):
        (tmp_path / name).write_bytes(content)
        assert not is_picture_file(tmp_path / name)
    (tmp_path / "broken.JPG").write_bytes(content)
    assert is_picture_file(tmp_path / "broken.JPG")


def test_what_is_hidden_or_no_file_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / ".a.png").write_bytes(encoded("PNG"))
    (tmp_path / "folder.png").mkdir()
    for name in (".a.png", "folder.png", "missing.png"):
        assert not is_picture_file(tmp_path / name)


@pytest.mark.parametrize(
    ("major", "others", "kind"),
    [
        (b"heic", b"mif1heic", "HEIC"),
        (b"mif1", b"mif1heix", "HEIC"),
        (b"mif1", b"mif1miaf", "HEIC"),
        (b"avif", b"mif1miaf", "AVIF"),
        (b"mif1", b"mif1avif", "AVIF"),
        (b"qt  ", b"qt  mp42", None),
    ],
)
def test_heic_and_avif_are_told_apart_by_their_brands(major: bytes, others: bytes, kind: str | None) -> None:
    assert heif_kind(bytes([0, 0, 0, 24]) + b"ftyp" + major + bytes(4) + others) == kind


@pytest.mark.parametrize("tags", [{254: 1}, {50706: b"\1\4\0\0"}], ids=["preview first", "DNG"])
def test_a_camera_s_raw_file_is_known_and_refused(tags: dict[int, object], tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "DSC1.NEF", "TIFF", tiffinfo=tags)
    assert is_picture_file(tmp_path / "DSC1.NEF")
    with pytest.raises(ValueError, match=r"DSC1\.NEF is a camera's RAW file, of which only a preview could be read"):
        read_image(tmp_path / "DSC1.NEF")


def test_a_tiff_whose_first_image_is_the_picture_is_no_raw_file(tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "a.tif", "TIFF", tiffinfo={254: 2})
    assert read_image(tmp_path / "a.tif").shape == (200, 300, 3)
