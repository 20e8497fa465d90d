"""EmotionDetector.py with folders, patterns, videos and cameras, and everything that it writes."""

import csv
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import EmotionDetector
from emotion_recognition.detection.face_detectors.haar import HaarDetector
from emotion_recognition.detection.video.reader import VideoReader
from emotion_recognition.detection.video.tracking import can_track
from emotion_recognition.detection.video.writer import open_video
from emotion_recognition.emotions import FER2013_EMOTIONS
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.image_file import read_image, write_image
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace
from tests.conftest import REPOSITORY, full_disk

SAMPLE = Workspace(REPOSITORY / DEFAULT_BASE_PATH).sample_photo


@pytest.fixture
def base(tmp_path: Path, brightness_model: Path) -> Path:
    """A base path with a released 7-class model and the sample photograph, without any detector's files."""
    workspace = Workspace(tmp_path / "base")
    workspace.create_folders()
    for path in brightness_model.parent.glob(f"{brightness_model.stem}.*"):
        shutil.copy(path, workspace.released_model(7).with_suffix(path.suffix))
    shutil.copy(SAMPLE, workspace.sample_photo)
    return workspace.base_path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with one face in a.jpg, none in b.png, and a third picture that is broken."""
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(SAMPLE, folder / "a.jpg")
    write_image(folder / "b.png", np.full((60, 80, 3), 90, np.uint8))
    (folder / "c.jpg").write_bytes(SAMPLE.read_bytes()[:50_000])
    return folder


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A video of 13 frames, 12.5 a second, 240×180: the sample's face in all but the last three, which are grey."""
    photo = cv2.resize(read_image(SAMPLE), (240, 240))[:180]
    path = tmp_path / "film.mp4"
    with open_video(path, (240, 180), 12.5) as video:
        for i in range(13):
            video.write(np.roll(photo, i, axis=1) if i < 10 else np.full_like(photo, 128))
    return path


def run(base: Path, *arguments: str | Path) -> int:
    return EmotionDetector.main(["-b", str(base), "--detector", "haar", *map(str, arguments)])


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_bad_picture_of_a_folder_is_reported_and_does_not_stop_the_rest(
    base: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "faces.json"
    assert run(base, "-i", photos, "--json", results) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"skipped: {photos / 'c.jpg'} ")
    assert printed.err.count("\n") == 1
    assert f"{photos / 'a.jpg'}: 512×512 pixels, 1 face\n" in printed.out
    assert "2 of 3 pictures read, 1 face" in printed.out
    assert names(tmp_path / "photos_emotions") == ["a.jpg", "b.png"]
    assert names(photos) == ["a.jpg", "b.png", "c.jpg"]
    content = json.loads(results.read_text(encoding="utf-8"))
    assert [len(result["faces"]) for result in content["results"]] == [1, 0]
    assert [failure["file"] for failure in content["failed"]] == [str(photos / "c.jpg")]
    assert content["class_names"] == list(FER2013_EMOTIONS)


