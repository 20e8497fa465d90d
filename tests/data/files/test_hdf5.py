from pathlib import Path

import h5py
import numpy as np
import pytest

from emotion_recognition.data.files.hdf5 import Split, check_same_source, read_split
from tests.conftest import write_splits

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 1), dtype=np.uint8)
LABELS = np.array([0, 1, 1, 0, 1], np.uint8)


def split(**changes: object) -> Split:
    fields = {
        "images": IMAGES,
        "labels": LABELS,
        "class_names": ("happy", "sad"),
        "split": "val",
        "source_name": "fer2013.csv",
        "source_sha256": "ab" * 32,
    }
    return Split(**{**fields, **changes})  # type: ignore[arg-type]


def test_what_is_written_is_read_with_names_and_origin(tmp_path: Path) -> None:
    write_splits({tmp_path / "val.hdf5": split()})
    read = read_split(tmp_path / "val.hdf5")
    assert read.images.dtype == read.labels.dtype == np.uint8
    assert np.array_equal(read.images, IMAGES)
    assert np.array_equal(read.labels, LABELS)
    assert (read.class_names, read.split) == (("happy", "sad"), "val")
    assert (read.source_name, read.source_sha256) == ("fer2013.csv", "ab" * 32)
    assert len(read) == 5
    assert read.class_counts().tolist() == [2, 3]


def test_votes_are_read_with_their_origin_and_are_none_without(tmp_path: Path) -> None:
    votes = np.arange(50, dtype=np.uint8).reshape(5, 10)
    write_splits({tmp_path / "a.hdf5": split(votes=votes, votes_sha256="cd" * 32), tmp_path / "b.hdf5": split()})
    read = read_split(tmp_path / "a.hdf5")
    assert read.votes is not None
    assert np.array_equal(read.votes, votes)
    assert read.votes_sha256 == "cd" * 32
    without = read_split(tmp_path / "b.hdf5")
    assert (without.votes, without.votes_sha256) == (None, None)
    with h5py.File(tmp_path / "a.hdf5", "r+") as file:
        names = list(file["votes"].attrs["vote_names"])
        assert names[:2] + names[-2:] == ["neutral", "happiness", "unknown", "NF"]
        file["votes"].attrs["vote_names"] = names[::-1]
    with pytest.raises(ValueError, match="its votes must be on neutral, happiness"):
        read_split(tmp_path / "a.hdf5")


def test_distributions_are_read_with_what_the_labels_are_from(tmp_path: Path) -> None:
    distributions = np.array([[1, 0], [0.25, 0.75], [0, 1], [0.5, 0.5], [0.5, 0.5]], np.float32)
    write_splits({tmp_path / "a.hdf5": split(labels_from="ferplus", distributions=distributions)})
    read = read_split(tmp_path / "a.hdf5")
    assert read.distributions is not None
    assert np.array_equal(read.distributions, distributions)
    assert read.labels_from == "ferplus"
    write_splits({tmp_path / "b.hdf5": split()})
    with h5py.File(tmp_path / "b.hdf5", "r+") as file:
        del file.attrs["labels_from"]  # as in the first builds
    assert (read_split(tmp_path / "b.hdf5").labels_from, read_split(tmp_path / "b.hdf5").distributions) == (
        "fer2013",
        None,
    )


def test_other_programs_find_the_documented_layout(tmp_path: Path) -> None:
    write_splits({tmp_path / "val.hdf5": split()})
    with h5py.File(tmp_path / "val.hdf5", "r") as file:
        assert file["images"].shape == (5, 48, 48, 1)
        assert list(file.attrs["class_names"]) == ["happy", "sad"]
        assert file.attrs["format_version"] == 1


def test_a_class_without_images_is_counted_as_none() -> None:
    assert split(class_names=("happy", "sad", "fear")).class_counts().tolist() == [2, 3, 0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"images": IMAGES.astype(np.float32)}, "images must be a uint8 array"),
        ({"images": IMAGES[..., 0]}, "images must be a uint8 array"),
        ({"labels": LABELS.astype(np.int64)}, "labels must be a uint8 array"),
        ({"labels": LABELS[:4]}, r"labels must be a uint8 array \(5,\)"),
        ({"votes": np.zeros((4, 10), np.uint8)}, r"votes must be a uint8 array \(5, 10\)"),
        ({"votes": np.zeros((5, 10), np.int64)}, r"votes must be a uint8 array \(5, 10\)"),
        ({"distributions": np.zeros((5, 3), np.float32)}, r"distributions must be a float32 array \(5, 2\)"),
        ({"distributions": np.zeros((5, 2))}, r"distributions must be a float32 array \(5, 2\)"),
        ({"class_names": ("happy",)}, "labels must be below the number of classes, 1. Received: 1"),
    ],
)
def test_arrays_that_break_the_contract_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        split(**changes)


def test_splits_of_different_sources_do_not_go_together() -> None:
    check_same_source(split(), split(split="train"))
    with pytest.raises(ValueError, match=r"val split was built from fer2013.csv \(abababab\), the train split from b"):
        check_same_source(split(), split(split="train", source_name="b.csv", source_sha256="00" * 32))


def test_files_that_are_no_data_set_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no data set .*missing\.hdf5"):
        read_split(tmp_path / "missing.hdf5")
    (tmp_path / "rubbish.hdf5").write_bytes(b"rubbish" * 100)
    with h5py.File(tmp_path / "other.hdf5", "w") as file:
        file["x"] = [1, 2]
    write_splits({tmp_path / "newer.hdf5": split()})
    with h5py.File(tmp_path / "newer.hdf5", "r+") as file:
        file.attrs["format_version"] = 2
    write_splits({tmp_path / "half.hdf5": split()})
    half = (tmp_path / "half.hdf5").read_bytes()
    (tmp_path / "half.hdf5").write_bytes(half[: len(half) // 2])
    for name, words in (("rubbish", ""), ("other", ""), ("newer", "format version is 2"), ("half", "")):
        with pytest.raises(ValueError, match=rf"{name}\.hdf5 is not a data set.*{words}.*build it again"):
            read_split(tmp_path / f"{name}.hdf5")
