"""BuildDataset.py on sources other than FER2013's whole CSV, as a person uses it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

import BuildDataset
from emotion_recognition.data.files.hdf5 import read_split
from emotion_recognition.data.files.unlabelled import read_unlabelled
from emotion_recognition.workspace import SPLITS, Variant, Workspace

REPOSITORY = Path(__file__).resolve().parent.parent
PIXELS = 48 * 48


def build(base: Path, source: Path, *options: str) -> int:
    return BuildDataset.main(["-b", str(base), "--input", str(source), *options])


def flat(shade: int) -> str:
    return " ".join([str(shade)] * PIXELS)


def train_csv(path: Path, each: int = 10) -> Path:
    """The competition's train.csv: ``each`` images of each emotion, filled with 30 times the emotion."""
    # The last pixel tells the rows of an emotion apart.
    rows = [f"{emotion},{flat(30 * emotion).rpartition(' ')[0]} {i}" for i in range(each) for emotion in range(7)]
    path.write_text("\n".join(["emotion,pixels", *rows, ""]))
    return path


def class_folders(root: Path, each: int = 10) -> Path:
    for i, name in enumerate(("sad", "angry", "neutral")):
        (root / name).mkdir(parents=True)
        for number in range(each):
            cv2.imwrite(str(root / name / f"{number}.jpg"), np.full((60, 60), 40 * i, np.uint8))
    return root


def last_error(capsys: pytest.CaptureFixture[str]) -> str:
    """The whole of standard error, which must be one line."""
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    return error


def test_train_csv_is_divided_evenly_and_with_a_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = train_csv(tmp_path / "train.csv")
    assert build(tmp_path / "a", source, "--val_share", "0.2") == 0
    printed = capsys.readouterr().out
    assert f"reads {source}: the competition's train.csv" in printed
    assert "note: val and test split off from the training rows with seed 0" in printed
    counts = {"train": 7, "val": 2, "test": 1}
    splits = {name: read_split(Workspace(tmp_path / "a").split_path(name, 7)) for name in SPLITS}
    for name, split in splits.items():
        assert split.class_counts().tolist() == [counts[name]] * 7
        assert (split.images[:, 0, 0, 0] == 30 * split.labels).all()
    assert len({split.source_sha256 for split in splits.values()}) == 1
    for base, seed in (("b", "0"), ("c", "1")):
        assert build(tmp_path / base, source, "--val_share", "0.2", "--seed", seed) == 0
    first, again, other = (Workspace(tmp_path / base).split_path("train", 7).read_bytes() for base in "abc")
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    "make", [lambda folder: train_csv(folder / "train.csv", 30), lambda folder: shades(folder / "f")]
)
def test_builds_of_other_class_counts_have_the_same_images_in_each_split(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    """A 6-class network may start from a 7-class one: what that learned from must not be in the other's test split."""
    source = make(tmp_path)
    for count in ("5", "6", "7"):
        assert build(tmp_path, source, "-n", count) == 0
    for name in SPLITS:
        images = {
            count: {image.tobytes() for image in read_split(Workspace(tmp_path).split_path(name, count)).images}
            for count in (5, 6, 7)
        }
        assert images[6] == images[7]
        assert images[5] < images[7]


def shades(root: Path) -> Path:
    """Pictures of 15 of each emotion, no two alike."""
    for i, name in enumerate(("sad", "angry", "disgust", "fear", "neutral")):
        (root / name).mkdir(parents=True)
        for number in range(15):
            cv2.imwrite(str(root / name / f"{number}.png"), np.full((48, 48), 15 * i + number, np.uint8))
    return root


def test_other_sizes_and_colours_lie_beside_the_usual_build(tmp_path: Path) -> None:
    source = train_csv(tmp_path / "train.csv")
    assert build(tmp_path, source) == 0
    assert build(tmp_path, source, "--image_size", "96", "--channels", "3", "-n", "6") == 0
    assert build(tmp_path, class_folders(tmp_path / "faces"), "--image_size", "64", "--channels", "3") == 0
    workspace = Workspace(tmp_path)
    assert read_split(workspace.split_path("val", 7)).images.shape == (7, 48, 48, 1)
    large = read_split(workspace.split_path("val", 6, variant=Variant(image_size=96, channels=3)))
    assert large.images.shape == (7, 96, 96, 3)
    assert sorted(zip(large.labels.tolist(), large.images[:, 9, 9, 2].tolist(), strict=True)) == [
        (0, 0), (0, 30), (1, 60), (2, 90), (3, 120), (4, 150), (5, 180)
    ]  # fmt: skip
    colour = read_split(workspace.split_path("val", 7, variant=Variant(image_size=64, channels=3)))
    assert colour.images.shape == (3, 64, 64, 3)


def test_fer2013_in_another_size_keeps_its_splits(tmp_path: Path) -> None:
    usages = ("Training", "PublicTest", "PrivateTest")
    rows = [f"{i // 3},{flat(i)},{usages[i % 3]}" for i in range(21)]
    (tmp_path / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *rows]))
    assert build(tmp_path, tmp_path / "fer2013.csv", "--image_size", "64") == 0
    for index, name in enumerate(SPLITS):
        split = read_split(Workspace(tmp_path).split_path(name, 7, variant=Variant(image_size=64)))
        assert split.images[:, 20, 30, 0].tolist() == list(range(index, 21, 3))
        assert split.labels.tolist() == list(range(7))


