"""BuildFaceDataset.py as a person uses it, on small made pictures and on the real ones."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import BuildDataset
import BuildFaceDataset
from emotion_recognition.data.face_pictures.hdf5 import read_face_split
from emotion_recognition.data.face_pictures.split import FaceSplit
from emotion_recognition.data.face_pictures.stored_picture import PictureStorage
from emotion_recognition.workspace import Workspace

REPOSITORY = Path(__file__).resolve().parent.parent


def build(base: Path, *options: str | Path) -> int:
    return BuildFaceDataset.main(["-b", str(base), *map(str, options)])


def read(base: Path, split: str) -> FaceSplit:
    return read_face_split(Workspace(base).face_split_path(split))


def write_picture(path: Path, shade: int, size: tuple[int, int] = (60, 40)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((size[1], size[0], 3), shade, np.uint8))


def csv_folder(root: Path, shade: int = 0) -> Path:
    """train with a face, two faces, none; val with one, that reaches out of the picture."""
    for i, name in enumerate(("a.png", "b.png", "c.png")):
        write_picture(root / "train" / name, shade + i)
    write_picture(root / "val" / "a.png", shade + 3)
    rows = ["a.png,1,2,30,20,human:x,mask", "b.png,5,6,7,8,human:x,", "b.png,9,9,9,9,teacher:y,", "c.png,,,,,noface:z,"]
    (root / "train.csv").write_text("\n".join(["file,x,y,w,h,source,mask", *rows, ""]))
    (root / "val.csv").write_text("file,x,y,w,h\na.png,50,30,20,20\n")
    return root


def wider_folder(root: Path) -> Path:
    lines = {
        "train": "0--Parade/a.jpg\n3\n1 2 30 20 0 0 0 0 0 0 \n5 6 7 8 2 0 0 1 0 0 \n5 6 0 8 2 0 0 0 0 0 \n"
        "1--Work/b.jpg\n0\n0 0 0 0 0 0 0 0 0 0 \n",
        "val": "0--Parade/c.jpg\n1\n120 240 300 200 0 0 0 0 0 0 \n",
    }
    (root / "wider_face_split").mkdir(parents=True)
    for split, text in lines.items():
        (root / "wider_face_split" / f"wider_face_{split}_bbx_gt.txt").write_text(text)
    write_picture(root / "WIDER_train" / "images" / "0--Parade" / "a.jpg", 10)
    write_picture(root / "WIDER_train" / "images" / "1--Work" / "b.jpg", 20)
    write_picture(root / "WIDER_val" / "images" / "0--Parade" / "c.jpg", 30, (640, 1280))
    return root


def last_error(capsys: pytest.CaptureFixture[str]) -> str:
    """The whole of standard error, which must be one line."""
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    return error


def table(printed: str) -> dict[str, list[str]]:
    """The numbers of train, val and all by the title of their line."""
    lines = (line.split() for line in printed.splitlines())
    return {" ".join(words[:-3]): words[-3:] for words in lines if len(words) > 3 and words[-1][0].isdecimal()}


def test_a_folder_with_csvs_becomes_both_splits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = csv_folder(tmp_path / "source")
    assert build(tmp_path / "base", "--input", source) == 0
    printed = capsys.readouterr().out
    assert f"reads {source}: train.csv and val.csv with face boxes\n" in printed
    assert table(printed) == {
        "pictures": ["3", "1", "4"],
        "without a face": ["1", "0", "1"],
        "shrunk": ["0", "0", "0"],
        "faces": ["3", "1", "4"],
        "ignored": ["0", "0", "0"],
        "cut at the border": ["0", "1", "1"],
        "boxes dropped": ["0", "0", "0"],
    }
    assert f"wrote {tmp_path / 'base' / 'hdf5' / 'faces_val.hdf5'}" in printed
    train, val = read(tmp_path / "base", "train"), read(tmp_path / "base", "val")
    assert train.names == ("a.png", "b.png", "c.png")
    assert train.boxes.tolist() == [[1, 2, 30, 20], [5, 6, 7, 8], [9, 9, 9, 9]]
    assert train.first.tolist() == [0, 1, 3, 3]
    assert train.sources == ("human:x", "human:x", "noface:z")
    assert train.masks == ("mask", "", "")
    assert (train.image(1) == 1).all()
    assert (train.split, train.source_name) == ("train", "train.csv")
    assert val.boxes.tolist() == [[50, 30, 10, 10]]
    assert (val.image(0) == 3).all()


def test_wider_face_becomes_both_splits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = wider_folder(tmp_path / "WIDER")
    assert build(tmp_path, "--input", source, "--longest_side", "320") == 0
    printed = capsys.readouterr().out
    assert f"reads {source}: WIDER FACE\n" in printed
    assert table(printed)["ignored"] == ["1", "0", "1"]
    assert table(printed)["shrunk"] == ["0", "1", "1"]
    assert table(printed)["boxes dropped"] == ["1", "0", "1"]
    train, val = read(tmp_path, "train"), read(tmp_path, "val")
    assert train.names == ("0--Parade/a.jpg", "1--Work/b.jpg")
    assert train.boxes_of(0).tolist() == [[1, 2, 30, 20], [5, 6, 7, 8]]
    assert train.ignored_of(0).tolist() == [False, True]
    assert train.boxes_of(1).tolist() == []
    assert train.sources == ("wider", "wider")
    assert val.sizes.tolist() == [[160, 320]]
    assert val.boxes.tolist() == [[30, 60, 75, 50]]


def test_one_csv_is_divided(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for i in range(20):
        write_picture(tmp_path / "mine" / f"{i}.png", i)
    rows = [f"{i}.png,1,2,3,4" for i in range(20)]
    (tmp_path / "mine.csv").write_text("\n".join(["file,x,y,w,h", *rows, ""]))
    assert build(tmp_path, "--input", tmp_path / "mine.csv", "--val_share", "0.25", "--seed", "1") == 0
    assert "note: val split off from the training pictures with seed 1" in capsys.readouterr().out
    train, val = read(tmp_path, "train"), read(tmp_path, "val")
    assert (len(train), len(val)) == (15, 5)
    assert not set(train.names) & set(val.names)
    options = ("--val_share", "0.9", "--seed", "1", "--overwrite")
    assert build(tmp_path, "--input", tmp_path / "mine.csv", *options) == 0
    assert (len(read(tmp_path, "train")), len(read(tmp_path, "val"))) == (2, 18)


def test_what_would_divide_a_source_that_is_divided_is_said_to_change_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = csv_folder(tmp_path / "source")
    assert build(tmp_path, "--input", source, "--val_share", "0.5", "--seed", "1") == 0
    assert "note: val_share and seed change nothing: the source has val itself\n" in capsys.readouterr().out


def test_a_picture_in_both_splits_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = csv_folder(tmp_path / "source")
    (source / "val" / "a.png").write_bytes((source / "train" / "c.png").read_bytes())
    assert build(tmp_path, "--input", source) == 0
    assert "note: val promises too much: pictures of it that are in train too: 1" in capsys.readouterr().out


def test_pictures_that_cannot_be_read_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = csv_folder(tmp_path / "source")
    (source / "train" / "a.png").write_bytes(b"no picture")
    (source / "train" / "c.png").unlink()
    assert build(tmp_path, "--input", source) == 2
    report = tmp_path / "output" / "faces_unreadable.txt"
    lines = report.read_text().splitlines()
    assert f"2 of 4 pictures cannot be read, more than 1%: {lines[0]}" in last_error(capsys)
    assert lines[0].startswith(f"a.png: {source / 'train' / 'a.png'} is not a picture")
    assert lines[1] == f"c.png: there is no picture {source / 'train' / 'c.png'}"
    assert not list((tmp_path / "hdf5").iterdir())
    assert build(tmp_path, "--input", source, "--allow_bad") == 0
    assert f"note: 2 of 4 pictures cannot be read and are left out; {report} names them" in capsys.readouterr().out
    assert read(tmp_path, "train").names == ("b.png",)


def test_earlier_splits_are_replaced_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(tmp_path, "--input", csv_folder(tmp_path / "old")) == 0
    (tmp_path / "hdf5" / ".faces_val.0123abcd.partial.hdf5").write_bytes(b"of a killed build")
    capsys.readouterr()
    new = csv_folder(tmp_path / "new", shade=100)
    assert build(tmp_path, "--input", new) == 2
    assert "faces_train.hdf5" in (error := last_error(capsys))
    assert "--overwrite" in error
    assert (read(tmp_path, "val").image(0) == 3).all()
    assert build(tmp_path, "--input", new, "--overwrite") == 0
    assert (read(tmp_path, "val").image(0) == 103).all()
    assert sorted(path.name for path in (tmp_path / "hdf5").iterdir()) == ["faces_train.hdf5", "faces_val.hdf5"]


def test_a_full_disk_is_one_line_and_leaves_the_earlier_splits(tmp_path: Path) -> None:
    source = csv_folder(tmp_path / "source")
    assert build(tmp_path, "--input", source) == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "hdf5").iterdir()}
    code = (
        "import resource, sys, BuildFaceDataset\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))\n"
        f"options = ['-b', {str(tmp_path)!r}, '--input', {str(source)!r}, '--overwrite']\n"
        "sys.exit(BuildFaceDataset.main(options))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "File too large" in done.stderr
    assert {path.name: path.read_bytes() for path in (tmp_path / "hdf5").iterdir()} == before


def break_row(source: Path) -> None:
    (source / "train.csv").write_text("file,x,y,w,h\na.png,1,2,3,4\na.png,1,2,3,wide\n")


def remove_faces(source: Path) -> None:
    (source / "val.csv").write_text("file,x,y,w,h\na.png,,,,\n")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--longest_side", "8"], "longest_side must be at least 32 pixels. Received: 8"),
        (["--val_share", "0"], "--val_share must be above 0 and below 1. Received: 0"),
        (["--val_share", "1"], "--val_share must be above 0 and below 1. Received: 1"),
        (["--seed", "-1"], "seed must be at least 0. Received: -1 (--seed)"),
        ([], "missing"),
    ],
)
def test_options_that_do_not_fit_are_one_line(
    tmp_path: Path, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(tmp_path / "base", "--input", tmp_path / "missing", *options) == 2
    assert words in last_error(capsys)
    assert not (tmp_path / "base").exists()


def test_a_mistake_in_the_source_is_one_line_and_writes_no_split(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, spoil, words in (
        ("a", break_row, "train.csv: row 2 (line 3): h must be a number of pixels. Received: 'wide'"),
        ("b", remove_faces, "val.csv leaves no face for the val split"),
    ):
        source = csv_folder(tmp_path / name)
        spoil(source)
        assert build(tmp_path / "base", "--input", source) == 2
        assert words in last_error(capsys)
        assert not list((tmp_path / "base").rglob("*.hdf5"))


def test_an_input_is_needed_and_options_about_emotions_are_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options, words in (([], "--input"), (["--input", "a", "-n", "7"], "unrecognized arguments: -n 7")):
        with pytest.raises(SystemExit) as end:
            build(tmp_path, *options)
        assert end.value.code == 2
        assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_option_of_earlier_versions_names_this_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in (["--faces"], ["--faces", "--input", "WIDER_FACE", "--longest_side", "320"]):
        with pytest.raises(SystemExit) as end:
            BuildDataset.main(["-b", str(tmp_path), *options])
        assert end.value.code == 2
        assert "BuildFaceDataset.py" in last_error(capsys)
    assert "--faces" not in BuildDataset.build_parser().format_help()


def test_the_help_says_the_default_that_the_library_has() -> None:
    text = " ".join(BuildFaceDataset.build_parser().format_help().split())
    assert f"shrunk to it (default: {PictureStorage().longest_side})" in text
    assert "BuildFaceDataset.py --input WIDER_FACE" in text


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, BuildFaceDataset\n"
        "BuildFaceDataset.build_parser().format_help()\n"
        "print(sorted({'tensorflow', 'keras', 'cv2', 'matplotlib', 'h5py'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"


@pytest.mark.real_data
def test_the_real_pictures_have_their_counts(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = real_data / "faces"
    if not (source / "train.csv").is_file():
        pytest.skip(f"there are no photographs with face boxes at {source}")
    assert build(tmp_path, "--input", source) == 0
    assert table(capsys.readouterr().out) == {
        "pictures": ["4,889", "250", "5,139"],
        "without a face": ["783", "0", "783"],
        "shrunk": ["0", "0", "0"],
        "faces": ["10,142", "793", "10,935"],
        "ignored": ["0", "0", "0"],
        "cut at the border": ["0", "0", "0"],
        "boxes dropped": ["0", "0", "0"],
    }
    train, val = read(tmp_path, "train"), read(tmp_path, "val")
    assert train.sizes.max() == 416
    assert val.sizes.max() == 640
    assert {mask: train.masks.count(mask) for mask in set(train.masks)} == {
        "mask": 4575,
        "incorrect": 397,
        "nomask": 2079,
        "nomask_or_incorrect": 614,
        "": 2477,
    }
    for split in (train, val):
        for i in range(0, len(split), 50):
            assert split.pictures[i].tobytes() == (source / split.split / split.names[i]).read_bytes()
            assert split.image(i).shape == (split.sizes[i, 1], split.sizes[i, 0], 3)


@pytest.mark.real_data
def test_yunets_landmarks_are_stored_and_shown(
    tmp_path: Path, real_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, sample = csv_folder(tmp_path / "source"), cv2.imread(str(Workspace().sample_photo))
    assert sample is not None
    for split, image in (("train", sample), ("val", sample[:, ::-1])):
        cv2.imwrite(str(folder / split / "face.png"), image)
        x = 179 if split == "train" else 512 - 179 - 90
        with (folder / f"{split}.csv").open("a") as rows:
            rows.write(f"face.png,{x},60,90,118" + (",human:x,\n" if split == "train" else "\n"))
    assert build(tmp_path / "base", "--input", folder, "--landmarks", real_data / "face_detector") == 0
    printed = capsys.readouterr().out
    assert "note: train: 1 of 4 faces have landmarks" in printed
    for split in ("train", "val"):
        read_back = read(tmp_path / "base", split)
        assert read_back.landmarks is not None
        assert np.isnan(read_back.landmarks[:-1]).all()  # even pictures have no face that could be found
        left_eye, right_eye, nose, left_mouth, right_mouth = read_back.landmarks[-1]
        x, y, width, height = read_back.boxes[-1]
        assert x < left_eye[0] < nose[0] < right_eye[0] < x + width
        assert y < left_eye[1] < nose[1] < left_mouth[1] < y + height
        assert left_mouth[0] < right_mouth[0]
        assert (
            f"drew 1 faces with their landmarks: {tmp_path / 'base' / 'hdf5' / f'faces_{split}_landmarks.jpg'}"
            in printed
        )
        assert (tmp_path / "base" / "hdf5" / f"faces_{split}_landmarks.jpg").is_file()


def test_what_cannot_teach_landmarks_ends_before_anything_is_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = csv_folder(tmp_path / "source")
    assert build(tmp_path / "base", "--input", folder, "--landmarks", tmp_path / "missing.onnx") == 2
    assert "missing.onnx does not lead to YuNet's file" in last_error(capsys)
    assert build(tmp_path / "base", "--input", folder, "--faceless_aside", "1.5") == 2
    assert last_error(capsys).endswith("(--faceless_aside)\n")
    assert not (tmp_path / "base" / "hdf5" / "faces_train.hdf5").exists()
    capsys.readouterr()
    assert build(tmp_path / "base", "--input", folder, "--faceless_aside", "1") == 0
    assert "note: set aside: 1 picture without a face" in capsys.readouterr().out
    assert read(tmp_path / "base", "train").names == ("a.png", "b.png")
