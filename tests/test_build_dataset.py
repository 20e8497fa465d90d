"""BuildDataset.py as a person uses it, on small made data and on the real FER2013."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import BuildDataset
from emotion_recognition.data.audit.duplicates import has_twin
from emotion_recognition.data.files.hdf5 import Split, read_split
from emotion_recognition.workspace import SPLITS, Variant, Workspace
from tests.conftest import write_splits

REPOSITORY = Path(__file__).resolve().parent.parent
PIXELS = 48 * 48

# Counted on the real CSV; train, val, test of each emotion.
REAL_COUNTS = {
    "anger": (3995, 467, 491),
    "disgust": (436, 56, 55),
    "fear": (4097, 496, 528),
    "happy": (7215, 895, 879),
    "sad": (4830, 653, 594),
    "surprise": (3171, 415, 416),
    "neutral": (4965, 607, 626),
}


def write_csv(path: Path, shade: int = 0) -> Path:
    """21 images, three of each emotion, one per split; image i is filled with the shade plus i."""
    usages = ("Training", "PublicTest", "PrivateTest")
    rows = [f"{i // 3},{' '.join([str(shade + i)] * PIXELS)},{usages[i % 3]}" for i in range(21)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["emotion,pixels,Usage", *rows, ""]))
    return path


def build(base: Path, *options: str) -> int:
    return BuildDataset.main(["-b", str(base), *options])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read_all(base: Path, num_emotions: int) -> dict[str, Split]:
    return {split: read_split(Workspace(base).split_path(split, num_emotions)) for split in SPLITS}


def test_a_build_finds_the_csv_writes_three_splits_and_prints_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_csv(tmp_path / "fer2013" / "fer2013.csv")
    assert build(tmp_path) == 0
    printed = capsys.readouterr().out
    assert f"reads {source}" in printed
    lines = [line.split() for line in printed.splitlines()]
    assert ["train", "val", "test", "all"] in lines
    assert ["disgust", "1", "1", "1", "3"] in lines
    assert ["all", "7", "7", "7", "21"] in lines
    assert "note: the whole FER2013 has 28,709 / 3,589 / 3,589 images" in printed
    splits = read_all(tmp_path, 7)
    assert {name: split.labels.tolist() for name, split in splits.items()} == {name: list(range(7)) for name in SPLITS}
    assert splits["val"].images[:, 0, 0, 0].tolist() == [1, 4, 7, 10, 13, 16, 19]
    assert splits["test"].source_sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    figure = cv2.imread(str(tmp_path / "output" / "fer2013_7classes_distribution.png"))
    assert figure is not None
    assert len(np.unique(figure)) > 10


def test_both_builds_lie_side_by_side_and_six_emotions_merge_disgust_into_anger(tmp_path: Path) -> None:
    source = str(write_csv(tmp_path / "elsewhere.csv"))
    assert build(tmp_path / "base", "--input", source) == 0
    assert build(tmp_path / "base", "--input", source, "-n", "6") == 0
    six = read_all(tmp_path / "base", 6)["train"]
    assert six.labels.tolist() == [0, 0, 1, 2, 3, 4, 5]
    assert six.class_names == ("anger", "fear", "happy", "sad", "surprise", "neutral")
    assert read_all(tmp_path / "base", 7)["train"].labels.tolist() == list(range(7))


def test_earlier_splits_are_replaced_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build(tmp_path, "--input", str(write_csv(tmp_path / "old.csv"))) == 0
    before = contents(tmp_path / "hdf5")
    new = str(write_csv(tmp_path / "new.csv", shade=100))
    capsys.readouterr()
    assert build(tmp_path, "--input", new) == 2
    error = capsys.readouterr().err
    assert "fer2013_7classes_train.hdf5" in error
    assert "--overwrite" in error
    assert contents(tmp_path / "hdf5") == before
    assert build(tmp_path, "--input", new, "--overwrite") == 0
    assert read_all(tmp_path, 7)["train"].images[0, 0, 0, 0] == 100


def test_a_failed_build_leaves_the_earlier_one_and_says_which_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_csv(tmp_path / "fer2013" / "fer2013.csv")
    assert build(tmp_path) == 0
    before = contents(tmp_path / "hdf5")
    lines = source.read_text().splitlines()
    lines[4] = "8" + lines[4][1:]
    source.write_text("\n".join(lines))
    capsys.readouterr()
    assert build(tmp_path, "--overwrite") == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {source}: row 4 (line 5): emotion")
    assert error.count("\n") == 1
    assert contents(tmp_path / "hdf5") == before


def test_a_folder_in_the_place_of_a_split_is_an_error_and_no_split_is_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(tmp_path, "--input", str(write_csv(tmp_path / "old.csv"))) == 0
    in_the_way = Workspace(tmp_path).split_path("val", 7)
    in_the_way.unlink()
    in_the_way.mkdir()
    others = [Workspace(tmp_path).split_path(split, 7) for split in ("train", "test")]
    before = [path.read_bytes() for path in others]
    assert build(tmp_path, "--input", str(write_csv(tmp_path / "new.csv", shade=100)), "--overwrite") == 2
    assert f"{in_the_way} is no file" in capsys.readouterr().err
    assert [path.read_bytes() for path in others] == before


def test_a_full_disk_is_one_line_and_leaves_the_earlier_splits(tmp_path: Path) -> None:
    assert build(tmp_path, "--input", str(write_csv(tmp_path / "old.csv"))) == 0
    before = contents(tmp_path / "hdf5")
    new = str(write_csv(tmp_path / "new.csv", shade=100))
    # A limit on the size of files, below that of a split (7 images, 16 kB), fails a write as a full disk does.
    code = (
        "import resource, sys, BuildDataset\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))\n"
        f"sys.exit(BuildDataset.main(['-b', {str(tmp_path)!r}, '--input', {new!r}, '--overwrite']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "File too large" in done.stderr
    assert done.stderr.count("\n") == 1
    assert contents(tmp_path / "hdf5") == before


def test_a_full_disk_at_a_figure_says_that_the_splits_are_whole(tmp_path: Path) -> None:
    csv = str(write_csv(tmp_path / "new.csv"))
    # The disk is full from when the counts are printed, which is between the splits and the figures.
    code = (
        "import resource, sys, BuildDataset\n"
        "from emotion_recognition.data.building import built\n"
        "counts_table = built.counts_table\n"
        "def table(of):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))\n"
        "    return counts_table(of)\n"
        "built.counts_table = table\n"
        f"sys.exit(BuildDataset.main(['-b', {str(tmp_path)!r}, '--input', {csv!r}]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    distribution = Workspace(tmp_path).distribution_figure(7)
    assert done.stderr.startswith(f"error: {distribution} or ")
    assert done.stderr.endswith("cannot be written: File too large; the splits are whole, only figures are missing\n")
    assert not distribution.exists()
    for split, path in ((name, Workspace(tmp_path).split_path(name, 7)) for name in ("train", "val", "test")):
        assert f"wrote {path}\n" in done.stdout
        assert len(read_split(path, role=split)) == 7


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_a_killed_build_leaves_the_earlier_one_and_the_next_cleans_up(tmp_path: Path, writes: int) -> None:
    assert build(tmp_path, "--input", str(write_csv(tmp_path / "old.csv"))) == 0
    before = contents(tmp_path / "hdf5")
    new = str(write_csv(tmp_path / "new.csv", shade=100))
    # Kills the process the hard way while the given split is half written.
    code = (
        "import os, signal, sys, BuildDataset\n"
        "from emotion_recognition.data.files.split_writer import SplitWriter\n"
        "finish, count = SplitWriter.finish, [0]\n"
        "def kill_within(writer, describe):\n"
        "    count[0] += 1\n"
        f"    if count[0] == {writes}:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    finish(writer, describe)\n"
        "SplitWriter.finish = kill_within\n"
        f"BuildDataset.main(['-b', {str(tmp_path)!r}, '--input', {new!r}, '--overwrite'])\n"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    after = contents(tmp_path / "hdf5")
    assert {name: after[name] for name in before} == before
    assert all(name.startswith(".") for name in after.keys() - before.keys())

    assert build(tmp_path, "--input", new, "--overwrite") == 0
    assert sorted(contents(tmp_path / "hdf5")) == sorted(before)


def test_the_csv_is_preferred_to_archives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "fer2013"
    write_csv(folder / "icml_face_data.csv")
    assert build(tmp_path) == 0
    assert "icml_face_data.csv" in capsys.readouterr().out
    write_csv(folder / "fer2013.csv")
    assert build(tmp_path, "--overwrite") == 0
    assert f"reads {folder / 'fer2013.csv'}" in capsys.readouterr().out


def test_without_a_source_it_says_what_to_put_where_and_has_made_the_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(tmp_path / "new") == 2
    error = capsys.readouterr().err
    assert f"no FER2013 in {tmp_path / 'new' / 'fer2013'}: put fer2013.csv" in error
    assert error.endswith("(--input)\n")
    assert (tmp_path / "new" / "fer2013").is_dir()
    for name in ("one.zip", "two.zip"):
        (tmp_path / "new" / "fer2013" / name).write_bytes(b"")
    assert build(tmp_path / "new") == 2
    assert "several .zip files" in capsys.readouterr().err


def test_a_split_without_rows_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_csv(tmp_path / "train_only.csv")
    source.write_text(source.read_text().replace("PrivateTest", "Training"))
    assert build(tmp_path, "--input", str(source)) == 2
    assert "no row belongs to the test split" in capsys.readouterr().err


def test_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    write_csv(tmp_path / "fer2013" / "fer2013.csv")
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "BuildDataset.py", "-b", str(tmp_path)]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=write_end, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write_end)
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.real_data
def test_the_real_fer2013_has_the_published_counts_and_duplicates(real_data: Path, real_splits: Path) -> None:
    seven, six = read_all(real_splits, 7), read_all(real_splits, 6)
    names = list(REAL_COUNTS)
    for index, split in enumerate(SPLITS):
        counts = [REAL_COUNTS[name][index] for name in names]
        assert seven[split].class_counts().tolist() == counts
        assert six[split].class_counts().tolist() == [counts[0] + counts[1], *counts[2:]]
        assert np.array_equal(seven[split].images, six[split].images)
    assert seven["train"].images[0, 0, :8, 0].tolist() == [70, 80, 82, 72, 58, 58, 60, 63]
    source = real_data / "fer2013" / "fer2013.csv.gz"
    assert seven["val"].source_sha256 == hashlib.sha256(source.read_bytes()).hexdigest()

    images = np.concatenate([split.images.reshape(len(split), -1) for split in seven.values()])
    # 13 blank images: 12 are black, one is grey with values from 126 to 131.
    assert (images.max(axis=1) - images.min(axis=1) <= 5).sum() == 13
    _, repeats = np.unique(images, axis=0, return_counts=True)
    assert ((repeats > 1).sum(), repeats[repeats > 1].sum()) == (1518, 3373)
    assert has_twin(seven["test"].images, among=seven["train"].images).sum() == 291
    assert has_twin(seven["val"].images, among=seven["train"].images).sum() == 279


def write_votes(path: Path, usages: tuple[str, ...] = ("Training", "PublicTest", "PrivateTest")) -> Path:
    """Votes for :func:`write_csv`'s rows: image i has i modulo 10 votes for happiness and the rest for sadness."""
    header = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    rows = [f"{usages[i % 3]},{i}.png,0,{i % 10},0,{10 - i % 10},0,0,0,0,0,0" for i in range(21)]
    path.write_text("\n".join([header, *rows, ""]))
    return path


