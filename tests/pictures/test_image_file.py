import io
import struct
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from emotion_recognition.pictures.image_file import check_output, read_image, write_image

#: Red, green, blue.
TOP, BOTTOM = (200, 100, 50), (10, 20, 30)


def halves() -> Image.Image:
    """60 wide and 40 high, its upper half one colour and its lower another."""
    pixels = np.empty((40, 60, 3), np.uint8)
    pixels[:20], pixels[20:] = TOP, BOTTOM
    return Image.fromarray(pixels)


def noise(width: int = 300, height: int = 200) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def read_bytes(content: bytes, tmp_path: Path) -> np.ndarray:
    path = tmp_path / "picture"
    path.write_bytes(content)
    return read_image(path)


def assert_close(
    image: np.ndarray, blue_green_red: tuple[int, int, int], row: int, column: int, tolerance: int
) -> None:
    np.testing.assert_allclose(image[row, column].astype(int), blue_green_red, atol=tolerance)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "JPEG", "WEBP"])
def test_colour_comes_as_blue_green_red(kind: str, tmp_path: Path) -> None:
    image = read_bytes(encoded(halves(), kind), tmp_path)
    assert image.shape == (40, 60, 3)
    assert image.dtype == np.uint8
    assert_close(image, TOP[::-1], 2, 50, tolerance=0 if kind in ("PNG", "BMP", "TIFF") else 3)
    assert_close(image, BOTTOM[::-1], 37, 5, tolerance=0 if kind in ("PNG", "BMP", "TIFF") else 3)


