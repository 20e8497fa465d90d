"""HDF5 files that are damaged, or whose data lie elsewhere, end in one line; none is read for ever."""

import os
import struct
from pathlib import Path

import h5py
import numpy as np
import pytest

from emotion_recognition import sealed_hdf5
from emotion_recognition.data.files.hdf5 import Split, read_split, write_split
from emotion_recognition.models.files import load_network
from emotion_recognition.sealed_hdf5 import check_hdf5, is_sealed, open_hdf5, seal


@pytest.fixture
def split_file(tmp_path: Path) -> Path:
    images = np.random.default_rng(0).integers(0, 256, (6, 48, 48, 1), dtype=np.uint8)
    path = tmp_path / "val.hdf5"
    write_split(path, Split(images, np.zeros(6, np.uint8), ("happy", "sad"), "val", "a.csv", "0" * 64))
    return path


def without_seal(path: Path) -> None:
    """Makes a file one of an earlier version, or from elsewhere."""
    with h5py.File(path, "r+") as file:
        del file.attrs["sealed"]
    if b"fer-seal" in path.read_bytes()[-56:]:
        path.write_bytes(path.read_bytes()[:-56])


def test_a_seal_fits_the_file_that_it_was_written_for_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.hdf5"
    content = bytes(range(100))
    path.write_bytes(content)
    assert not is_sealed(path)
    with path.open("r+b") as file:
        seal(file, 40, 10)
    sealed = path.read_bytes()
    assert sealed[:100] == content
    assert len(sealed) == 156
    for place in range(156):
        path.write_bytes(sealed[:place] + bytes([sealed[place] ^ 8]) + sealed[place + 1 :])
        assert is_sealed(path) == (40 <= place < 50), place
    path.write_bytes(sealed[:30] + sealed[31:])
    assert not is_sealed(path)


def test_what_the_project_writes_is_sealed_and_read_without_a_trial(
    split_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_hdf5, "_reason_against", lambda *_: "tried")
    assert len(read_split(split_file)) == 6
    without_seal(split_file)
    with pytest.raises(ValueError, match="tried"):
        read_split(split_file)


def test_what_was_changed_after_it_was_written_is_refused(split_file: Path) -> None:
    whole = split_file.read_bytes()
    labels = whole.index(bytes(6), whole.index(b"HEAP"))  # the labels are zeros, somewhere behind the images
    for content, reason in (
        (whole[:labels] + b"\1" + whole[labels + 1 :], "its checksum does not fit"),
        (whole[:-20] + bytes(20), "its checksum does not fit"),
        (whole[:-56], "its checksum is missing"),
        (whole[:-56] + bytes(56), "its checksum is missing"),
        (whole + b"\n", "its checksum is missing"),
    ):
        split_file.write_bytes(content)
        with pytest.raises(ValueError, match=reason):
            read_split(split_file)


@pytest.mark.parametrize("stream_above", [1.0, 0.0])
def test_images_that_are_not_those_that_were_written_are_refused(split_file: Path, stream_above: float) -> None:
    content = bytearray(split_file.read_bytes())
    with h5py.File(split_file, "r") as file:
        content[file["images"].id.get_offset() + 100] ^= 1
    split_file.write_bytes(content)
    assert is_sealed(split_file)  # which says nothing of the images
    with pytest.raises(ValueError, match="its images are not those that were written"):
        read_split(split_file, stream_above=stream_above)


def test_files_without_a_seal_are_read_as_before(split_file: Path) -> None:
    without_seal(split_file)
    assert not is_sealed(split_file)
    assert len(read_split(split_file)) == 6


def endless(path: Path) -> None:
    """Makes libhdf5 walk round and round in the texts of a file: the free space behind the last has no size."""
    content = bytearray(path.read_bytes())
    start = content.index(b"GCOL")
    place = start + 16
    while True:
        index, _, _, size = struct.unpack_from("<HHIQ", content, place)
        if index == 0:
            break
        place += 16 + -(-size // 8) * 8
    struct.pack_into("<Q", content, place + 8, 0)
    path.write_bytes(content)


def test_a_file_that_libhdf5_reads_for_ever_is_refused(split_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_seal(split_file)
    endless(split_file)
    monkeypatch.setattr(sealed_hdf5, "CPU_SECONDS", 1)
    with pytest.raises(
        ValueError, match=r"val\.hdf5 is not a data set .*damaged: reading it takes more than 1 seconds"
    ):
        read_split(split_file)


def test_a_model_that_libhdf5_reads_for_ever_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"
    endless(path)
    monkeypatch.setattr(sealed_hdf5, "CPU_SECONDS", 1)
    with pytest.raises(ValueError, match=r"a\.h5 cannot be loaded as a Keras model: it is damaged"):
        load_network(path)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["hang_split_1085", "hang_split_1861", "mem_h5"])
def test_files_that_took_all_time_or_memory_are_refused(
    name: str, real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = real_data / "cases" / "damaged" / f"{name}.hdf5"
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    monkeypatch.setattr(sealed_hdf5, "CPU_SECONDS", 2)
    with pytest.raises(ValueError, match="is not a data set that this program can read"):
        read_split(path)


def test_sizes_are_checked_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.hdf5"
    with h5py.File(path, "w") as file:
        file.create_dataset("images", shape=(10**9, 48, 48, 1), dtype=np.uint8, chunks=(1, 48, 48, 1))
    with pytest.raises(ValueError, match=r"images declares 2,304,000,000,000 bytes, of which the file has 0"):
        check_hdf5(path)
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=np.zeros(5_000_000, np.uint8), compression="gzip")
    check_hdf5(path)


def test_data_in_other_files_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.hdf5"
    with h5py.File(other, "w") as file:
        file["images"] = np.zeros((2, 3), np.uint8)
    path = tmp_path / "a.hdf5"
    with h5py.File(path, "w") as file:
        file["images"] = h5py.ExternalLink(str(other), "images")
    with pytest.raises(ValueError, match=r"images is a link to another file, .*other\.hdf5"):
        check_hdf5(path)
    layout = h5py.VirtualLayout((2, 3), np.uint8)
    layout[:] = h5py.VirtualSource(str(other), "images", (2, 3))
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("images", layout)
    with pytest.raises(ValueError, match="the data of images lie in another file"):
        check_hdf5(path)
    with h5py.File(path, "w") as file:
        file.create_dataset("images", (6,), np.uint8, external=[(str(other), 0, 6)])
    with pytest.raises(ValueError, match="the data of images lie in another file"), open_hdf5(path):
        pass


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "val.hdf5")
    with pytest.raises(ValueError, match="it is not a regular file"):
        read_split(tmp_path / "val.hdf5")