def test_votes_are_stored_beside_the_labels_of_their_images(tmp_path: Path) -> None:
    source, votes = write_csv(tmp_path / "fer2013.csv"), write_votes(tmp_path / "votes.csv")
    assert build(tmp_path, "--input", str(source), "--votes", str(votes)) == 0
    for index, (name, split) in enumerate(read_all(tmp_path, 7).items()):
        assert split.labels.tolist() == list(range(7)), name
        rows = range(index, 21, 3)
        assert split.images[:, 0, 0, 0].tolist() == list(rows)
        assert split.votes is not None
        assert split.votes[:, 1].tolist() == [row % 10 for row in rows]
        assert (split.votes.sum(axis=1) == 10).all()
        assert split.votes_sha256 == hashlib.sha256(votes.read_bytes()).hexdigest()


def test_votes_of_other_rows_leave_no_splits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_csv(tmp_path / "fer2013.csv")
    votes = write_votes(tmp_path / "votes.csv", usages=("Training", "PrivateTest", "PublicTest"))
    assert build(tmp_path, "--input", str(source), "--votes", str(votes)) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {votes}: row 2 (line 3): Usage is PrivateTest, but row 2 of {source}")
    assert error.count("\n") == 1
    assert build(tmp_path, "--input", str(source), "--votes", str(tmp_path / "missing.csv")) == 2
    assert "missing.csv" in capsys.readouterr().err
    assert not list((tmp_path / "hdf5").iterdir())