def test_five_emotions_of_a_csv_leave_fear_out_and_eight_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = train_csv(tmp_path / "train.csv")
    assert build(tmp_path, source, "-n", "5") == 0
    split = read_split(Workspace(tmp_path).split_path("train", 5))
    assert split.class_counts().tolist() == [16, 8, 8, 8, 8]
    assert set(split.images[:, 0, 0, 0].tolist()) == {0, 30, 90, 120, 150, 180}
    usages = ("Training", "PublicTest", "PrivateTest")
    rows = [f"{emotion},{flat(emotion)},{usage}" for emotion in range(7) for usage in usages]
    (tmp_path / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *rows]))
    assert build(tmp_path, tmp_path / "fer2013.csv", "-n", "5", "--overwrite") == 0
    split = read_split(Workspace(tmp_path).split_path("test", 5))
    assert split.labels.tolist() == [0, 0, 1, 2, 3, 4]
    assert split.images[:, 0, 0, 0].tolist() == [0, 1, 3, 4, 5, 6]
    capsys.readouterr()
    for path in (source, tmp_path / "fer2013.csv"):
        assert build(tmp_path, path, "-n", "8") == 2
        assert "FER2013's own labels have no contempt" in last_error(capsys)


def test_test_csv_becomes_unlabelled_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "test.csv"
    source.write_text("\n".join(["pixels", *(f'"{flat(shade)}"' for shade in (5, 200, 7))]))
    assert build(tmp_path, source) == 0
    printed = capsys.readouterr().out
    path = tmp_path / "hdf5" / "fer2013_unlabelled.hdf5"
    assert f"reads {source}: the competition's test.csv" in printed
    assert f"3 images without labels\nwrote {path}" in printed
    assert read_unlabelled(path)[:, 3, 4, 0].tolist() == [5, 200, 7]
    assert build(tmp_path, source) == 2
    assert "--overwrite" in last_error(capsys)
    path.write_bytes(b"no HDF5")
    with pytest.raises(ValueError, match="holds no images that can be read"):
        read_unlabelled(path)


def test_folders_are_recognised_counted_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = class_folders(tmp_path / "faces")
    assert build(tmp_path, source) == 0
    printed = capsys.readouterr().out
    assert f"reads {source}: folders of pictures, one for each class" in printed
    assert "note: no image of disgust, fear, happy, surprise in train" in printed
    lines = [line.split() for line in printed.splitlines()]
    assert ["neutral", "8", "1", "1", "10"] in lines
    split = read_split(Workspace(tmp_path).split_path("train", 7))
    assert sorted(set(zip(split.labels.tolist(), split.images[:, 0, 0, 0].tolist(), strict=True))) == [
        (0, 40), (4, 0), (6, 80)
    ]  # fmt: skip
    for name in ("distribution", "samples"):
        figure = cv2.imread(str(tmp_path / "output" / f"fer2013_7classes_{name}.png"))
        assert figure is not None
        assert len(np.unique(figure)) > 10


