from pathlib import Path

import pytest

from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.folders.picture_list import Picture, PictureList
from emotion_recognition.data.sources.folders.voc_folder import KIND, list_voc_folder
from emotion_recognition.data.sources.registry import recognise
from emotion_recognition.data.sources.stratified import SplitShares
from emotion_recognition.emotions import class_names

FIVE = ClassLabels(class_names(5))


def annotate(path: Path, *names: str, picture: str | None = None) -> None:
    """Writes an annotation with a face of each name; face i has its left top corner at (10 i, 0) and 8×9 pixels."""
    objects = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{10 * i + 1}</xmin><ymin>1</ymin>"
        f"<xmax>{10 * i + 8}</xmax><ymax>9</ymax></bndbox></object>"
        for i, name in enumerate(names)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<annotation><filename>{picture or path.stem + '.jpg'}</filename>{objects}</annotation>")


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"picture")


def all_of(pictures: PictureList) -> dict[str, Picture]:
    return {picture.path: picture for of_split in pictures.splits.values() for picture in of_split}


def paths_of(pictures: PictureList) -> dict[str, list[str]]:
    return {split: [picture.path for picture in of_split] for split, of_split in pictures.splits.items()}


def test_every_face_has_its_box_and_label(tmp_path: Path) -> None:
    for stem, names in {"a": ("smile", "sad", "Neutral"), "b": ("anger",), "c": ("surprise", "smile")}.items():
        put(tmp_path / "JPEGImages" / f"{stem}.jpg")
        annotate(tmp_path / "Annotations" / f"{stem}.xml", *names)
    found = all_of(list_voc_folder(tmp_path, FIVE))
    # Five classes in label order: anger, happy, sad, surprise, neutral.
    assert {path: picture.labels for path, picture in found.items()} == {
        "JPEGImages/a.jpg": (1, 2, 4),
        "JPEGImages/b.jpg": (0,),
        "JPEGImages/c.jpg": (3, 1),
    }
    assert found["JPEGImages/a.jpg"].boxes == ((0, 0, 8, 9), (10, 0, 8, 9), (20, 0, 8, 9))


@pytest.mark.parametrize(
    ("xml", "picture"),
    [
        ("a.xml", "a.jpg"),
        ("Annotations/a.xml", "JPEGImages/a.jpg"),
        ("annotations/a.xml", "images/a.jpg"),
        ("labels/a.xml", "a.jpg"),
    ],
)
def test_pictures_are_found_where_programs_put_them(tmp_path: Path, xml: str, picture: str) -> None:
    for stem in "abc":
        put(tmp_path / picture.replace("a.jpg", f"{stem}.jpg"))
        annotate(tmp_path / xml.replace("a.xml", f"{stem}.xml"), "sad")
    assert picture in all_of(list_voc_folder(tmp_path, FIVE))


def test_a_picture_with_the_annotations_own_name_stands_in_for_a_missing_one(tmp_path: Path) -> None:
    for stem in "abc":
        put(tmp_path / f"{stem}.png")
        annotate(tmp_path / f"{stem}.xml", "sad", picture=f"{stem}.jpg")
    assert sorted(all_of(list_voc_folder(tmp_path, FIVE))) == ["a.png", "b.png", "c.png"]


def test_folders_of_splits_are_kept(tmp_path: Path) -> None:
    for split in ("train", "valid", "test"):
        for stem in ("x", "y"):
            put(tmp_path / split / f"{stem}{split}.jpg")
            annotate(tmp_path / split / f"{stem}{split}.xml", "sad")
    assert paths_of(list_voc_folder(tmp_path, FIVE)) == {
        "train": ["train/xtrain.jpg", "train/ytrain.jpg"],
        "val": ["valid/xvalid.jpg", "valid/yvalid.jpg"],
        "test": ["test/xtest.jpg", "test/ytest.jpg"],
    }


def test_lists_of_splits_are_kept(tmp_path: Path) -> None:
    for stem in "abcde":
        put(tmp_path / "JPEGImages" / f"{stem}.jpg")
        annotate(tmp_path / "Annotations" / f"{stem}.xml", *([] if stem == "d" else ["sad"]))
    lists = tmp_path / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    for split, stems in {"train": "a\nd\n", "val": "b\n", "test": "c\n"}.items():
        (lists / f"{split}.txt").write_text(stems)
    pictures = list_voc_folder(tmp_path, FIVE)
    assert paths_of(pictures) == {
        split: [f"JPEGImages/{stem}.jpg"] for split, stem in zip(("train", "val", "test"), "abc", strict=True)
    }
    assert pictures.notes == (
        "left out, in none of the lists in ImageSets/Main: 1 annotated picture",
        "1 annotation without a face of these classes",
    )
    assert (
        "seed changes nothing: the source has val and test itself"
        in list_voc_folder(tmp_path, FIVE, SplitShares(seed=1)).notes
    )
    (lists / "val.txt").write_text("b\na\n")
    with pytest.raises(ValueError, match="lists 'a' more than once"):
        list_voc_folder(tmp_path, FIVE)
    (lists / "val.txt").write_text("b\nz\n")
    with pytest.raises(ValueError, match=r"val\.txt lists 'z', for which there is no XML file"):
        list_voc_folder(tmp_path, FIVE)
    (lists / "val.txt").write_text("b\n")
    put(tmp_path / "more" / "b.jpg")
    annotate(tmp_path / "more" / "b.xml", "sad")
    with pytest.raises(ValueError, match=r"val\.txt lists 'b', which is the name of 2 XML files"):
        list_voc_folder(tmp_path, FIVE)