@pytest.mark.real_data
def test_the_real_votes_fall_on_their_images(real_data: Path, tmp_path: Path) -> None:
    source, votes = real_data / "fer2013" / "fer2013.csv.gz", real_data / "ferplus" / "fer2013new.csv"
    assert build(tmp_path, "--input", str(source), "--votes", str(votes)) == 0
    splits = read_all(tmp_path, 7)
    # FER+ and FER2013 agree far more often than by chance: 1 of 7 would be happy where most annotators saw it.
    for split in splits.values():
        assert split.votes is not None
        happy = split.votes[:, 1] > 5
        assert (split.labels[happy] == 3).mean() > 0.85
        blank = split.images.reshape(len(split), -1).max(axis=1) == 0
        assert (split.votes[blank, 9] == 10).all()


def test_ferplus_labels_replace_fer2013_s_in_files_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, votes = write_csv(tmp_path / "fer2013.csv"), write_votes(tmp_path / "votes.csv")
    options = ("--input", str(source), "--votes", str(votes))
    assert build(tmp_path, *options) == 0
    before = contents(tmp_path / "hdf5")
    assert build(tmp_path, *options, "--labels", "ferplus") == 0
    assert "images whose votes give them no label are left out" in capsys.readouterr().out
    after = contents(tmp_path / "hdf5")
    assert {name: after[name] for name in before} == before
    for index, name in enumerate(SPLITS):
        split = read_split(Workspace(tmp_path).split_path(name, 7, variant=Variant(labels="ferplus")))
        # Image i has i modulo 10 votes for happiness, the others for sadness: five and five is no majority.
        rows = [row for row in range(index, 21, 3) if row % 10 != 5]
        assert split.images[:, 0, 0, 0].tolist() == rows
        assert split.labels.tolist() == [3 if row % 10 > 5 else 4 for row in rows]
        assert split.distributions is not None
        assert split.votes is not None
        # Of nine and one, the one is dropped.
        shares = [{1: 0.0, 9: 1.0}.get(row % 10, row % 10 / 10) for row in rows]
        assert split.distributions[:, 3].tolist() == pytest.approx(shares)
        assert split.votes[:, 1].tolist() == [row % 10 for row in rows]
        assert split.labels_from == "ferplus"
    assert build(tmp_path, *options, "--labels", "ferplus_probability", "-n", "8") == 0
    eight = read_split(Workspace(tmp_path).split_path("train", 8, variant=Variant(labels="ferplus_probability")))
    assert (len(eight), len(eight.class_names)) == (7, 8)
    assert (tmp_path / "output" / "ferplus_probability_8classes_distribution.png").is_file()


