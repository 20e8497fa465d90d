from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.folders.class_folders import list_class_folders
from emotion_recognition.data.sources.folders.picture_list import PictureList
from emotion_recognition.data.sources.stratified import SplitShares
from emotion_recognition.emotions import SYNONYMS, class_names

SEVEN = ClassLabels(class_names(7))


def make(root: Path, *files: str) -> Path:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"picture")
    return root


def labels_of(pictures: PictureList) -> dict[str, dict[str, int]]:
    """The label of every picture's path, in each split."""
    return {
        split: {picture.path: picture.labels[0] for picture in of_split} for split, of_split in pictures.splits.items()
    }


def test_splits_and_classes_come_from_the_folders_names(tmp_path: Path) -> None:
    # In alphabetical order neutral comes before sad; in FER2013's, behind surprise.
    make(
        tmp_path,
        "train/angry/1.jpg",
        "train/sad/2.jpg",
        "train/neutral/3.jpg",
        "test/happy/4.png",
        "val/surprise/5.jpg",
    )
    pictures = list_class_folders(tmp_path, SEVEN)
    assert labels_of(pictures) == {
        "train": {"train/angry/1.jpg": 0, "train/neutral/3.jpg": 6, "train/sad/2.jpg": 4},
        "val": {"val/surprise/5.jpg": 5},
        "test": {"test/happy/4.png": 3},
    }
    assert pictures.class_names == class_names(7)
    assert pictures.notes == ()


def test_a_missing_val_is_split_off_train_evenly(tmp_path: Path) -> None:
    files = [f"train/{name}/{i}.jpg" for name in ("Sadness", "HAPPY") for i in range(20)]
    make(tmp_path, *files, "test/sad/0.jpg")
    pictures = list_class_folders(tmp_path, SEVEN, SplitShares(val=0.2))
    found = labels_of(pictures)
    assert Counter(found["train"].values()) == {3: 16, 4: 16}
    assert Counter(found["val"].values()) == {3: 4, 4: 4}
    assert list(found["test"]) == ["test/sad/0.jpg"]
    assert sorted([*found["train"], *found["val"]]) == sorted(files)
    assert pictures.notes == ("val split off from the training pictures with seed 0",)
    unused = list_class_folders(tmp_path, SEVEN, SplitShares(test=0.2)).notes
    assert unused[1:] == ("test_share changes nothing: the source has test itself",)


def test_classes_alone_are_divided_with_a_seed(tmp_path: Path) -> None:
    make(tmp_path, *(f"{name}/{i}.jpg" for name in ("fear", "disgust") for i in range(10)))
    first, again, other = (labels_of(list_class_folders(tmp_path, SEVEN, SplitShares(seed=seed))) for seed in (3, 3, 4))
    assert first == again != other
    assert {split: Counter(found.values()) for split, found in first.items()} == {
        "train": {1: 8, 2: 8},
        "val": {1: 1, 2: 1},
        "test": {1: 1, 2: 1},
    }


def test_fer2013s_names_of_the_splits_are_known(tmp_path: Path) -> None:
    make(tmp_path, "Training/sad/1.jpg", "PublicTest/sad/2.jpg", "PrivateTest/sad/3.jpg")
    found = labels_of(list_class_folders(tmp_path, SEVEN))
    assert [list(found[split]) for split in ("train", "val", "test")] == [
        ["Training/sad/1.jpg"],
        ["PublicTest/sad/2.jpg"],
        ["PrivateTest/sad/3.jpg"],
    ]


def test_what_systems_leave_in_folders_is_passed_over(tmp_path: Path) -> None:
    make(tmp_path, "sad/1.jpg", "sad/2.jpg", "sad/3.jpg", "sad/.DS_Store", "sad/Thumbs.db", ".git/x.jpg", "README.txt")
    make(tmp_path, "__MACOSX/sad/1.jpg")
    found = labels_of(list_class_folders(tmp_path, SEVEN))
    assert sum(len(of_split) for of_split in found.values()) == 3


def test_emotions_without_a_class_are_merged_or_left_out_and_that_is_said(tmp_path: Path) -> None:
    make(tmp_path, *(f"{name}/{i}.jpg" for name in ("angry", "disgust", "fear") for i in range(5)))
    pictures = list_class_folders(tmp_path, ClassLabels(class_names(5)))
    assert Counter(label for of_split in labels_of(pictures).values() for label in of_split.values()) == {0: 10}
    assert pictures.notes[:2] == ("disgust counts as anger", "fear is left out")


