"""The reader of FER2013's CSV, against a slow reader of its own and against every kind of broken file."""

import csv
import gzip
import hashlib
import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotion_recognition.data.sources.fer2013 import csv_reader, train_csv, unlabelled_csv, whole_csv
from emotion_recognition.data.sources.fer2013.csv_reader import CsvReader, read_columns, read_emotions, read_images
from emotion_recognition.data.sources.registry import recognise

PIXELS = 48 * 48
USAGES = ("Training", "PublicTest", "PrivateTest")


class Rows(NamedTuple):
    """All rows of a CSV."""

    emotions: np.ndarray
    images: np.ndarray
    usages: np.ndarray
    source_sha256: str


def read_fer2013(path: Path, required: Sequence[str] = ("emotion", "pixels", "Usage")) -> Rows:
    reader = CsvReader(path, required)
    blocks = list(reader)
    return Rows(
        np.concatenate([block.emotions for block in blocks]),
        np.concatenate([block.images for block in blocks]),
        np.concatenate([block.usages for block in blocks]),
        reader.source_sha256,
    )


def row(emotion: object = 3, pixels: str | None = None, usage: str = "Training") -> str:
    return f"{emotion},{' '.join(['7'] * PIXELS) if pixels is None else pixels},{usage}"


def write(folder: Path, *rows: str, header: str = "emotion,pixels,Usage", end: str = "\n") -> Path:
    path = folder / "fer2013.csv"
    path.write_bytes(end.join([header, *rows, ""]).encode())
    return path


def error_of(path: Path) -> str:
    with pytest.raises((ValueError, OSError)) as caught:
        read_fer2013(path)
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)
    return str(caught.value)


def random_rows(count: int) -> tuple[list[str], np.ndarray]:
    """Rows of noise, and their images as uint8 array (count, 2304)."""
    images = np.random.default_rng(count).integers(0, 256, (count, PIXELS), dtype=np.uint8)
    rows = [row(i % 7, " ".join(map(str, image)), USAGES[i % 3]) for i, image in enumerate(images)]
    return rows, images


def check(read: Rows, images: np.ndarray) -> None:
    count = len(images)
    assert read.images.dtype == np.uint8
    assert read.images.shape == (count, 48, 48, 1)
    assert np.array_equal(read.images.reshape(count, -1), images)
    assert read.emotions.tolist() == [i % 7 for i in range(count)]
    assert read.usages.tolist() == [i % 3 for i in range(count)]


def test_every_pixel_arrives_in_its_row_and_column(tmp_path: Path) -> None:
    rows, images = random_rows(9)
    read = read_fer2013(write(tmp_path, *rows))
    check(read, images)
    # FER2013 lists an image row by row: number 48 is the first pixel of the second row.
    assert read.images[4, 1, 0, 0] == images[4, 48]


@pytest.mark.parametrize("block", [1_000, 9_000, 30_000])
def test_blocks_may_end_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(csv_reader, "_BLOCK_BYTES", block)
    rows, images = random_rows(9)
    check(read_fer2013(write(tmp_path, *rows)), images)


def quoted(line: str) -> str:
    emotion, pixels, usage = line.split(",")
    return f'"{emotion}","{pixels}","{usage}"'


@pytest.mark.parametrize(
    "change",
    [
        lambda path, text: path.write_text(text.replace("\n", "\r\n"), newline=""),
        lambda path, text: path.write_text("\ufeff" + text, encoding="utf-8"),
        lambda path, text: path.write_text(text.rstrip("\n")),
        lambda path, text: path.write_text(text + "\n \n\n"),
        lambda path, text: path.write_text(text.replace("7 ", "7  ").replace(",", " , ")),
        lambda path, text: path.write_text("\n".join(quoted(line) for line in text.splitlines())),
    ],
    ids=["CRLF", "byte order mark", "no last line end", "blank lines at the end", "spaces", "quotes"],
)
def test_dialects_of_csv_are_read(tmp_path: Path, change: Callable[[Path, str], object]) -> None:
    rows, images = random_rows(6)
    path = write(tmp_path, *rows)
    change(path, path.read_text())
    check(read_fer2013(path), images)


def test_the_columns_of_icml_face_data_are_found_in_their_own_order(tmp_path: Path) -> None:
    rows, images = random_rows(6)
    swapped = [",".join((e, u, p)) for e, p, u in (line.split(",") for line in rows)]
    check(read_fer2013(write(tmp_path, *swapped, header="emotion, Usage, pixels")), images)