def test_pictures_that_cannot_be_read_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = class_folders(tmp_path / "faces")
    whole = (source / "sad" / "3.jpg").read_bytes()
    (source / "sad" / "3.jpg").write_bytes(whole[: len(whole) // 2])
    (source / "angry" / "notes.txt").write_text("no picture")
    (source / "neutral" / "1.jpg").write_bytes(b"")
    os.mkfifo(source / "neutral" / "pipe.jpg")
    assert build(tmp_path, source) == 2
    report = tmp_path / "output" / "fer2013_7classes_unreadable.txt"
    assert f"4 of 32 pictures cannot be read, more than 1%: {report.read_text().splitlines()[0]}" in last_error(capsys)
    assert sorted(line.partition(":")[0] for line in report.read_text().splitlines()) == [
        "angry/notes.txt",
        "neutral/1.jpg",
        "neutral/pipe.jpg",
        "sad/3.jpg",
    ]
    assert not list((tmp_path / "hdf5").iterdir())
    assert build(tmp_path, source, "--allow_bad") == 0
    assert f"note: 4 of 32 pictures cannot be read and are left out; {report} names them" in capsys.readouterr().out


def one_annotation(folder: Path) -> Path:
    (folder / "a.xml").write_text("<annotation/>")
    return folder / "a.xml"


@pytest.mark.parametrize(
    ("make", "options", "words"),
    [
        (
            lambda folder: train_csv(folder / "train.csv"),
            ["--classes", "a,b"],
            "your own classes do not go with the competition's train.csv. (--classes)",
        ),
        (lambda folder: train_csv(folder / "train.csv", each=1), [], "no image is left for the val split"),
        (
            lambda folder: train_csv(folder / "train.csv"),
            ["--val_share", "0.9", "--test_share", "0.1"],
            "together below 1",
        ),
        (
            lambda folder: train_csv(folder / "train.csv"),
            ["--seed", "-1"],
            "at least 0. Received: -1 (--seed)",
        ),
        (
            lambda folder: class_folders(folder / "f"),
            ["--classes", "sad,angry"],
            "'neutral' is not one of your own, sad, angry. (--classes)",
        ),
        (lambda folder: folder / "missing", [], "missing: No such file"),
        (one_annotation, [], "a.xml is one annotation; give the folder"),
        (lambda folder: one_annotation(folder).parent, [], "no annotated face"),
    ],
)
def test_a_mistake_ends_in_one_line_and_writes_no_split(
    tmp_path: Path,
    make: Callable[[Path], Path],
    options: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "source").mkdir()
    source = make(tmp_path / "source")
    assert build(tmp_path / "base", source, *options) == 2
    assert words in last_error(capsys)
    assert not list((tmp_path / "base").rglob("*.hdf5"))
    assert not list((tmp_path / "base").rglob(".*"))


def test_a_full_disk_is_one_line_and_leaves_the_earlier_splits(tmp_path: Path) -> None:
    source = class_folders(tmp_path / "faces")
    assert build(tmp_path, source) == 0
    before = {path.name: path.read_bytes() for path in (tmp_path / "hdf5").iterdir()}
    code = (
        "import resource, sys, BuildDataset\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))\n"
        f"sys.exit(BuildDataset.main(['-b', {str(tmp_path)!r}, '--input', {str(source)!r}, '--overwrite']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "File too large" in done.stderr
    assert {path.name: path.read_bytes() for path in (tmp_path / "hdf5").iterdir()} == before


def test_an_existing_build_is_not_replaced_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = class_folders(tmp_path / "faces")
    assert build(tmp_path, source) == 0
    (tmp_path / "hdf5" / ".fer2013_7classes_val.0123abcd.partial.hdf5").write_bytes(b"of a killed build")
    capsys.readouterr()
    assert build(tmp_path, source) == 2
    assert "fer2013_7classes_train.hdf5" in last_error(capsys)
    assert build(tmp_path, source, "--overwrite") == 0
    assert len(list((tmp_path / "hdf5").iterdir())) == 3


@pytest.mark.real_data
def test_the_real_fer2013_as_png_folders_gives_the_csvs_own_arrays(real_splits: Path, tmp_path: Path) -> None:
    """One in twenty images of each split, filed in folders by people's names for the classes."""
    names = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    expected = {}
    for name, folder in {"train": "train", "val": "val", "test": "test"}.items():
        split = read_split(Workspace(real_splits).split_path(name, 7))
        rows = sorted(range(0, len(split), 20), key=lambda row: (names[split.labels[row]], f"{row:05d}"))
        expected[name] = (split.images[rows], split.labels[rows])
        for row in rows:
            path = tmp_path / "png" / folder / names[split.labels[row]] / f"{row:05d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(cv2.imencode(".png", split.images[row])[1].tobytes())
    assert build(tmp_path, tmp_path / "png") == 0
    for name, (images, labels) in expected.items():
        built = read_split(Workspace(tmp_path).split_path(name, 7))
        np.testing.assert_array_equal(built.images, images)
        np.testing.assert_array_equal(built.labels, labels)


def test_faces_are_found_in_photographs_of_class_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = Workspace(REPOSITORY / "FacialExpressionRecognition").sample_photo
    photo = cv2.imread(str(sample))
    source = class_folders(tmp_path / "photos", each=10)
    for i, name in enumerate(("sad", "angry", "neutral")):
        for number in range(9):
            cv2.imwrite(str(source / name / f"{number}.jpg"), np.clip(photo.astype(int) + i + number, 0, 255))
    base = tmp_path / "base"
    assert build(base, source, "--find_faces", "--detector", "haar") == 0
    printed = capsys.readouterr().out
    report = base / "output" / "fer2013_7classes_no_face.txt"
    assert "face detector: Haar cascade" in printed
    assert f"note: no face was found on 3 of 30 pictures, which are left out; {report} names them" in printed
    assert sorted(report.read_text().split()) == ["angry/9.jpg", "neutral/9.jpg", "sad/9.jpg"]
    counts = [read_split(Workspace(base).split_path(split, 7)).class_counts() for split in SPLITS]
    assert sum(counts).tolist() == [9, 0, 0, 0, 9, 0, 9]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--find_faces"], "finding faces does not go with the competition's train.csv. (--find_faces)"),
        (["--detector", "haar"], "--detector needs --find_faces"),
        (["--detector_size", "640"], "--detector_size needs --find_faces"),
        (["--min_confidence", "0.5"], "--min_confidence needs --find_faces"),
    ],
)
def test_faces_are_found_in_class_folders_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert build(tmp_path / "a", train_csv(tmp_path / "train.csv"), *options) == 2
    assert message in last_error(capsys)
    assert not list(tmp_path.rglob("*.hdf5"))