def test_votes_and_their_labels_go_with_every_size(tmp_path: Path) -> None:
    source, votes = write_csv(tmp_path / "fer2013.csv"), write_votes(tmp_path / "votes.csv")
    options = ("--votes", str(votes), "--labels", "ferplus", "--image_size", "64", "--channels", "3")
    assert build(tmp_path, "--input", str(source), *options) == 0
    variant = Variant(image_size=64, channels=3, labels="ferplus")
    split = read_split(Workspace(tmp_path).split_path("train", 7, variant=variant))
    # Every third image, but 15, which has five votes for each of two emotions.
    assert split.images[:, 60, 3, 2].tolist() == [0, 3, 6, 9, 12, 18]
    assert split.images.shape == (6, 64, 64, 3)
    assert split.votes is not None
    assert split.votes[:, 1].tolist() == [0, 3, 6, 9, 2, 8]
    assert split.labels.tolist() == [4, 4, 3, 3, 4, 3]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--labels", "ferplus"), "the labels ferplus need FER+'s votes, fer2013new.csv. (--votes)"),
        (("-n", "8"), "FER2013's own labels have no contempt"),
    ],
)
def test_labels_that_cannot_be_made_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], words: str
) -> None:
    source = write_csv(tmp_path / "fer2013.csv")
    assert build(tmp_path, "--input", str(source), *options) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not list((tmp_path / "hdf5").iterdir())