# Where the corner that is drawn at the top left has to go, by EXIF 2.3's table of orientations.
@pytest.mark.parametrize(
    ("orientation", "shape", "corner"),
    [
        (1, (40, 60), (0, 0)),
        (2, (40, 60), (0, 59)),
        (3, (40, 60), (39, 59)),
        (4, (40, 60), (39, 0)),
        (5, (60, 40), (0, 0)),
        (6, (60, 40), (0, 39)),
        (7, (60, 40), (59, 39)),
        (8, (60, 40), (59, 0)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_upright_by_its_exif_orientation(
    kind: str, orientation: int, shape: tuple[int, int], corner: tuple[int, int], tmp_path: Path
) -> None:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:16, :16] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = read_bytes(encoded(Image.fromarray(pixels), kind, exif=exif), tmp_path)
    assert image.shape[:2] == shape
    corners = [(row, column) for row in (0, shape[0] - 1) for column in (0, shape[1] - 1)]
    assert [place for place in corners if image[place].mean() > 128] == [corner]


def test_grey_is_spread_over_three_channels(tmp_path: Path) -> None:
    image = read_bytes(encoded(Image.new("L", (8, 6), 77), "PNG"), tmp_path)
    np.testing.assert_array_equal(image, np.full((6, 8, 3), 77))


@pytest.mark.parametrize("alpha", [0, 128, 255])
def test_alpha_is_dropped(alpha: int, tmp_path: Path) -> None:
    image = halves().convert("RGBA")
    image.putalpha(alpha)
    np.testing.assert_array_equal(read_bytes(encoded(image, "PNG"), tmp_path)[0, 0], TOP[::-1])


def test_of_16_bits_the_upper_8_stay(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    cv2.imwrite(str(path), np.full((6, 8, 3), (0x1234, 0x80FF, 0xFF00), np.uint16))
    np.testing.assert_array_equal(read_image(path), np.full((6, 8, 3), (0x12, 0x80, 0xFF)))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_becomes_colour(kind: str, tmp_path: Path) -> None:
    image = read_bytes(encoded(halves().convert("CMYK"), kind), tmp_path)
    assert_close(image, TOP[::-1], 2, 50, tolerance=4)
    assert_close(image, BOTTOM[::-1], 37, 5, tolerance=4)


def test_palette_and_animation_give_the_first_image(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 6), colour) for colour in (TOP, BOTTOM)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(read_bytes(content, tmp_path)[3, 4], TOP[::-1])


def test_any_path_works(tmp_path: Path) -> None:
    path = tmp_path / "фото ünïcode 顔.png"
    write_image(path, np.full((6, 8, 3), (1, 2, 3), np.uint8))
    np.testing.assert_array_equal(read_image(path), np.full((6, 8, 3), (1, 2, 3)))
    write_image(f"{path}.bmp", read_image(str(path)))
    np.testing.assert_array_equal(read_image(f"{path}.bmp"), read_image(path))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.97])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("WEBP", {}),
        ("TIFF", {}),
        ("BMP", {}),
        ("GIF", {}),
    ],
)
def test_a_truncated_picture_is_an_error_and_nothing_is_printed(
    kind: str, options: dict[str, object], share: float, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = encoded(noise(), kind, **options)
    with pytest.raises(ValueError, match=r"truncated|is not a picture"):
        read_bytes(content[: int(len(content) * share)], tmp_path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_noise_that_does_not_matter_is_read_over_in_silence(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = encoded(noise(60, 40), kind, dpi=(72, 72))
    expected = read_bytes(content, tmp_path)
    if kind == "JPEG":
        end = 4 + int.from_bytes(content[4:6])  # of the first part
        noisy = content[:end] + b"\0\0" + content[end:]
    else:
        changed = bytearray(content)
        changed[content.index(b"pHYs") + 4] ^= 1
        noisy = bytes(changed)
    np.testing.assert_array_equal(read_bytes(noisy, tmp_path), expected)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("content", [b"", b"\xff", b"<html>not found</html>", bytes(1000)])
def test_what_is_no_picture_is_an_error(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a picture"):
        read_bytes(content, tmp_path)


def test_a_missing_picture_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no picture"):
        read_image(tmp_path / "missing.jpg")


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a file"):
        read_image(tmp_path)


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header promises that size and whose body is empty."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(10_001, 10_000), (14_000, 14_000), (2**31 - 1, 2**31 - 1)])
def test_a_huge_picture_is_refused_by_its_header(width: int, height: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="larger than 100 megapixels"):
        read_bytes(png_of_size(width, height), tmp_path)


def test_the_largest_size_passes_the_header(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be decoded"):  # by its empty body
        read_bytes(png_of_size(10_000, 10_000), tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"]),
    place=st.floats(0, 1),
    byte=st.integers(0, 255),
)
def test_a_damaged_picture_is_read_or_refused_in_one_way(kind: str, place: float, byte: int, tmp_path: Path) -> None:
    content = bytearray(encoded(noise(20, 10), kind))
    content[int(place * (len(content) - 1))] = byte
    try:
        assert read_bytes(bytes(content), tmp_path).dtype == np.uint8
    except ValueError as error:
        assert str(tmp_path) in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".bmp", ".tiff"])
def test_writing_and_reading_keeps_every_pixel(suffix: str, tmp_path: Path) -> None:
    image = np.asarray(noise(30, 20))
    path = tmp_path / f"new folder/picture{suffix}"
    write_image(path, image)
    np.testing.assert_array_equal(read_image(path), image)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_jpeg_is_written_at_quality_95(tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    write_image(path, np.asarray(noise(64, 64)))
    with Image.open(path) as image, Image.open(io.BytesIO(encoded(noise(64, 64), "JPEG", quality=95))) as expected:
        assert image.quantization == expected.quantization  # type: ignore[attr-defined]


def test_a_path_that_cannot_be_written_names_itself_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(OSError, match=r"file/out\.png cannot be written"):
        write_image(tmp_path / "file" / "out.png", np.zeros((4, 4, 3), np.uint8))
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_picture_too_large_for_its_format_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        write_image(tmp_path / "out.webp", np.zeros((1, 16_384, 3), np.uint8))  # WebP ends at 16,383
    assert list(tmp_path.iterdir()) == []


def test_the_output_may_not_be_the_input_under_another_name(tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    write_image(path, np.zeros((4, 4, 3), np.uint8))
    (tmp_path / "link.png").symlink_to(path)
    (tmp_path / "hard.png").hardlink_to(path)
    (tmp_path / "folder").mkdir()
    for same in (path, tmp_path / "link.png", tmp_path / "hard.png", tmp_path / "folder" / ".." / "in.png"):
        with pytest.raises(ValueError, match="must not replace the input"):
            check_output(same, input_path=path)


@pytest.mark.parametrize("name", ["out.txt", "out", "out.keras", ".png"])
def test_an_output_that_opencv_cannot_write_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must end in a suffix that OpenCV can write"):
        check_output(tmp_path / name, input_path=tmp_path / "in.png")


def test_an_output_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a folder"):
        check_output(tmp_path, input_path=tmp_path / "in.png")


def test_a_fine_output_is_accepted(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_output(tmp_path / "out.JPG", input_path=tmp_path / "in.jpg")


@pytest.mark.parametrize(
    ("content", "grey"),
    [
        pytest.param(b"P1\n# black is 1\n2 2\n0 1\n1 0\n", [[255, 0], [0, 255]], id="P1"),
        pytest.param(b"P2\n2 2\n255\n0 7 100 255\n", [[0, 7], [100, 255]], id="P2"),
        pytest.param(b"P3 2 1 255 9 9 9 80 80 80\n", [[9, 80]], id="P3"),
        pytest.param(b"P4\n2 2\n\x40\x80", [[255, 0], [0, 255]], id="P4"),
        pytest.param(b"P5\n2 2\n255\n" + bytes([0, 7, 100, 255]), [[0, 7], [100, 255]], id="P5"),
        pytest.param(b"P5\n2 2\n15\n" + bytes([0, 5, 10, 15]), [[0, 85], [170, 255]], id="P5 of 4 bits"),
        pytest.param(b"P5 2 2 # white:\n 1 " + bytes([0, 1, 1, 0]), [[0, 255], [255, 0]], id="P5 of 1 bit"),
        pytest.param(b"P2 2 2 15 0 5 10 15\n", [[0, 85], [170, 255]], id="P2 of 4 bits"),
        pytest.param(b"P6\n2 1\n255\n" + bytes([9, 9, 9, 80, 80, 80]), [[9, 80]], id="P6"),
    ],
)
def test_pnm_is_read(content: bytes, grey: list[list[int]], tmp_path: Path) -> None:
    image = read_bytes(content, tmp_path)
    assert image.dtype == np.uint8
    assert image.tolist() == [[[value] * 3 for value in row] for row in grey]


def test_a_ppm_has_red_first(tmp_path: Path) -> None:
    assert read_bytes(b"P6\n1 1\n255\n" + bytes([200, 100, 50]), tmp_path).tolist() == [[[50, 100, 200]]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"P5\n20 20\n255\n" + bytes(399), "truncated"),
        (b"P5\n20", "truncated or damaged: its width and height"),
        (b"P6\n40000 40000\n255\n", "larger than 100 megapixels. Received: 40000×40000"),
    ],
)
def test_a_broken_or_boundless_pnm_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        read_bytes(content, tmp_path)


def test_a_file_that_is_too_large_for_a_picture_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    with path.open("wb") as file:
        file.truncate(2**30 + 1)  # takes no space on the disk
    with pytest.raises(ValueError, match=r"a\.jpg is larger than 1,024 MiB\. Received: 1,073,741,825 bytes"):
        read_image(path)
