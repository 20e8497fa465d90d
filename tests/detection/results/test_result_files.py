import csv
import json
from pathlib import Path

import pytest

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.results.result_files import CSV_COLUMNS, open_csv, open_json
from emotion_recognition.detection.seen_face import SeenFace, Sight
from tests.conftest import full_disk

NAMES = ("happy", "sad")
FACE = FaceEmotion((1, 2, 30, 40), 0.875, {"happy": 0.25, "sad": 0.75})
MARKED = FaceEmotion((1, 2, 30, 40), 0.875, {"happy": 0.25, "sad": 0.75}, tuple((i + 0.25, 2.0 * i) for i in range(5)))


def test_json_has_every_picture_and_everything_of_each_face(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with open_json(path, {"models": ["m.keras"], "class_names": list(NAMES)}) as results:
        results.add(Sight("ä.jpg", (640, 480), [SeenFace(FACE)]))
        results.add(Sight("empty.jpg", (64, 48), []))
        results.add(Sight("film.mp4", (64, 48), [SeenFace(MARKED, identity=3, carried=True)], frame=7, time=0.28))
        results.add_failure("bad.jpg", "bad.jpg is not a picture.")
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["models"] == ["m.keras"]
    picture, empty, frame = content["results"]
    assert picture == {
        "file": "ä.jpg",
        "frame": None,
        "time": None,
        "width": 640,
        "height": 480,
        "faces": [
            {
                "identity": None,
                "carried": False,
                "box": [1, 2, 30, 40],
                "score": 0.875,
                "emotion": "sad",
                "probabilities": {"happy": 0.25, "sad": 0.75},
                "landmarks": None,
            }
        ],
    }
    assert empty["faces"] == []
    assert (frame["frame"], frame["time"]) == (7, 0.28)
    assert (frame["faces"][0]["identity"], frame["faces"][0]["carried"]) == (3, True)
    assert frame["faces"][0]["landmarks"][4] == [4.2, 8.0]
    assert content["failed"] == [{"file": "bad.jpg", "error": "bad.jpg is not a picture."}]
    assert content["summary"] is None


def test_json_without_a_single_result_is_still_json(tmp_path: Path) -> None:
    with open_json(tmp_path / "a.json", {}) as results:
        results.add_summary({"frames": 0})
    assert json.loads((tmp_path / "a.json").read_text()) == {"results": [], "failed": [], "summary": {"frames": 0}}


def test_csv_has_a_row_for_each_face(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with open_csv(path, NAMES) as results:
        results.add(Sight('a "b", c.jpg', (640, 480), [SeenFace(FACE), SeenFace(FACE)]))
        results.add(Sight("empty.jpg", (64, 48), []))
        results.add(Sight("film.mp4", (64, 48), [SeenFace(FACE, identity=3, carried=True)], frame=7, time=0.28))
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == [*CSV_COLUMNS, "happy", "sad"]
    assert rows[0] == rows[1] == [
        'a "b", c.jpg', "", "", "", "0", "1", "2", "30", "40", "0.875", "sad", "0.25", "0.75"
    ]  # fmt: skip
    assert rows[2] == ["film.mp4", "7", "0.28", "3", "1", "1", "2", "30", "40", "0.875", "sad", "0.25", "0.75"]
    assert len(rows) == 3


def test_probabilities_go_by_name_whatever_their_order(tmp_path: Path) -> None:
    turned = FaceEmotion((0, 0, 1, 1), 1.0, {"sad": 0.75, "happy": 0.25})
    with open_csv(tmp_path / "a.csv", NAMES) as results:
        results.add(Sight("a.jpg", (9, 9), [SeenFace(turned)]))
    assert (tmp_path / "a.csv").read_text().splitlines()[1].endswith("sad,0.25,0.75")


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_a_failed_run_leaves_nothing_and_keeps_the_earlier_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_text("earlier")
    results = open_json(path, {}) if kind == "json" else open_csv(path, NAMES)
    broken = Sight("a.jpg", (9, 9), [SeenFace(FaceEmotion((0, 0, 1, 1), float("nan"), {"happy": 1.0, "sad": 0.0}))])
    with pytest.raises(ValueError, match="stop"), results as opened:  # noqa: PT012
        if kind == "csv":
            opened.add(broken)
        raise ValueError("stop")
    assert path.read_text() == "earlier"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_a_full_disk_is_an_error_that_names_the_file_and_leaves_nothing(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    with (  # noqa: PT012
        full_disk(20_000),
        pytest.raises(OSError, match=rf"a\.{kind} cannot be written: File too large"),
        open_json(path, {}) if kind == "json" else open_csv(path, NAMES) as results,
    ):
        for i in range(1000):
            results.add(Sight("film.mp4", (64, 48), [SeenFace(FACE)], frame=i, time=i / 25))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"), open_csv(tmp_path / "file" / "a.csv", NAMES):
        pass
