from pathlib import Path

import pytest

from emotion_recognition.data.face_pictures.sources.registry import (
    FACE_SOURCES,
    face_sources_help,
    face_sources_table,
    read_face_source,
)
from emotion_recognition.data.sources.stratified import SplitShares


def write_csv(path: Path, faces: int, faceless: int = 0) -> None:
    rows = [f"{path.stem}{i}.jpg,1,2,3,4" for i in range(faces)] + [f"none{i}.jpg,,,," for i in range(faceless)]
    path.write_text("\n".join(["file,x,y,w,h", *rows, ""]))


def test_a_folder_with_both_csvs_gives_both_splits(tmp_path: Path) -> None:
    write_csv(tmp_path / "train.csv", 2)
    write_csv(tmp_path / "val.csv", 1)
    (tmp_path / "train").mkdir()
    (tmp_path / "val").mkdir()
    source = read_face_source(tmp_path)
    assert (source.kind, source.notes) == ("train.csv and val.csv with face boxes", ())
    assert {split: [picture.name for picture in of_split.pictures] for split, of_split in source.splits.items()} == {
        "train": ["train0.jpg", "train1.jpg"],
        "val": ["val0.jpg"],
    }
    assert {split: of_split.folder for split, of_split in source.splits.items()} == {
        "train": tmp_path / "train",
        "val": tmp_path / "val",
    }


@pytest.mark.parametrize("whole_folder", [False, True])
def test_without_val_a_part_of_the_pictures_becomes_it(tmp_path: Path, whole_folder: bool) -> None:
    write_csv(tmp_path / "train.csv", 40, faceless=20)
    given = tmp_path if whole_folder else tmp_path / "train.csv"
    source = read_face_source(given, SplitShares(val=0.2, seed=3))
    assert (source.kind, source.notes) == (
        "a CSV with face boxes",
        ("val split off from the training pictures with seed 3",),
    )
    names = {split: [picture.name for picture in of_split.pictures] for split, of_split in source.splits.items()}
    assert sorted(names["train"] + names["val"]) == sorted({*names["train"], *names["val"]})
    assert (len(names["train"]), len(names["val"])) == (48, 12)
    assert sum(name.startswith("none") for name in names["val"]) == 4
    again = read_face_source(given, SplitShares(val=0.2, seed=3))
    assert [picture.name for picture in again.splits["val"].pictures] == names["val"]
    other = read_face_source(given, SplitShares(val=0.2, seed=4))
    assert [picture.name for picture in other.splits["val"].pictures] != names["val"]


def test_wider_faces_folder_is_recognised(tmp_path: Path) -> None:
    lists = tmp_path / "wider_face_split"
    lists.mkdir()
    for split in ("train", "val"):
        (lists / f"wider_face_{split}_bbx_gt.txt").write_text(f"0--Parade/{split}.jpg\n1\n1 2 3 4 0 0 0 0 0 0\n")
    source = read_face_source(tmp_path)
    assert source.kind == "WIDER FACE"
    for split in ("train", "val"):
        assert source.splits[split].folder == tmp_path / f"WIDER_{split}" / "images"
        assert [picture.name for picture in source.splits[split].pictures] == [f"0--Parade/{split}.jpg"]
    (lists / "wider_face_val_bbx_gt.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"wider_face_val_bbx_gt\.txt"):
        read_face_source(tmp_path)


def test_what_is_no_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no .*missing"):
        read_face_source(tmp_path / "missing")
    with pytest.raises(ValueError, match=r"must hold train\.csv, or WIDER FACE with its folder wider_face_split"):
        read_face_source(tmp_path)
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(ValueError, match=r"a\.txt is no CSV with face boxes; of WIDER FACE, give the folder"):
        read_face_source(tmp_path / "a.txt")


def test_help_and_table_have_every_kind() -> None:
    text, table = face_sources_help(), face_sources_table()
    for kind in FACE_SOURCES:
        assert kind.description.splitlines()[0] in text
        assert f"| {kind.name} | {kind.description.split()[0]}" in table
    assert all(line.startswith("  ") for line in text.splitlines())
    assert len(table.splitlines()) == 2 + len(FACE_SOURCES)
