from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.data.audit.duplicates import has_twin
from emotion_recognition.data.building.dropping import drop_rows, parse_kinds
from emotion_recognition.data.files.hdf5 import Split, read_split
from tests.conftest import write_splits

NAMES = ("happy", "sad")
FACE, NO_FACE = [0, 10, 0, 0, 0, 0, 0, 0, 0, 0], [0] * 9 + [10]


def dropped_from(splits: dict[str, Split], kinds: Sequence[str]) -> dict[str, Split]:
    return {name: kept.split.take(kept.rows) for name, kept in drop_rows(splits, kinds).items()}


def split(name: str, pictures: str, no_faces: str = "") -> Split:
    """Every letter is a picture, the same letter the same one; a dot is a blank one."""
    images = np.zeros((len(pictures), 4, 4, 1), np.uint8)
    for row, letter in enumerate(pictures):
        images[row, 0, 0] = 0 if letter == "." else ord(letter)
    votes = np.array([NO_FACE if letter in no_faces else FACE for letter in pictures], np.uint8)
    labels = np.arange(len(pictures), dtype=np.uint8) % 2
    return Split(images, labels, NAMES, name, "x.csv", "ab" * 32, votes=votes)


def pictures(split: Split) -> str:
    return "".join(chr(value) if value else "." for value in split.images[:, 0, 0, 0])


def test_one_copy_of_each_picture_stays_where_it_is_tested_on() -> None:
    splits = {"train": split("train", "abacde"), "val": split("val", "bffg"), "test": split("test", "chhi")}
    dropped = dropped_from(splits, ["duplicates"])
    assert {name: pictures(part) for name, part in dropped.items()} == {"train": "ade", "val": "bfg", "test": "chhi"}
    # Labels and votes stay with their pictures.
    assert dropped["train"].labels.tolist() == [0, 0, 1]
    assert dropped["train"].votes is not None
    assert len(dropped["train"].votes) == 3
    assert {name: part.dropped for name, part in dropped.items()} == {
        "train": {"duplicates": 3},
        "val": {"duplicates": 1},
        "test": {"duplicates": 3},
    }
    assert dropped["test"].marks is not None
    assert dropped["test"].marks.tolist() == [[1], [1], [1], [0]]
    assert dropped["train"].marks is None
    for name in ("val", "test"):
        assert not has_twin(dropped[name].images, among=dropped["train"].images).any()


def test_the_copy_that_stays_is_not_dropped_for_another_reason() -> None:
    train = split("train", "aab")
    assert train.votes is not None
    train.votes[0] = NO_FACE  # the annotators saw a face in the second copy alone
    kept = drop_rows({"train": train}, ("duplicates", "notface"))["train"]
    assert kept.rows.tolist() == [1, 2]
    assert kept.split.dropped == {"duplicates": 1, "notface": 1}


def test_kinds_add_up_and_marks_tell_them_apart(tmp_path: Path) -> None:
    splits = {
        "train": split("train", "a.bc", "c"),
        "val": split("val", "d.", ""),
        "test": split("test", ".ea", "ea"),
    }
    dropped = dropped_from(splits, ("duplicates", "blank", "notface"))
    # The blank ones are copies of each other too; a's copy is in test.
    assert {name: pictures(part) for name, part in dropped.items()} == {"train": "b", "val": "d", "test": ".ea"}
    assert dropped["train"].dropped == {"duplicates": 2, "blank": 1, "notface": 1}
    assert dropped["test"].marks is not None
    assert dropped["test"].marks.tolist() == [[1, 1, 0], [0, 0, 1], [1, 0, 1]]

    write_splits({tmp_path / "test.hdf5": dropped["test"], tmp_path / "train.hdf5": dropped["train"]})
    read = read_split(tmp_path / "test.hdf5")
    assert read.dropped == {"duplicates": 2, "blank": 1, "notface": 2}
    assert read.marks is not None
    assert np.array_equal(read.marks, dropped["test"].marks)
    assert read_split(tmp_path / "train.hdf5").dropped == dropped["train"].dropped
    assert read_split(tmp_path / "train.hdf5").marks is None


def test_nothing_to_drop_drops_nothing() -> None:
    splits = {"train": split("train", "ab"), "val": split("val", "c"), "test": split("test", "d")}
    dropped = dropped_from(splits, ["duplicates", "blank"])
    assert {name: pictures(part) for name, part in dropped.items()} == {"train": "ab", "val": "c", "test": "d"}
    assert dropped["test"].marks is not None
    assert not dropped["test"].marks.any()


def test_a_split_of_which_nothing_would_be_left_is_an_error() -> None:
    with pytest.raises(ValueError, match="dropping duplicates would leave nothing of the val split"):
        drop_rows({"train": split("train", "ab"), "val": split("val", "d"), "test": split("test", "d")}, ["duplicates"])


def test_kinds_are_read_in_any_order_and_unknown_ones_refused() -> None:
    assert parse_kinds("notface, duplicates") == ("duplicates", "notface")
    for text in ("", "blank,", "blanks", "blank;notface"):
        with pytest.raises(ValueError, match=r"drop must be some of duplicates, blank, notface, joined by commas\. "):
            parse_kinds(text)
    with pytest.raises(ValueError, match="kinds must be among"):
        drop_rows({"train": split("train", "ab")}, ["blanks"])
