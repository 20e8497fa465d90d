import hashlib
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_recognition.data.face_pictures import assembling
from emotion_recognition.data.face_pictures.assembling import assemble_split
from emotion_recognition.data.face_pictures.counts import FaceCounts
from emotion_recognition.data.face_pictures.sources.annotated_picture import AnnotatedPicture, AnnotationFile, FaceBox
from emotion_recognition.data.face_pictures.stored_picture import PictureStorage


def annotations(folder: Path, *pictures: AnnotatedPicture, dropped: int = 0) -> AnnotationFile:
    path = folder / "val.csv"
    path.write_text("the annotations")
    return AnnotationFile(path, folder, pictures, dropped)


def picture(folder: Path, name: str, size: tuple[int, int], *boxes: FaceBox, **fields: str) -> AnnotatedPicture:
    """A picture on the disk, filled with its width, and what is said about it."""
    width, height = size
    cv2.imwrite(str(folder / name), np.full((height, width, 3), width, np.uint8))
    return AnnotatedPicture(name, boxes=list(boxes), ignored=[False] * len(boxes), masks=[""] * len(boxes), **fields)


def test_pictures_are_put_together_with_their_boxes(tmp_path: Path) -> None:
    first = picture(tmp_path, "b.png", (50, 40), (1, 2, 3, 4), (5, 6, 7, 8), source="human:x")
    first.ignored[1], first.masks[0] = True, "mask"
    pictures = (first, picture(tmp_path, "c.png", (30, 20)), picture(tmp_path, "a.png", (60, 90), (9, 8, 7, 6.5)))
    steps: list[int] = []
    made = assemble_split(annotations(tmp_path, *pictures), "val", step=lambda: steps.append(1))
    split = made.split
    assert split.names == ("b.png", "c.png", "a.png")
    assert [picture.tobytes() for picture in split.pictures] == [(tmp_path / name).read_bytes() for name in split.names]
    assert split.sizes.tolist() == [[50, 40], [30, 20], [60, 90]]
    assert [split.boxes_of(i).tolist() for i in range(3)] == [[[1, 2, 3, 4], [5, 6, 7, 8]], [], [[9, 8, 7, 6.5]]]
    assert split.ignored.tolist() == [False, True, False]
    assert (split.sources, split.masks) == (("human:x", "", ""), ("mask", "", ""))
    assert (split.image(2) == 60).all()
    assert made.counts == FaceCounts(3, 3, 1, 1, 0, 0, 0)
    assert (made.unreadable, len(steps)) == ((), 3)


def test_the_fingerprint_is_over_the_annotations_and_the_pictures(tmp_path: Path) -> None:
    pictures = (picture(tmp_path, "b.png", (50, 40), (1, 2, 3, 4)), picture(tmp_path, "a.png", (30, 20)))
    split = assemble_split(annotations(tmp_path, *pictures), "train").split
    lines = "".join(
        f"{hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("val.csv", "b.png", "a.png")
    )
    assert (split.split, split.source_name) == ("train", "val.csv")
    assert split.source_sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_boxes_are_cut_at_the_border_and_dropped_where_nothing_is_left(tmp_path: Path) -> None:
    boxes: list[FaceBox] = [
        (-10, -5, 30, 15),  # cut to 0, 0, 20, 10
        (45, 35, 10, 10),  # cut to 45, 35, 5, 5
        (50, 10, 5, 5),  # right of the picture
        (10, -8, 5, 8),  # above it
        (40, 30, 10.05, 10),  # rounding
    ]
    outside = picture(tmp_path, "b.png", (10, 10), (20, 20, 5, 5))
    pictures = (picture(tmp_path, "a.png", (50, 40), *boxes), outside)
    pictures[0].masks[4] = "the last"
    made = assemble_split(annotations(tmp_path, *pictures, dropped=2), "val")
    assert made.split.boxes_of(0).tolist() == [[0, 0, 20, 10], [45, 35, 5, 5], [40, 30, 10, 10]]
    assert made.split.boxes_of(1).tolist() == []
    assert made.split.masks == ("", "", "the last")
    assert made.counts == FaceCounts(2, 3, 0, 1, 0, boxes_cut=2, boxes_dropped=5)


