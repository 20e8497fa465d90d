from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest

from emotion_recognition.data.files.hdf5 import Split, check_same_build, read_split
from emotion_recognition.data.files.split_writer import SplitWriter
from emotion_recognition.data.files.unlabelled import describe_unlabelled, read_unlabelled
from tests.conftest import edited_hdf5, write_splits

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
    with edited_hdf5(tmp_path / "a.hdf5") as file:
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
    with edited_hdf5(tmp_path / "b.hdf5") as file:
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
    check_same_build(split(), split(split="train"))
    with pytest.raises(ValueError, match=r"val split was built from fer2013.csv \(abababab\), the train split from b"):
        check_same_build(split(), split(split="train", source_name="b.csv", source_sha256="00" * 32))


def test_files_that_are_no_data_set_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no data set .*missing\.hdf5"):
        read_split(tmp_path / "missing.hdf5")
    (tmp_path / "rubbish.hdf5").write_bytes(b"rubbish" * 100)
    with h5py.File(tmp_path / "other.hdf5", "w") as file:
        file["x"] = [1, 2]
    write_splits({tmp_path / "newer.hdf5": split()})
    with edited_hdf5(tmp_path / "newer.hdf5") as file:
        file.attrs["format_version"] = 2
    write_splits({tmp_path / "half.hdf5": split()})
    half = (tmp_path / "half.hdf5").read_bytes()
    (tmp_path / "half.hdf5").write_bytes(half[: len(half) // 2])
    for name, words in (("rubbish", ""), ("other", ""), ("newer", "format version is 2"), ("half", "")):
        with pytest.raises(ValueError, match=rf"{name}\.hdf5 is not a data set.*{words}.*build it again"):
            read_split(tmp_path / f"{name}.hdf5")


def test_a_file_that_says_it_is_another_split_is_refused(tmp_path: Path) -> None:
    write_splits({tmp_path / "val.hdf5": split(split="train")})
    assert read_split(tmp_path / "val.hdf5").split == "train"
    with pytest.raises(ValueError, match=r"val\.hdf5 must be the val split, but it says that it is 'train'"):
        read_split(tmp_path / "val.hdf5", role="val")


@pytest.mark.parametrize(
    ("builds", "refused"),
    [(("", ""), False), (("aa" * 32, "aa" * 32), False), (("aa" * 32, "bb" * 32), True), (("aa" * 32, ""), True)],
)
def test_splits_of_different_builds_do_not_go_together(builds: tuple[str, str], refused: bool) -> None:
    both = split(build_id=builds[0]), split(split="train", build_id=builds[1])
    if refused:
        with pytest.raises(
            ValueError, match=r"val split is of the build aaaaaaaa, the train split of (bbbb|an earlier)"
        ):
            check_same_build(*both)
    else:
        check_same_build(*both)


def test_the_content_is_that_of_what_is_learned_from(tmp_path: Path) -> None:
    one = split().content_sha256()
    assert one == split(source_name="other.csv", split="train").content_sha256()
    assert one != split(labels=LABELS[::-1].copy()).content_sha256()
    assert one != split(images=IMAGES[::-1]).content_sha256()
    assert one != split(class_names=("sad", "happy")).content_sha256()
    assert one != split(votes=np.zeros((5, 10), np.uint8)).content_sha256()
    write_splits({tmp_path / "val.hdf5": split()})
    for stream_above in (0, 1):
        assert read_split(tmp_path / "val.hdf5", stream_above=stream_above).content_sha256() == one


def test_images_that_changed_in_the_file_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "val.hdf5"
    write_splits({path: split()})
    content = bytearray(path.read_bytes())
    content[content.index(IMAGES.tobytes()) + 1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"val\.hdf5 is not a data set .*its images are not those that were written"):
        read_split(path)


SHARES = np.full((5, 2), 0.5, np.float32)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("images", IMAGES / np.float32(255), r"images must be uint8 .*Received: float32"),
        ("images", IMAGES[:, :0, :0], r"images must be uint8 .*Received: uint8 \(5, 0, 0, 1\)"),
        ("images", IMAGES[..., 0], r"images must be uint8"),
        ("labels", LABELS.astype(np.float64), r"labels must be uint8 \(5\)\. Received: float64"),
        ("labels", LABELS[:3], r"labels must be uint8 \(5\)\. Received: uint8 \(3,\)"),
        ("labels", LABELS + 1, r"labels must be below the number of classes, 2\. Received: 2"),
        ("distributions", SHARES * np.float32("nan"), r"distributions must be shares.*nan.*in row 0"),
        ("distributions", SHARES * np.float32([[1], [1], [1.1], [1], [1]]), r"add up to 1 .*in row 2"),
        ("distributions", SHARES - np.float32([1, -1]), r"distributions must be shares.*\[-0\.5, 1\.5\] in row 0"),
        ("votes", np.zeros((5, 9), np.uint8), r"votes must be uint8 \(5, 10\)"),
    ],
)
def test_what_a_file_must_not_hold_is_refused(tmp_path: Path, name: str, content: np.ndarray, words: str) -> None:
    path = tmp_path / "val.hdf5"
    write_splits({path: split()})
    with edited_hdf5(path) as file:
        if name in file:
            del file[name]
        file.create_dataset(name, data=content)
    with pytest.raises(ValueError, match=rf"val\.hdf5 is not a data set .*{words}") as raised:
        read_split(path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("names", [["happy", "happy"], ["happy", " "]])
def test_class_names_must_differ(tmp_path: Path, names: list[str]) -> None:
    write_splits({tmp_path / "val.hdf5": split()})
    with edited_hdf5(tmp_path / "val.hdf5") as file:
        file.attrs["class_names"] = names
    with pytest.raises(ValueError, match="class_names must be names that differ"):
        read_split(tmp_path / "val.hdf5")


def test_images_without_labels_are_checked_as_those_with_labels(tmp_path: Path) -> None:
    path = tmp_path / "unlabelled.hdf5"
    with SplitWriter(path, (48, 48, 1)) as writer:
        writer.append(IMAGES)
        writer.finish(partial(describe_unlabelled, source_name="test.csv"))
    assert np.array_equal(read_unlabelled(path), IMAGES)
    with edited_hdf5(path) as file:
        del file["images"]
        file["images"] = IMAGES / np.float32(255)
    with pytest.raises(ValueError, match=r"holds no images that can be read: images must be uint8 .*float32"):
        read_unlabelled(path)