def as_gzip(path: Path) -> Path:
    target = path.with_suffix(".csv.gz")
    target.write_bytes(gzip.compress(path.read_bytes()))
    return target


def as_zip(path: Path) -> Path:
    target = path.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "fer2013.csv")
        archive.writestr("README", "notes")
    return target


def as_tar_gz(path: Path) -> Path:
    target = path.with_suffix(".tar.gz")
    with tarfile.open(target, "w:gz") as archive:
        archive.add(path, "fer2013/fer2013.csv")
        info = tarfile.TarInfo("fer2013/fer2013.bib")
        info.size = 5
        archive.addfile(info, io.BytesIO(b"@misc"))
    return target


@pytest.mark.parametrize("pack", [as_gzip, as_zip, as_tar_gz])
def test_archives_are_read_and_their_own_hash_is_kept(tmp_path: Path, pack: Callable[[Path], Path]) -> None:
    rows, images = random_rows(6)
    archive = pack(write(tmp_path, *rows))
    read = read_fer2013(archive)
    check(read, images)
    assert read.source_sha256 == hashlib.sha256(archive.read_bytes()).hexdigest()


@pytest.mark.parametrize("pack", [as_gzip, as_zip, as_tar_gz])
@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_a_truncated_archive_is_named(tmp_path: Path, pack: Callable[[Path], Path], keep: float) -> None:
    archive = pack(write(tmp_path, *random_rows(30)[0]))
    archive.write_bytes(archive.read_bytes()[: int(keep * archive.stat().st_size)])
    assert "damaged" in error_of(archive)


@pytest.mark.parametrize("pack", [as_gzip, as_zip, as_tar_gz])
def test_an_archive_with_a_flipped_byte_is_named(tmp_path: Path, pack: Callable[[Path], Path]) -> None:
    archive = pack(write(tmp_path, *random_rows(30)[0]))
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 0xFF
    archive.write_bytes(content)
    error_of(archive)


def test_a_digit_changed_within_a_tar_gz_is_found_by_its_checksum(tmp_path: Path) -> None:
    packed = as_tar_gz(write(tmp_path, row(), row(usage="PublicTest")))
    # Stored without compression, a changed digit leaves everything but the checksum in order.
    content = gzip.compress(gzip.decompress(packed.read_bytes()), compresslevel=0)
    assert content.count(b"7 7 7") > 0
    packed.write_bytes(content.replace(b"7 7 7", b"7 8 7", 1))
    assert "damaged" in error_of(packed)


def test_an_archive_must_hold_one_csv(tmp_path: Path) -> None:
    for names, words in (([], "holds no CSV"), (["a.csv", "b.csv"], "several CSV")):
        path = tmp_path / "archive.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in [*names, "notes.txt"]:
                archive.writestr(name, "x")
        assert words in error_of(path)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (row(pixels=" ".join(["7"] * (PIXELS - 1))), "must be 2304 pixels. Received: 2303"),
        (row(pixels=" ".join(["7"] * (PIXELS + 1))), "must be 2304 pixels. Received: 2305"),
        (row(pixels="7 " * (PIXELS - 1) + "256"), "pixel 2304 must be a whole number 0..255. Received: '256'"),
        (row(pixels="7 " * (PIXELS - 1) + "-1"), "pixel 2304 must be a whole number 0..255. Received: '-1'"),
        (row(pixels="999 " + "7 " * (PIXELS - 1)), "pixel 1 must be a whole number 0..255. Received: '999'"),
        (row(pixels="7 x7 " + "7 " * (PIXELS - 2)), "pixel 2 must be a whole number 0..255. Received: 'x7'"),
        (row(pixels="7.5 " + "7 " * (PIXELS - 1)), "pixel 1 must be a whole number 0..255. Received: '7.5'"),
        (row(pixels="7\t" * PIXELS), "pixel 1 must be a whole number"),
        (row(pixels="\x00 " + "7 " * (PIXELS - 1)), r"pixel 1 must be a whole number 0..255. Received: '\x00'"),
        (row(pixels=""), "must be 2304 pixels. Received: 0"),
        (row(emotion=8), "emotion must be a whole number 0..6, or 7 for contempt. Received: '8'"),
        (row(emotion=-1), "emotion must be a whole number 0..6, or 7 for contempt. Received: '-1'"),
        (row(emotion="happy"), "emotion must be a whole number 0..6, or 7 for contempt. Received: 'happy'"),
        (row(emotion=""), "emotion must be a whole number 0..6, or 7 for contempt. Received: ''"),
        (row(usage="training"), "Usage must be one of Training, PublicTest, PrivateTest. Received: 'training'"),
        (row(usage=""), "Usage must be one of Training, PublicTest, PrivateTest. Received: ''"),
        (row() + ",1", "must have 3 columns. Received: 4"),
        ("3", "must have 3 columns. Received: 1; is it cut short?"),
        ('3,"7 7', "quotes"),
        ("", "must have 3 columns"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, wrong: str, words: str) -> None:
    message = error_of(write(tmp_path, row(), row(), wrong, row()))
    assert "row 3 (line 4): " in message
    assert words in message