def test_boxes_shrink_with_their_pictures(tmp_path: Path) -> None:
    pictures = (
        picture(tmp_path, "a.png", (120, 60), (12, 6, 30, 24), (90, 30, 60, 60)),
        picture(tmp_path, "b.png", (40, 20), (1, 2, 3, 4)),
    )
    made = assemble_split(annotations(tmp_path, *pictures), "val", PictureStorage(longest_side=40))
    assert made.split.sizes.tolist() == [[40, 20], [40, 20]]
    np.testing.assert_allclose(made.split.boxes, [[4, 2, 10, 8], [30, 10, 10, 10], [1, 2, 3, 4]], rtol=1e-6)
    assert made.counts == FaceCounts(2, 3, 0, 0, shrunk=1, boxes_cut=1, boxes_dropped=0)
    assert made.split.image(0) == pytest.approx(120, abs=2)


def test_pictures_that_are_missing_or_damaged_are_left_out_and_named(tmp_path: Path) -> None:
    good = picture(tmp_path, "good.png", (50, 40), (1, 2, 3, 4))
    cut_off = picture(tmp_path, "cut_off.png", (50, 40), (9, 9, 9, 9))
    (tmp_path / "cut_off.png").write_bytes((tmp_path / "cut_off.png").read_bytes()[:50])
    (tmp_path / "folder.png").mkdir()
    others = [
        AnnotatedPicture(name, boxes=[(5, 5, 5, 5)], ignored=[True], masks=["m"]) for name in ("gone", "folder.png")
    ]
    made = assemble_split(annotations(tmp_path, others[0], cut_off, good, others[1]), "val")
    assert made.split.names == ("good.png",)
    assert made.split.boxes.tolist() == [[1, 2, 3, 4]]
    assert [name for name, _ in made.unreadable] == ["gone", "cut_off.png", "folder.png"]
    reasons = [reason for _, reason in made.unreadable]
    assert reasons[0] == f"there is no picture {tmp_path / 'gone'}"
    assert f"{tmp_path / 'cut_off.png'} is truncated" in reasons[1]
    assert made.counts.pictures == 1


def test_nothing_readable_gives_an_empty_split(tmp_path: Path) -> None:
    gone = AnnotatedPicture("gone.jpg", boxes=[(5, 5, 5, 5)], ignored=[False], masks=[""])
    made = assemble_split(annotations(tmp_path, gone), "val")
    assert len(made.split) == 0
    assert made.counts == FaceCounts(0, 0, 0, 0, 0, 0, 0)


def test_many_pictures_keep_their_order(tmp_path: Path) -> None:
    pictures = [picture(tmp_path, f"{i:03d}.png", (3 + i % 50, 9), (1, 1, 1 + i % 2, 5)) for i in range(150)]
    split = assemble_split(annotations(tmp_path, *pictures), "val").split
    assert split.names == tuple(f"{i:03d}.png" for i in range(150))
    assert split.sizes[:, 0].tolist() == [3 + i % 50 for i in range(150)]
    assert split.boxes[:, 2].tolist() == [1 + i % 2 for i in range(150)]


def test_what_is_stored_of_the_pictures_does_not_stay_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembling, "_AT_ONCE", 4)
    rng = np.random.default_rng(0)
    pictures = [AnnotatedPicture(f"{i}.png", boxes=[(1, 1, 9, 9)], ignored=[False], masks=[""]) for i in range(60)]
    for listed in pictures:
        cv2.imwrite(str(tmp_path / listed.name), rng.integers(0, 256, (200, 200, 3), dtype=np.uint8))
    tracemalloc.start()
    try:
        split = assemble_split(annotations(tmp_path, *pictures), "val", spool_folder=tmp_path).split
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Noise is not compressed: 120 kB a picture.
    assert peak < 4e6 < 7e6 < sum(map(len, split.pictures))
    assert split.pictures[59].tobytes() == (tmp_path / "59.png").read_bytes()
    assert len(list(tmp_path.iterdir())) == 61
