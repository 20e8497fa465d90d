import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from emotion_recognition.data.face_pictures.hdf5 import check_same_face_build, read_face_split, write_face_splits
from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.data.files import hdf5
from tests.conftest import edited_hdf5

REPOSITORY = Path(__file__).resolve().parents[3]


def split(name: str = "val", seed: int = 0) -> FaceSplit:
    rng = np.random.default_rng(seed)
    return FaceSplit(
        pictures=[rng.integers(0, 256, length, dtype=np.uint8) for length in (1, 700, 5000)],
        sizes=np.array([[30, 20], [640, 480], [6, 8]], np.int32),
        boxes=rng.uniform(1, 6, (4, 4)).astype(np.float32),
        first=np.array([0, 3, 3, 4]),
        ignored=np.array([False, True, False, True]),
        names=("a.png", "b.png", "c/ü 1.png"),
        sources=("human:x", "", "wider"),
        masks=("mask", "", "nomask", ""),
        split=name,
        source_name=f"{name}.csv",
        source_sha256="ab" * 32,
    )


def assert_same(read: FaceSplit, written: FaceSplit) -> None:
    assert len(read) == len(written)
    for one, other in zip(read.pictures, written.pictures, strict=True):
        np.testing.assert_array_equal(one, other)
    for name in ("sizes", "boxes", "first", "ignored"):
        assert getattr(read, name).dtype == getattr(written, name).dtype
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name))
    for name in ("names", "sources", "masks", "split", "source_name", "source_sha256"):
        assert getattr(read, name) == getattr(written, name)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    splits = {tmp_path / "train.hdf5": split("train", seed=1), tmp_path / "val.hdf5": split()}
    write_face_splits(splits)
    for path, written in splits.items():
        assert_same(read_face_split(path), written)


def test_a_split_without_pictures_is_read(tmp_path: Path) -> None:
    none = np.empty
    empty = FaceSplit(
        [], none((0, 2), np.int32), none((0, 4), np.float32), np.zeros(1, np.int64), none(0, bool), (), (), (),
        "val", "val.csv", "00" * 32,
    )  # fmt: skip
    write_face_splits({tmp_path / "val.hdf5": empty})
    assert_same(read_face_split(tmp_path / "val.hdf5"), empty)


def test_other_programs_find_the_documented_layout(tmp_path: Path) -> None:
    written = split()
    write_face_splits({tmp_path / "val.hdf5": written})
    with h5py.File(tmp_path / "val.hdf5", "r") as file:
        assert file["picture_first"][:].tolist() == [0, 1, 701, 5701]
        assert file["picture_first"].dtype == np.int64
        assert file["pictures"].dtype == np.uint8
        assert file["pictures"][1:701].tolist() == written.pictures[1].tolist()
        assert file["names"].asstr()[2] == "c/ü 1.png"
        assert file.attrs["format_version"] == 1


def test_the_same_split_gives_the_same_file(tmp_path: Path) -> None:
    write_face_splits({tmp_path / "a.hdf5": split(), tmp_path / "b.hdf5": split()})
    assert (tmp_path / "a.hdf5").read_bytes() == (tmp_path / "b.hdf5").read_bytes()


def test_when_one_split_cannot_be_written_all_earlier_files_stay(tmp_path: Path) -> None:
    write_face_splits({tmp_path / "a.hdf5": split()})
    before = (tmp_path / "a.hdf5").read_bytes()
    (tmp_path / "blocked").write_text("a file where a folder should be")
    with pytest.raises(OSError, match="blocked"):
        write_face_splits({tmp_path / "a.hdf5": split(seed=1), tmp_path / "blocked" / "b.hdf5": split()})
    assert (tmp_path / "a.hdf5").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.hdf5", "blocked"]