def test_own_classes_keep_their_label_order_whatever_the_disks_order(tmp_path: Path) -> None:
    make(
        tmp_path,
        *(f"train/{name}/1.jpg" for name in ("apple", "Melon", "zebra")),
        "test/melon/2.jpg",
        "val/melon/3.jpg",
    )
    pictures = list_class_folders(tmp_path, ClassLabels(("zebra", "apple", "melon"), own=True))
    assert labels_of(pictures)["train"] == {"train/Melon/1.jpg": 2, "train/apple/1.jpg": 1, "train/zebra/1.jpg": 0}


def test_own_classes_may_be_called_like_splits(tmp_path: Path) -> None:
    make(tmp_path, *(f"{name}/{i}.jpg" for name in ("train", "bus") for i in range(3)))
    found = labels_of(list_class_folders(tmp_path, ClassLabels(("train", "bus"), own=True)))
    assert sorted(label for of_split in found.values() for label in of_split.values()) == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["hungry/1.jpg"], "hungry: the class 'hungry' is no known emotion; known are anger/angry, "),
        (["train/sad/1.jpg", "train/3/1.jpg"], "'3' is no known emotion"),
        (["train/sad/1.jpg", "sad/1.jpg"], "sad lies beside the folders of splits, but is none"),
        (["test/sad/1.jpg"], "has no folder train beside test"),
        (["train/sad/1.jpg", "test/readme.txt"], "test holds no pictures"),
        (["sad/1.jpg", "2.jpg"], "2.jpg lies outside the folders of the classes"),
        (["train/2.jpg", "train/sad/1.jpg"], "2.jpg lies outside the folders of the classes"),
        (["sad/more/1.jpg"], "more is a folder inside that of a class"),
        (["readme.txt"], "holds no pictures in folders named after classes"),
    ],
)
def test_trees_of_another_shape_are_errors_that_name_the_place(tmp_path: Path, files: list[str], words: str) -> None:
    make(tmp_path, *files)
    with pytest.raises(ValueError, match=words) as caught:
        list_class_folders(tmp_path, SEVEN)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list_class_folders(tmp_path / "missing", SEVEN)


WORDS = [word for emotion, words in SYNONYMS.items() for word in (emotion, *words)]
NAMES = st.one_of(
    st.sampled_from([*WORDS, *(word.upper() for word in WORDS), "train", "test", "val", ".hidden", "0"]),
    st.text("abz ._-é\n", min_size=1, max_size=6).filter(lambda name: name not in (".", "..")),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paths=st.sets(st.lists(NAMES, min_size=1, max_size=4).map("/".join), min_size=1, max_size=8))
def test_random_trees_are_errors_or_listed_with_the_right_labels(tmp_path_factory: object, paths: set[str]) -> None:
    root = tmp_path_factory.mktemp("tree")  # type: ignore[attr-defined]
    for path in paths:
        try:
            make(root, path)
        except OSError:
            continue  # one of them is a folder of another
    try:
        pictures = list_class_folders(root, SEVEN)
    except ValueError:
        return
    listed = [picture.path for of_split in pictures.splits.values() for picture in of_split]
    assert len(set(listed)) == len(listed)
    for split, of_split in pictures.splits.items():
        for picture in of_split:
            assert (root / picture.path).is_file()
            *folders, word, _ = picture.path.split("/")
            emotion = next(emotion for emotion, words in SYNONYMS.items() if word.strip().lower() in (emotion, *words))
            # Contempt, the eighth, counts as neutral.
            assert picture.labels == (min([*SYNONYMS].index(emotion), 6),)
            assert len(folders) <= 1
            if folders and split == "test":
                assert folders[0] in ("test", "train")


def test_merging_classes_leaves_every_picture_in_its_split(tmp_path: Path) -> None:
    files = [f"train/{name}/{i}.jpg" for name in ("anger", "disgust", "happy") for i in range(30)]
    make(tmp_path, *files, "test/sad/0.jpg")
    seven, six = (
        labels_of(list_class_folders(tmp_path, ClassLabels(class_names(count)), SplitShares(val=0.1, seed=3)))["val"]
        for count in (7, 6)
    )
    assert list(seven) == list(six)
    assert Counter(path.split("/")[1] for path in six) == {"anger": 3, "disgust": 3, "happy": 3}
    assert {label for path, label in six.items() if "/disgust/" in path} == {0}
