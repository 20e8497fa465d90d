import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.data.building.build import build
from emotion_recognition.data.building.built import Built
from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.data.files.samples import read_samples
from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.folders import picture_source
from emotion_recognition.data.sources.folders.picture_list import Picture, PictureList
from emotion_recognition.data.sources.folders.picture_source import PictureSource
from emotion_recognition.data.sources.source import SourceOptions
from emotion_recognition.error_about import names_of
from emotion_recognition.pictures.faces import Box
from emotion_recognition.workspace import SPLITS, Variant, Workspace

CLASSES = ClassLabels(("a", "b", "c"), own=True)
OWN = Variant(own_classes=True)


def read_shade(path: Path, boxes: Sequence[Box] | None, stated_size: tuple[int, int] | None) -> np.ndarray:
    """A picture is a file with a number: the shade of all its faces."""
    text = path.read_text()
    if not text.isdigit():
        raise ValueError(f"{path} is\nno number.")
    return np.full((1 if boxes is None else len(boxes), 48, 48, 1), int(text), np.uint8)


def build_shades(
    pictures: PictureList, workspace: Workspace, *, overwrite: bool = False, allow_bad: bool = False
) -> Built:
    source = PictureSource("shades", pictures, SourceOptions(CLASSES, OWN), read_shade)
    return build(source, workspace, overwrite=overwrite, allow_bad=allow_bad)


def listing(root: Path, count: int, bad: Sequence[int] = ()) -> PictureList:
    """In each split, ``count`` pictures of shades from 0 and of the classes in turn; the bad ones hold no number."""
    splits = {}
    for split in SPLITS:
        (root / split).mkdir(parents=True)
        for i in range(count):
            (root / split / f"{i}").write_text("bad" if i in bad else str(i))
        splits[split] = [Picture(f"{split}/{i}", (i % 3,)) for i in range(count)]
    return PictureList(root, CLASSES.names, splits, ("a note",))


def test_images_keep_their_labels_and_order_over_many_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_source, "_LARGEST_CHUNK", 7)
    workspace = Workspace(tmp_path / "base")
    pictures = listing(tmp_path / "shades", 100)
    built = build_shades(pictures, workspace)
    assert built.notes == ("a note",)
    for name in SPLITS:
        split = read_split(workspace.split_path(name, 3, variant=OWN))
        assert split.images[:, 5, 9, 0].tolist() == list(range(100))
        assert split.labels.tolist() == [i % 3 for i in range(100)]
        assert built.counts[name].tolist() == [34, 33, 33]
        assert (split.class_names, split.split, split.source_name) == (("a", "b", "c"), name, "shades")
    # As `sha256sum test/0 test/1 ... val/99 | sha256sum`, with the paths sorted.
    paths = sorted(f"{split}/{i}" for split in SPLITS for i in range(100))
    lines = [f"{hashlib.sha256(path.rpartition('/')[2].encode()).hexdigest()}  {path}\n" for path in paths]
    assert split.source_sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_several_faces_of_a_picture_all_arrive(tmp_path: Path) -> None:
    pictures = listing(tmp_path / "shades", 3)
    crowd = [picture._replace(labels=(2, 0), boxes=((0, 0, 5, 5), (5, 5, 5, 5))) for picture in pictures.splits["val"]]
    pictures = PictureList(pictures.root, CLASSES.names, {**pictures.splits, "val": crowd})
    build_shades(pictures, Workspace(tmp_path / "base"))
    split = read_split(Workspace(tmp_path / "base").split_path("val", 3, variant=OWN))
    assert split.images[:, 0, 0, 0].tolist() == [0, 0, 1, 1, 2, 2]
    assert split.labels.tolist() == [2, 0] * 3


def test_unreadable_pictures_are_named_and_left_out_with_their_labels(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "base")
    built = build_shades(listing(tmp_path / "shades", 100, bad=[4]), workspace)
    report = workspace.unreadable_report(3, variant=OWN)
    assert built.notes[-1] == f"3 of 300 pictures cannot be read and are left out; {report} names them"
    lines = report.read_text().splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["train/4", "val/4", "test/4"]
    assert lines[0].endswith("is no number.")
    split = read_split(workspace.split_path("test", 3, variant=OWN))
    shades = [i for i in range(100) if i != 4]
    assert split.images[:, 0, 0, 0].tolist() == shades
    assert split.labels.tolist() == [i % 3 for i in shades]

    build_shades(listing(tmp_path / "good", 5), workspace, overwrite=True)
    assert not report.exists()


def test_too_many_unreadable_pictures_are_an_error_unless_allowed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "base")
    build_shades(listing(tmp_path / "good", 5), workspace)
    before = {path.name: path.read_bytes() for path in workspace.hdf5_folder.iterdir()}
    pictures = listing(tmp_path / "shades", 100, bad=[4, 7])
    with pytest.raises(ValueError, match=r"6 of 300 pictures cannot be read, more than 1%: train/4: ") as it:
        build_shades(pictures, workspace, overwrite=True)
    assert "\n" not in str(it.value)
    assert names_of(it.value) == ("allow_bad",)
    assert len(workspace.unreadable_report(3, variant=OWN).read_text().splitlines()) == 6
    assert {path.name: path.read_bytes() for path in workspace.hdf5_folder.iterdir()} == before
    built = build_shades(pictures, workspace, overwrite=True, allow_bad=True)
    assert built.counts["train"].sum() == 98


def test_a_split_of_unreadable_pictures_is_an_error_even_when_allowed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "base")
    pictures = listing(tmp_path / "shades", 3)
    for i in range(3):
        (tmp_path / "shades" / "val" / str(i)).unlink()
    with pytest.raises(ValueError, match="no image is left for the val split"):
        build_shades(pictures, workspace, allow_bad=True)
    assert not list(workspace.hdf5_folder.iterdir())


def test_samples_are_spread_over_each_class(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "base")
    pictures = listing(tmp_path / "shades", 100)
    splits = {**pictures.splits, "train": [Picture(f"train/{i}", (i // 98,)) for i in range(100)]}
    build_shades(PictureList(pictures.root, CLASSES.names, splits), workspace)
    samples = read_samples(workspace.split_path("train", 3, variant=OWN), 3)
    assert {name: images[:, 0, 0, 0].tolist() for name, images in samples.items()} == {
        "a": [0, 48, 97],
        "b": [98, 99],
        "c": [],
    }
    assert samples["c"].shape == (0, 48, 48, 1)