def test_rows_are_counted_over_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "_BLOCK_BYTES", 10_000)
    rows = random_rows(20)[0]
    rows[16] = row(emotion=9)
    assert "row 17 (line 18): emotion" in error_of(write(tmp_path, *rows))


def test_a_truncated_last_row_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, row(), row())
    content = path.read_bytes()
    for cut in (3, 12, 4000, len(row()) - 1):
        path.write_bytes(content[:-cut])
        assert "row 2 (line 3): " in error_of(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"emotion,pixels,Usage\n", "no rows"),
        (b"emotion,pixels,Usage\n\n\n", "no rows"),
        (b"emotion,pixels\n3,7\n", "Usage is missing"),
        (b"3,7 7 7,Training\n", "emotion is missing"),
        (b"emotion,emotion,pixels,Usage\n", "named twice"),
        (b'"emotion,pixels,Usage\n', "quotes are wrong"),
        (b'emotion,pixels,"Usage\n', "quotes are wrong"),
        (bytes(range(256)) * 40, "is missing"),
        (b"emotion,pixels,Usage\n" + b"7" * (3 << 20), "no CSV of FER2013"),
        ("emotion,pixels,Usage\n".encode("utf-16"), "is UTF-16 text"),
    ],
)
def test_what_is_no_fer2013_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_bytes(content)
    assert words in error_of(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_fer2013(tmp_path / "missing.csv")
    assert "not a file" in error_of(tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert "not a file" in error_of(tmp_path / "pipe.csv")


def test_a_zip_whose_directory_is_damaged_is_refused(tmp_path: Path) -> None:
    packed = as_zip(write(tmp_path, row()))
    content = bytearray(packed.read_bytes())
    name_length = content.rindex(b"PK\x01\x02") + 28
    content[name_length : name_length + 2] = bytes(2)  # Python's own reader fails on a name of no letters
    packed.write_bytes(content)
    with pytest.raises(ValueError, match=r"the archive is damaged|holds no CSV|damaged or cut short"):
        read_columns(packed)


def slow_reader(content: bytes) -> list[tuple[int, list[int], str]] | None:
    """What a plain reader makes of a CSV; None if anything in it is wrong."""
    try:
        table = csv.DictReader(io.StringIO(content.decode().rstrip()), skipinitialspace=True)
        table.fieldnames = [name.strip() for name in table.fieldnames or []]
        rows = []
        for line in table:
            pixels = [int(number) for number in line["pixels"].split()]
            emotion = int(line["emotion"])
            usage = line["Usage"].strip()
            if not (
                0 <= emotion <= 6 and usage in USAGES and len(pixels) == PIXELS and max(pixels) < 256 > -min(pixels)
            ):
                return None
            rows.append((emotion, pixels, usage))
    except (UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError, csv.Error):
        return None
    return rows


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 3),
            st.sampled_from([b"", b" ", b",", b"9", b"-", b"\n", b'"', b"\xff", b"x"]),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_mutated_file_gives_an_error_or_the_right_values(
    tmp_path: Path, edits: list[tuple[float, int, bytes]]
) -> None:
    path = write(tmp_path, *random_rows(3)[0])
    content = path.read_bytes()
    for place, length, insertion in edits:
        start = int(place * len(content))
        content = content[:start] + insertion + content[start + length :]
    path.write_bytes(content)
    try:
        read = read_fer2013(path)
    except ValueError:
        return  # error_of has shown that errors name the file and the row
    expected = slow_reader(content)
    assert expected is not None
    assert read.emotions.tolist() == [emotion for emotion, _, _ in expected]
    assert read.images.reshape(len(expected), -1).tolist() == [pixels for _, pixels, _ in expected]
    assert [USAGES[index] for index in read.usages] == [usage for _, _, usage in expected]


def test_the_competitions_train_csv_has_labels_and_no_splits(tmp_path: Path) -> None:
    rows, images = random_rows(9)
    path = write(tmp_path, *(line.rpartition(",")[0] for line in rows), header="emotion,pixels")
    assert read_columns(path) == ("emotion", "pixels")
    assert recognise(path) is train_csv.KIND
    read = read_fer2013(path, ("emotion", "pixels"))
    assert read.emotions.tolist() == read_emotions(path).tolist() == [i % 7 for i in range(9)]
    assert np.array_equal(read.images.reshape(9, -1), images)
    assert "Usage is missing" in error_of(path)


def test_the_competitions_test_csv_has_only_pixels(tmp_path: Path) -> None:
    rows, images = random_rows(5)
    path = write(tmp_path, *(f'"{line.split(",")[1]}"' for line in rows), header="pixels", end="\r\n")
    assert read_columns(path) == ("pixels",)
    assert recognise(path) is unlabelled_csv.KIND
    assert np.array_equal(read_images(path).reshape(5, -1), images)
    with pytest.raises(ValueError, match="emotion is missing"):
        read_emotions(path)


def test_emotions_alone_are_read_over_blocks_and_a_wrong_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_reader, "_BLOCK_BYTES", 10_000)
    rows = random_rows(20)[0]
    path = write(tmp_path, *rows)
    assert read_emotions(path).tolist() == [i % 7 for i in range(20)]
    rows[16] = row(emotion=9)
    with pytest.raises(ValueError, match=r"fer2013\.csv: row 17 \(line 18\): emotion"):
        read_emotions(write(tmp_path, *rows))