@pytest.mark.parametrize("limit", [100, 5000, 6000])
def test_a_full_disk_is_an_error_and_leaves_the_earlier_files(tmp_path: Path, limit: int) -> None:
    """In a process of its own: HDF5 would end it, were it the one that writes."""
    paths = [tmp_path / "train.hdf5", tmp_path / "val.hdf5"]
    write_face_splits({path: split() for path in paths})
    before = [path.read_bytes() for path in paths]
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from emotion_recognition.data.face_pictures.hdf5 import read_face_split, write_face_splits\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "splits = {folder / name: read_face_split(folder / name) for name in ('train.hdf5', 'val.hdf5')}\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "try:\n"
        "    write_face_splits(splits)\n"
        "except OSError as error:\n"
        "    sys.exit(f'caught {error}')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "caught [Errno 27] File too large" in done.stderr
    assert [path.read_bytes() for path in paths] == before
    assert len(list(tmp_path.iterdir())) == 2


def test_leftovers_of_a_killed_build_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".val.0123abcd.partial.hdf5").write_bytes(b"half")
    write_face_splits({tmp_path / "val.hdf5": split()})
    assert [path.name for path in tmp_path.iterdir()] == ["val.hdf5"]


def test_files_that_are_no_face_pictures_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no data set .*missing\.hdf5"):
        read_face_split(tmp_path / "missing.hdf5")
    images = np.zeros((2, 48, 48, 1), np.uint8)
    emotions = hdf5.Split(images, np.zeros(2, np.uint8), ("happy",), "val", "fer2013.csv", "0" * 64)
    hdf5.write_split(tmp_path / "emotions.hdf5", emotions)
    (tmp_path / "rubbish.hdf5").write_bytes(b"rubbish" * 100)
    for name in ("newer", "half", "lacking", "shifted", "wrong", "numbers"):
        write_face_splits({tmp_path / f"{name}.hdf5": split()})
    whole = (tmp_path / "half.hdf5").read_bytes()
    (tmp_path / "half.hdf5").write_bytes(whole[: len(whole) // 2])
    with edited_hdf5(tmp_path / "newer.hdf5") as file:
        file.attrs["format_version"] = 2
    with edited_hdf5(tmp_path / "lacking.hdf5") as file:
        del file["boxes"]
    with edited_hdf5(tmp_path / "shifted.hdf5") as file:
        file["picture_first"][3] = 5700
    with edited_hdf5(tmp_path / "wrong.hdf5") as file:
        file["picture_first"][1] = 900
    with edited_hdf5(tmp_path / "numbers.hdf5") as file:
        del file["names"]
        file["names"] = [1, 2, 3]
    for name, words in (
        ("emotions", "holds no pictures with face boxes"),
        ("rubbish", ""),
        ("newer", "format version is 2, this program reads 1"),
        ("half", ""),
        ("lacking", "boxes"),
        ("shifted", "the places of its pictures do not fit"),
        ("wrong", r"at least one byte. Received: uint8 \(0,\) as picture 1"),
        ("numbers", ""),
    ):
        with pytest.raises(
            ValueError, match=rf"{name}\.hdf5 is not a data set of face.*{words}.*build it again"
        ) as raised:
            read_face_split(tmp_path / f"{name}.hdf5")
        assert "\n" not in str(raised.value)


def test_both_splits_of_a_build_share_its_name(tmp_path: Path) -> None:
    def builds(folder: str, seed: int) -> tuple[FaceSplit, FaceSplit]:
        (tmp_path / folder).mkdir()
        paths = [tmp_path / folder / f"{name}.hdf5" for name in ("train", "val")]
        write_face_splits({paths[0]: split("train", seed), paths[1]: split("val")})
        return read_face_split(paths[0], role="train"), read_face_split(paths[1], role="val")

    train, val = builds("one", 1)
    other_train, _ = builds("other", 2)
    check_same_face_build(train, val)
    with pytest.raises(ValueError, match="are of different builds"):
        check_same_face_build(other_train, val)
    with pytest.raises(ValueError, match=r"val\.hdf5 must be the train split, but it says that it is 'val'"):
        read_face_split(tmp_path / "one" / "val.hdf5", role="train")