def test_without_a_bad_picture_the_exit_status_is_0_and_with_nothing_else_it_is_2(
    base: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(base, "-i", photos / "[ab].*", "-o", tmp_path / "out") == 0
    assert names(tmp_path / "out") == ["a.jpg", "b.png"]
    assert run(base, "-i", photos / "c*", "-o", tmp_path / "none") == 2
    assert capsys.readouterr().err.endswith("error: None of the 1 pictures could be read.\n")


def test_a_pattern_through_folders_keeps_the_folders(base: Path, photos: Path, tmp_path: Path) -> None:
    (photos / "deep").mkdir()
    (photos / "b.png").rename(photos / "deep" / "b.png")
    assert run(base, "-i", photos / "**" / "*", "-o", tmp_path / "out") == 1
    assert names(tmp_path / "out") == ["a.jpg", "deep", "deep/b.png"]


def test_csv_crops_and_histogram(base: Path, tmp_path: Path) -> None:
    arguments = ("--csv", tmp_path / "faces.csv", "--crops", tmp_path / "crops", "-o", tmp_path / "out.png")
    assert run(base, *arguments) == 0
    without = read_image(tmp_path / "out.png")
    (row,) = rows_of(tmp_path / "faces.csv")
    x, y, width, height = (int(row[name]) for name in ("x", "y", "width", "height"))
    assert (row["file"], row["frame"], row["time"]) == (str(base / "output" / "testImage.jpg"), "", "")
    assert sum(float(row[name]) for name in FER2013_EMOTIONS) == pytest.approx(1, abs=1e-5)
    (crop,) = (tmp_path / "crops").iterdir()
    assert crop.name == f"testImage.jpg_face1_{row['emotion']}.png"
    # The crop is the photograph's pixels, without the box that is drawn round them.
    np.testing.assert_array_equal(read_image(crop), read_image(SAMPLE)[y : y + height, x : x + width])
    assert run(base, *arguments, "--histogram") == 0
    beside = (read_image(tmp_path / "out.png") != without).any(axis=2)
    assert beside[:, x + width :].any() or beside[:, :x].any()
    assert not beside[y : y + height, x : x + width].any()


@pytest.mark.parametrize("every", [1, 4])
def test_every_frame_of_a_video_is_in_the_output(every: int, base: Path, film: Path, tmp_path: Path) -> None:
    table, results = tmp_path / "faces.csv", tmp_path / "faces.json"
    assert run(base, "-i", film, "--csv", table, "--json", results, "--every", str(every)) == 0
    with VideoReader(tmp_path / "film_emotions.mp4") as reader:
        frames = [frame.image for frame in reader]
        assert (len(frames), reader.size, reader.rate) == (13, (240, 180), 12.5)
    with VideoReader(film) as reader:
        before = [frame.image for frame in reader]
    # Boxes are drawn where there is a face, and nothing where there is none.
    changed = [np.abs(a.astype(int) - b).max() > 100 for a, b in zip(frames, before, strict=True)]
    with_faces = 10 if every == 1 else 12  # frame 8 is the last one with a face that is looked at, 12 the next
    assert changed == [True] * with_faces + [False] * (13 - with_faces)
    rows = rows_of(table)
    assert [int(row["frame"]) for row in rows] == list(range(with_faces))
    np.testing.assert_allclose([float(row["time"]) for row in rows], np.arange(with_faces) / 12.5, atol=1e-3)
    assert [row["carried"] == "1" for row in rows] == [i % every != 0 for i in range(with_faces)]
    content = json.loads(results.read_text(encoding="utf-8"))
    assert [result["frame"] for result in content["results"]] == list(range(13))
    assert (content["summary"]["frames"], content["summary"]["lost_frames"]) == (13, 0)
    seconds = sum(value for who in content["summary"]["seconds"] for key, value in who.items() if key != "identity")
    assert seconds == pytest.approx(with_faces / 12.5, abs=0.01)


@pytest.mark.skipif(not can_track(), reason="trackers is not installed")
def test_a_video_has_identities_a_summary_and_a_timeline(
    base: Path, film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "faces.csv"
    assert run(base, "-i", film, "--csv", table, "-o", tmp_path / "out.avi") == 0
    assert [row["identity"] for row in rows_of(table)] == [""] + ["1"] * 9
    out = capsys.readouterr().out
    assert f"{film}: 240×180 pixels, 12.5 frames a second\n13 frames\n" in out
    totals = [line.split() for line in out.splitlines() if line.startswith(("face 1", "others", "all"))]
    assert [line[-1] for line in totals] == ["0.7", "0.1", "0.8"]
    assert read_image(tmp_path / "out.avi_timeline.png").shape[1] > 600


def test_without_trackers_a_video_works_and_says_what_is_missing(
    base: Path, film: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "trackers", None)  # as if it were not installed
    assert run(base, "-i", film) == 0
    printed = capsys.readouterr()
    assert printed.err.startswith("note: faces get no identity and are not smoothed; for both: pip install")
    assert "all           " in printed.out
    # Asked for in words, it is an error.
    assert run(base, "-i", film, "--smooth", "1") == 2
    assert "Identities need the package trackers" in capsys.readouterr().err


def test_frames_that_cannot_be_decoded_are_counted(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / "film.avi"
    with open_video(film, (64, 48), 25) as video:
        for _ in range(30):
            video.write(np.full((48, 64, 3), 90, np.uint8))
    film.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    assert run(base, "-i", film) == 0
    with VideoReader(tmp_path / "film_emotions.avi") as reader:
        count = len(list(reader))
    assert 1 <= count < 30
    assert f"{count} frames; {30 - count} more could not be decoded\nno faces\n" in capsys.readouterr().out


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "frames", "seconds"), [("vfr.mkv", 40, 5.0), ("late.mkv", 60, 2.0)])
def test_a_copy_lasts_as_long_as_a_video_of_any_rate(
    name: str,
    frames: int,
    seconds: float,
    base: Path,
    real_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    film, results = real_data / "cases" / "videos" / name, tmp_path / "a.json"
    assert run(base, "-i", film, "-o", tmp_path / "out.mp4", "--json", results) == 0
    assert f"\n{frames} frames\n" in capsys.readouterr().out
    assert json.loads(results.read_text())["summary"]["lost_frames"] == 0
    with VideoReader(tmp_path / "out.mp4") as reader:
        assert len(list(reader)) / reader.rate == pytest.approx(seconds, abs=0.04)


def test_show_without_a_display_opens_nothing(
    base: Path, photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(cv2, "imshow", lambda *_: pytest.fail("opened a window"))
    assert run(base, "-i", photos / "b.png", "--show") == 0
    if sys.platform.startswith("linux"):
        assert "note: no window: there is no display" in capsys.readouterr().err
    assert run(base, "-i", photos / "b.png") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-i", "{tmp}/empty"], "holds no pictures"),
        (["-i", "{tmp}/*.bmp"], "No picture matches"),
        (["-i", "{tmp}/missing.mp4"], "There is no video"),
        (["-i", "{tmp}/text.mp4"], "is not a video"),
        (["-i", "camera:987"], "There is no camera 987"),
        (["-i", "camera", "-o", "{tmp}/out.jpg"], "must end in one of .mp4"),
        (["-i", "{film}", "-o", "{film}"], "must not replace the input"),
        (["-i", "{film}", "-o", "{tmp}/out.jpg"], "must end in one of .mp4"),
        (["-i", "{film}", "-o", "{tmp}/text.mp4/out.mp4"], "text.mp4"),
        (["-i", "{film}", "--every", "0"], "every must be at least 1"),
        (["-i", "{photos}", "--every", "2"], "--every is for a video or a camera, not for pictures"),
        (["-i", "{photos}", "--smooth", "0"], "--smooth is for a video or a camera, not for pictures"),
        (["-i", "{film}", "--smooth", "-1"], "smooth must be a number of seconds"),
        (["-i", "{film}", "{tmp}/empty"], "must be the only input"),
        (["-i", "{photos}", "-o", "{photos}"], "must not replace the input"),
        (["-i", "{photos}", "-o", "{film}"], "must be a folder, but"),
        (["-i", "{photos}", "-o", "{tmp}/one.png"], "The output of several pictures must be a folder"),
        (["-i", "{photos}", "-o", "{tmp}/text.mp4/out"], "text.mp4"),
        (["-i", "{photos}", "--json", "{tmp}/text.mp4/a.json"], "text.mp4"),
        (["-i", "{photos}", "--csv", "{tmp}/a", "--json", "{tmp}/a"], "needs a path of its own"),
        (["-i", "{photos}", "--json", "{tmp}/a", "--crops", "{tmp}/a"], "needs a path of its own"),
        (["-i", "{film}", "--csv", "{film}"], "must not replace the input"),
        (["-i", "{photos}", "--crops", "{tmp}/text.mp4"], "text.mp4"),
        (["-i", "{photos}", "--json", "{tmp}/empty"], "must be a file, but"),
        (["-i", "{photos}", "--csv", "{tmp}/pipe"], "only a regular file is replaced"),
        (["-i", "{film}", "--json", "{tmp}/pipe"], "only a regular file is replaced"),
        (["-i", "{photos}/a.jpg", "-o", "{tmp}/pipe.png"], "only a regular file is replaced"),
        (["-i", "{film}", "-o", "{tmp}/pipe.mp4"], "only a regular file is replaced"),
        (["-i", "{photos}", "-o", "{tmp}/copies"], "only a regular file is replaced"),
        (["-i", "{photos}", "--json", "/dev/stdout"], "only a regular file is replaced"),
        (["-i", "{photos}", "--json", "{base}/output/emotion_classification_7classes.json"], "replace a model in use"),
        (["-i", "{photos}", "--csv", "{base}/output/emotion_classification_7classes.onnx"], "replace a model in use"),
        (["-i", "{film}", "--csv", "{tmp}/film_emotions_timeline.png"], "needs a path of its own"),
        (["-i", "{tmp}/bomb.png"], "larger than 100 megapixels"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    arguments: list[str],
    message: str,
    base: Path,
    photos: Path,
    film: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (photos / "c.jpg").unlink()
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.mp4").write_text("not a video", encoding="utf-8")
    cv2.imwrite(str(tmp_path / "bomb.png"), np.zeros((10_001, 10_000), np.uint8))
    (tmp_path / "copies").mkdir()
    for pipe in ("pipe", "pipe.png", "pipe.mp4", "copies/a.jpg"):
        os.mkfifo(tmp_path / pipe)
    before = names(tmp_path)
    assert run(base, *(text.format(tmp=tmp_path, photos=photos, film=film, base=base) for text in arguments)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert names(tmp_path) == before
    assert (tmp_path / "pipe").is_fifo()


def test_pictures_of_one_stem_have_crops_and_copies_of_their_own(base: Path, tmp_path: Path) -> None:
    # Each of another size, so that it can be told which one a file is of.
    photo = read_image(SAMPLE)
    sizes = {"day1/1.jpg": 512, "day2/1.jpg": 448, "day2/1.jpeg": 384, "day2/1.png": 320}
    for name, side in sizes.items():
        write_image(tmp_path / "photos" / name, cv2.resize(photo, (side, side)))
    crops, results = tmp_path / "crops", tmp_path / "faces.json"
    given = [tmp_path / "photos" / "day1", tmp_path / "photos" / "day2"]
    assert run(base, "-i", *given, "-o", tmp_path / "out", "--crops", crops, "--json", results) == 0
    assert {name: read_image(tmp_path / "out" / name).shape[0] for name in sizes} == sizes
    seen = json.loads(results.read_text(encoding="utf-8"))["results"]
    faces = {Path(sight["file"]).relative_to(tmp_path / "photos").as_posix(): sight["faces"] for sight in seen}
    expected = {
        f"{name}_face1_{face['emotion']}.png": (face["box"][3], face["box"][2]) for name, (face,) in faces.items()
    }
    assert len(expected) == 4
    found = {path.relative_to(crops).as_posix(): read_image(path).shape[:2] for path in crops.rglob("*.png")}
    assert found == expected


def test_a_second_run_leaves_out_what_the_first_has_written(
    base: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "c.jpg").unlink()
    assert run(base, "-i", photos / "a.jpg") == 0
    assert names(photos) == ["a.jpg", "a_emotions.jpg", "b.png"]
    capsys.readouterr()
    assert run(base, "-i", photos) == 0
    printed = capsys.readouterr()
    assert printed.err == "note: left out what earlier runs have written, 1 file: a_emotions.jpg\n"
    assert "2 of 2 pictures read, 1 face" in printed.out


def test_a_phone_s_pictures_are_all_read_or_named(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import pillow_heif

    folder, results = tmp_path / "phone", tmp_path / "faces.json"
    folder.mkdir()
    with Image.open(SAMPLE) as photo:
        pillow_heif.from_pillow(photo).save(folder / "IMG_2.HEIC", quality=90)
        photo.save(folder / "IMG_3.avif", quality=90)
    for name in ("IMG_1.jpg", "IMG_4.jfif", "IMG_5.mpo", "IMG_6"):
        shutil.copy(SAMPLE, folder / name)
    (folder / "list.txt").write_text("not a picture", encoding="utf-8")
    assert run(base, "-i", folder, "-o", tmp_path / "out") == 0
    assert "6 of 6 pictures read, 6 faces" in capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as if it were not installed
    assert run(base, "-i", folder, "-o", tmp_path / "out", "--json", results) == 1
    printed = capsys.readouterr()
    assert "5 of 6 pictures read, 5 faces" in printed.out
    assert printed.err.count("\n") == 1
    assert f"skipped: {folder / 'IMG_2.HEIC'} is a HEIC file" in printed.err
    assert [bad["file"] for bad in json.loads(results.read_text())["failed"]] == [str(folder / "IMG_2.HEIC")]


def test_of_an_animation_it_is_said_that_only_the_first_image_was_looked_at(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Image.open(SAMPLE) as photo:
        small = photo.resize((200, 200)).convert("RGB")
    blank = Image.new("RGB", (200, 200), (40, 90, 40))
    blank.save(tmp_path / "anim.gif", save_all=True, append_images=[small, small.rotate(180)])
    results = tmp_path / "a.json"
    assert run(base, "-i", tmp_path / "anim.gif", "-o", tmp_path / "out.png", "--json", results) == 0
    note = f"note: {tmp_path / 'anim.gif'}: only the first of its 3 images was looked at\n"
    assert capsys.readouterr().err == note
    assert json.loads(results.read_text())["results"][0]["images"] == 3


def test_whatever_one_input_does_the_others_are_done(
    base: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "c.jpg").unlink()
    (photos / "big.tif").write_bytes(b"II+\0\x08\0\0\0" + b"\xff" * 8)  # BigTIFF, its directory at 2**64 - 1
    write_image(photos / "p.png", np.full((60, 80, 3), 90, np.uint8))
    (photos / "p.png").rename(photos / "p.pgm")
    os.rename(photos / "b.png", os.fsencode(photos) + b"/b\xff.png")  # noqa: PTH104 - no text
    write_image(photos / "x.png", np.full((60, 80, 3), 90, np.uint8))
    (photos / "x.png").rename(photos / f"{'x' * 250}.png")
    results, table = tmp_path / "faces.json", tmp_path / "faces.csv"
    assert run(base, "-i", photos, "--json", results, "--csv", table, "--crops", tmp_path / "crops") == 1
    content = json.loads(results.read_text(encoding="utf-8"))
    seen = [Path(sight["file"]).name for sight in content["results"]]
    assert seen == ["a.jpg", "b\\xff.png", "p.pgm"]
    failed = {Path(failure["file"]).name: failure["error"] for failure in content["failed"]}
    assert list(failed) == ["big.tif", f"{'x' * 250}.png"]
    assert "ends or breaks off in its header" in failed["big.tif"]
    assert "File name too long" in failed[f"{'x' * 250}.png"]
    assert "3 of 5 pictures read, 1 face" in capsys.readouterr().out
    assert len(rows_of(table)) == 1


def test_a_picture_that_the_detector_fails_on_does_not_stop_the_others(
    base: Path, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    detect = HaarDetector.detect

    def fails_on_b(self: HaarDetector, image: np.ndarray) -> list[Face]:
        if image.shape[:2] == (60, 80):
            raise cv2.error("no memory")
        return detect(self, image)

    monkeypatch.setattr(HaarDetector, "detect", fails_on_b)
    (photos / "c.jpg").unlink()
    shutil.copy(photos / "a.jpg", photos / "c.jpg")
    assert run(base, "-i", photos) == 1
    assert capsys.readouterr().err == f"skipped: {photos / 'b.png'}: error: no memory\n"
    assert names(tmp_path / "photos_emotions") == ["a.jpg", "c.jpg"]


def test_a_bomb_in_a_folder_does_not_stop_the_rest(
    base: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(photos / "c.jpg"), np.zeros((10, 10), np.uint8))
    cv2.imwrite(str(photos / "bomb.png"), np.zeros((10_001, 10_000), np.uint8))
    assert run(base, "-i", photos) == 1
    assert f"skipped: {photos / 'bomb.png'} is larger than 100 megapixels" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["picture", "video", "folder"])
def test_a_full_disk_is_one_line_and_nothing_half_written_remains(
    what: str, base: Path, photos: Path, film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "c.jpg").unlink()
    output = {"picture": "a.png", "video": "a.mp4", "folder": "."}[what]
    source = {"picture": photos / "a.jpg", "video": film, "folder": photos}[what]
    (tmp_path / "out").mkdir()
    with full_disk(4000):
        assert run(base, "-i", source, "-o", tmp_path / "out" / output) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert "cannot be written" in error
    assert names(tmp_path / "out") == []


@pytest.fixture
def locked(base: Path) -> Iterator[Path]:
    """A folder that may be read but not written, beside a copy of ``base``; root steps down meanwhile."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    shutil.copytree(base, place / "base")
    folder = place / "locked"
    folder.mkdir(mode=0o555)
    assert run(place / "base", "-o", place / "out.png") == 0  # all modules are imported while they can be
    steps_down = os.geteuid() == 0
    if steps_down:
        os.seteuid(65534)
    yield folder
    if steps_down:
        os.seteuid(0)
    shutil.rmtree(place)


@pytest.mark.parametrize(
    "arguments",
    [
        ["-o", "{}/a.png"],
        ["-o", "{}/new/a.png"],
        ["-i", "{}/../base/output", "-o", "{}/new"],
        ["-i", "{}/../film.mp4", "-o", "{}/a.mp4"],
    ],
)
def test_a_folder_without_permission_is_one_line(
    arguments: list[str], film: Path, locked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "film" in "".join(arguments):
        if os.geteuid() == 65534:
            os.seteuid(0)
            shutil.copy(film, locked.parent / "film.mp4")
            os.seteuid(65534)
        else:
            shutil.copy(film, locked.parent / "film.mp4")
    capsys.readouterr()
    assert run(locked.parent / "base", *(text.format(locked) for text in arguments)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert "Permission denied" in error
    assert names(locked) == []