def test_columns_tell_which_csv_it_is(tmp_path: Path) -> None:
    assert recognise(write(tmp_path, row())) is whole_csv.KIND
    assert recognise(write(tmp_path, header=" Usage, pixels, emotion")) is whole_csv.KIND
    for header, words in [
        ("emotion,pixels,usage", "may have only emotion and pixels. Received: 'usage'"),
        ("pixels,Usage", "emotion is missing"),
        ("emotion,Usage", "pixels is missing"),
        ("image,label", "pixels is missing"),
    ]:
        with pytest.raises(ValueError, match=words):
            recognise(write(tmp_path, header=header))


@pytest.mark.parametrize("header", ["emotion,pixels", "pixels"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_competition_files_are_read_right_or_refused_with_their_row(
    tmp_path: Path, header: str, data: st.DataObject
) -> None:
    """One change in a good file: the reader names the row, or the rows that it reads are right."""
    rows, images = random_rows(4)
    columns = ["emotion", "pixels", "Usage"]
    wanted = [columns.index(name) for name in header.split(",")]
    lines = [",".join(line.split(",")[i] for i in wanted) for line in rows]
    place = data.draw(st.integers(0, 3))
    at = data.draw(st.integers(0, len(lines[place])))
    junk = data.draw(st.sampled_from(["", " ", ",", '"', "-", "a", "7", "\x00", "\n", "\r", "256 ", "é"]))
    width = data.draw(st.integers(0, 12))
    lines[place] = lines[place][:at] + junk + lines[place][at + width :]
    path = write(tmp_path, *lines, header=header)
    try:
        read = read_fer2013(path, ("pixels",))
    except ValueError as error:
        message = str(error)
    else:
        message = ""
    if message:
        assert "row" in message
        assert "\n" not in message
        return
    others = [i for i in range(4) if i != place]
    assert len(read.images) == 4
    assert np.array_equal(read.images.reshape(4, -1)[others], images[others])
    if "emotion" in header:
        assert read.emotions[others].tolist() == [i % 7 for i in others]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_called_so(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "fer2013.csv"
    path.write_bytes("\n".join(["emotion,pixels,Usage", row(), ""]).encode(encoding))
    assert "is UTF-16 text; save it as UTF-8" in error_of(path)


def test_a_file_of_line_ends_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "_BLOCK_BYTES", 1000)
    path = tmp_path / "fer2013.csv.gz"
    path.write_bytes(gzip.compress(b"emotion,pixels,Usage\n" + row().encode() + b"\n" * 1_000_000))
    assert "more than 10,000 blank lines" in error_of(path)
    path.write_bytes(gzip.compress(b"emotion,pixels,Usage\n" + row().encode() + b"\n" * 9_000))
    assert len(read_fer2013(path).emotions) == 1


def test_a_header_of_an_archive_that_asks_for_gigabytes_is_refused(tmp_path: Path) -> None:
    header = tarfile.TarInfo("fer2013.csv")
    header.type, header.size = tarfile.XHDTYPE, 3 * 2**30
    path = tmp_path / "fer2013.tar"
    path.write_bytes(header.tobuf(tarfile.USTAR_FORMAT) + b"\0" * 20_480)
    assert "damaged or cut short (a header of the archive is too large)" in error_of(path)