@pytest.mark.parametrize("around", ["data/{}", "Annotations/{}", "{}/xml"])
def test_folders_of_splits_may_lie_deeper(tmp_path: Path, around: str) -> None:
    for split in ("train", "val", "test"):
        put(tmp_path / around.format(split) / f"{split}.jpg")
        annotate(tmp_path / around.format(split) / f"{split}.xml", "sad")
    assert {
        split: [Path(path).stem for path in paths] for split, paths in paths_of(list_voc_folder(tmp_path, FIVE)).items()
    } == {split: [split] for split in ("train", "val", "test")}


def test_a_picture_in_no_split_or_in_two_is_refused(tmp_path: Path) -> None:
    for folder in ("train", "dev"):
        put(tmp_path / folder / f"{folder}.jpg")
        annotate(tmp_path / folder / f"{folder}.xml", "sad")
    with pytest.raises(ValueError, match=r"dev/dev\.xml lies in none of the folders of splits, but others do"):
        list_voc_folder(tmp_path, FIVE)
    (tmp_path / "dev").rename(tmp_path / "train" / "test")
    with pytest.raises(ValueError, match=r"train/test/dev\.xml lies in the folders of several splits"):
        list_voc_folder(tmp_path, FIVE)


def test_trainval_is_a_list_of_train(tmp_path: Path) -> None:
    for stem in "abcdefgh":
        put(tmp_path / "JPEGImages" / f"{stem}.jpg")
        annotate(tmp_path / "Annotations" / f"{stem}.xml", "sad")
    lists = tmp_path / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "test.txt").write_text("g\nh\n")
    with pytest.raises(ValueError, match=r"Main has test\.txt, but neither train\.txt nor trainval\.txt"):
        list_voc_folder(tmp_path, FIVE)
    (lists / "trainval.txt").write_text("a\nb\nc\nd\ne\nf\n")
    drawn = paths_of(list_voc_folder(tmp_path, FIVE, SplitShares(val=0.34)))
    assert drawn["test"] == ["JPEGImages/g.jpg", "JPEGImages/h.jpg"]
    assert len(drawn["val"]) == 2
    assert sorted([*drawn["train"], *drawn["val"]]) == [f"JPEGImages/{stem}.jpg" for stem in "abcdef"]
    (lists / "val.txt").write_text("b\n")
    listed = paths_of(list_voc_folder(tmp_path, FIVE))
    assert listed["train"] == [f"JPEGImages/{stem}.jpg" for stem in "acdef"]
    assert listed["val"] == ["JPEGImages/b.jpg"]
    (lists / "train.txt").write_text("a\n")
    assert paths_of(list_voc_folder(tmp_path, FIVE))["train"] == ["JPEGImages/a.jpg"]


def test_all_faces_of_a_picture_are_in_one_split_and_rare_classes_in_all(tmp_path: Path) -> None:
    for i in range(40):
        put(tmp_path / f"{i}.jpg")
        annotate(tmp_path / f"{i}.xml", "smile", "anger" if i % 4 == 0 else "smile")
    pictures = list_voc_folder(tmp_path, FIVE, SplitShares(val=0.2, test=0.2, seed=1))
    sizes = {split: len(of_split) for split, of_split in pictures.splits.items()}
    assert sizes == {"train": 24, "val": 8, "test": 8}
    assert len(all_of(pictures)) == 40
    angry = {split: sum(0 in picture.labels for picture in of_split) for split, of_split in pictures.splits.items()}
    assert angry == {"train": 6, "val": 2, "test": 2}


def test_fear_is_left_out_of_five_and_said(tmp_path: Path) -> None:
    for stem in "abc":
        put(tmp_path / f"{stem}.jpg")
        annotate(tmp_path / f"{stem}.xml", "fear", "sad")
    pictures = list_voc_folder(tmp_path, FIVE)
    assert {picture.labels for picture in all_of(pictures).values()} == {(2,)}
    assert {picture.boxes for picture in all_of(pictures).values()} == {((10, 0, 8, 9),)}
    assert "fear is left out" in pictures.notes


def test_mistakes_name_the_file(tmp_path: Path) -> None:
    put(tmp_path / "a.jpg")
    annotate(tmp_path / "a.xml", "sad", "hungry")
    with pytest.raises(ValueError, match=r"a\.xml, object 2: the class 'hungry' is no known emotion; known are anger"):
        list_voc_folder(tmp_path, FIVE)
    annotate(tmp_path / "a.xml", "sad")
    annotate(tmp_path / "b.xml", "happy", picture="a.jpg")
    with pytest.raises(ValueError, match=r"b\.xml and .*a\.xml both annotate a\.jpg"):
        list_voc_folder(tmp_path, FIVE)
    # A copied annotation that still names the first picture.
    put(tmp_path / "b.jpg")
    with pytest.raises(ValueError, match=r"b\.xml names the picture a\.jpg, but b\.jpg has the file's own name"):
        list_voc_folder(tmp_path, FIVE)
    (tmp_path / "b.xml").write_text("<annotation>")
    with pytest.raises(ValueError, match=r"b\.xml is no XML"):
        list_voc_folder(tmp_path, FIVE)


def test_a_folder_without_a_face_is_an_error(tmp_path: Path) -> None:
    annotate(tmp_path / "a.xml")
    assert recognise(tmp_path) is KIND
    with pytest.raises(ValueError, match="no annotated face"):
        list_voc_folder(tmp_path, FIVE)
    put(tmp_path / "none" / "a.jpg")
    assert recognise(tmp_path / "none") is not KIND