def test_a_split_whose_votes_give_no_label_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, votes = write_csv(tmp_path / "fer2013.csv"), write_votes(tmp_path / "votes.csv")
    lines = votes.read_text().splitlines()
    votes.write_text("\n".join(line if "Public" not in line else "PublicTest,,0,0,0,0,0,0,0,0,0,10" for line in lines))
    assert build(tmp_path, "--input", str(source), "--votes", str(votes), "--labels", "ferplus") == 2
    assert "no image of the val split has votes that give it a label" in capsys.readouterr().err
    assert not list((tmp_path / "hdf5").iterdir())


def test_an_audit_of_splits_that_are_there_builds_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_csv(tmp_path / "fer2013" / "fer2013.csv")
    assert build(tmp_path) == 0
    source.unlink()
    before = contents(tmp_path / "hdf5")
    capsys.readouterr()
    assert build(tmp_path, "--audit") == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"audits {Workspace(tmp_path).split_path('train', 7)}, ")
    # Every image of the made CSV is one even grey, and no two are the same.
    lines = [line.split() for line in printed.splitlines()]
    assert ["blank", "images", "7", "7", "7", "21"] in lines
    assert ["exact", "duplicates", "0", "0", "0", "0", "in", "0", "groups"] in lines
    assert contents(tmp_path / "hdf5") == before
    files = sorted(path.name for path in (tmp_path / "output").glob("*audit*"))
    assert files == [f"fer2013_7classes_audit{ending}" for ending in (".json", ".txt", "_blank.png")]
    assert (tmp_path / "output" / files[1]).read_text(encoding="utf-8") in printed
    assert cv2.imread(str(tmp_path / "output" / files[2])) is not None


def test_build_and_audit_in_one_go_and_old_sheets_do_not_stay(tmp_path: Path) -> None:
    source, votes = write_csv(tmp_path / "fer2013.csv"), write_votes(tmp_path / "votes.csv")
    stale = tmp_path / "output" / "fer2013_7classes_audit_notface.png"
    stale.parent.mkdir()
    stale.write_bytes(b"of an earlier audit")
    assert build(tmp_path, "--input", str(source), "--votes", str(votes), "--audit") == 0
    assert not stale.exists()
    report = json.loads((tmp_path / "output" / "fer2013_7classes_audit.json").read_text(encoding="utf-8"))
    assert report["findings"]["notface"]["counts"] == {"train": 0, "val": 0, "test": 0}
    # Of images 0 to 20 only 9 to 14, happy and sad, have a label that their votes could support.
    assert sum(report["findings"]["contradictions"]["counts"].values()) > 10


def test_splits_that_are_replaced_take_their_audit_with_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_csv(tmp_path / "a.csv")
    assert build(tmp_path, "--input", str(source), "--audit") == 0
    other = tmp_path / "output" / "fer2013_6classes_audit.txt"
    other.write_text("of another build", encoding="utf-8")
    audit = {path.name for path in (tmp_path / "output").glob("fer2013_7classes_audit*")}
    assert len(audit) >= 2
    capsys.readouterr()
    assert build(tmp_path, "--input", str(source), "--overwrite") == 0
    printed = capsys.readouterr().out
    assert all(f"{name}, which was about the splits before" in printed for name in audit)
    assert list((tmp_path / "output").glob("*audit*")) == [other]


def test_an_audit_with_a_model_lists_likely_wrong_labels(
    small_base: Path, brightness_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in SPLITS:
        path = Workspace(small_base).split_path(name, 7)
        split = read_split(path)
        classes = np.arange(70) % 7
        images = np.repeat(classes * 255 // 6, 64).reshape(-1, 8, 8, 1).astype(np.uint8)
        labels = classes.astype(np.uint8)
        labels[8] = 3  # it is bright as disgust, 1
        write_splits({path: replace(split, images=images, labels=labels)})
    assert build(small_base, "--audit_model", str(brightness_model)) == 0
    assert "likely wrong labels 1 1 1 3" in " ".join(capsys.readouterr().out.split())
    report = json.loads((small_base / "output" / "fer2013_7classes_audit.json").read_text(encoding="utf-8"))
    cases = report["findings"]["label_errors"]["cases"]
    assert cases[1] == {"images": [{"split": "val", "row": 8, "label": "happy"}], "says": "network: disgust"}
    assert build(small_base, "--audit_model", "missing.keras") == 2
    assert "There is no model missing.keras" in capsys.readouterr().err


def test_dropped_rows_are_counted_and_test_rows_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_csv(tmp_path / "fer2013.csv")
    lines = source.read_text().splitlines()
    noise = np.random.default_rng(0).integers(0, 256, (21, PIXELS))
    noise[[3, 2]] = noise[0]  # a second copy in train and one in test
    noise[7] = 9  # a blank one in val
    rows = [f"{i // 3},{' '.join(map(str, noise[i]))},{line.rsplit(',', 1)[1]}" for i, line in enumerate(lines[1:])]
    source.write_text("\n".join([lines[0], *rows, ""]))
    assert build(tmp_path, "--input", str(source), "--drop", "blank,duplicates") == 0
    printed = capsys.readouterr().out
    assert "dropped from train: 2 duplicates, 0 blank" in printed
    assert "dropped from val: 0 duplicates, 1 blank" in printed
    assert "marked in test: 1 duplicates, 0 blank" in printed
    splits = read_all(tmp_path, 7)
    assert {name: len(split) for name, split in splits.items()} == {"train": 5, "val": 6, "test": 7}
    assert splits["train"].labels.tolist() == [2, 3, 4, 5, 6]
    assert splits["test"].marks is not None
    assert splits["test"].marks.tolist() == [[1, 0]] + [[0, 0]] * 6


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ("blanks", "drop must be some of duplicates, blank, notface, joined by commas. Received: 'blanks' (--drop)"),
        ("notface", "dropping notface needs FER+'s votes, and fer2013.csv comes without. (--votes)"),
        ("blank", "dropping blank would leave nothing of the train split. (--drop)"),
    ],
)
def test_what_cannot_be_dropped_leaves_no_splits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kinds: str, words: str
) -> None:
    source = write_csv(tmp_path / "fer2013.csv")  # all blank
    assert build(tmp_path, "--input", str(source), "--drop", kinds) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not list(tmp_path.rglob("*.hdf5"))


def test_help_answers_without_tensorflow() -> None:
    code = "import sys, BuildDataset; BuildDataset.build_parser().format_help(); sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0
