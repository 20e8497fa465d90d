import hashlib
import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition.data.sources.folders.labelled_faces import DRAWN
from emotion_recognition.detection.face_detectors import registry
from emotion_recognition.detection.face_detectors.face_ssd.refiner_file import refiner_path
from emotion_recognition.detection.face_detectors.opening import open_detector
from emotion_recognition.detection.face_detectors.outside import USUAL_FRAMING
from emotion_recognition.detection.face_detectors.registry import (
    DETECTORS,
    ROWS,
    SIZED_DETECTORS,
    DetectorRow,
    describe_detectors,
    describe_models,
    describe_sizes,
    detectors_table,
    row_of,
)
from emotion_recognition.detection.face_detectors.settings import DETECTOR_SIZES, DetectionSettings
from emotion_recognition.pictures.crop import WHOLE, Framing, crop_square
from emotion_recognition.pictures.faces import Face
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace, card_path
from tests.conftest import REPOSITORY


def test_the_names_and_the_order_of_auto_are_the_rows() -> None:
    assert DETECTORS == ("auto", "ssd", "ssd-opencv", "yunet", "haar", "dlib", "none")
    assert SIZED_DETECTORS == ("ssd", "yunet")
    assert [row.name for row in ROWS if row.in_auto] == ["ssd", "ssd-opencv", "yunet", "haar"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_says_of_its_class_what_is_so(row: DetectorRow) -> None:
    kind = row.detector_class()
    assert kind.name == row.name
    assert isinstance(kind.framing, Framing)
    assert bool(row.model) == hasattr(kind, "find") == hasattr(kind, "owns")
    assert bool(row.model) != bool(row.comes_with)
    assert row.size is None or DETECTOR_SIZES[0] <= row.size <= DETECTOR_SIZES[1]
    DetectionSettings(min_confidence=0.0 if row.min_confidence is None else row.min_confidence)


def test_the_size_of_the_project_s_own_is_that_of_the_released_network() -> None:
    path = Workspace(REPOSITORY / DEFAULT_BASE_PATH).released_face_detector
    card = json.loads(card_path(path).read_text(encoding="utf-8"))
    assert row_of("ssd").size == card["input"]["size"]
    second = json.loads(card_path(refiner_path(path)).read_text(encoding="utf-8"))
    assert row_of("ssd").landmarks == bool(card.get("landmarks") or second.get("landmarks"))
    assert (row_of("ssd").min_confidence, "min_confidence" in card) == (None, True)


def test_help_is_made_of_the_rows() -> None:
    said = describe_detectors()
    assert said.startswith(
        "ssd: the project's own SSD, turns tilted faces upright by its landmarks; ssd-opencv: OpenCV's SSD on a small "
    )
    assert "yunet: YuNet, turns tilted faces upright by its landmarks, downloads its file once;" in said
    assert said.endswith(
        "auto: the first of ssd, ssd-opencv and yunet whose files are there, else haar; never downloads"
    )
    assert describe_sizes() == "ssd (default: 320) or yunet (default: 640)"
    assert describe_models() == (
        "network of an SSD trained here (.onnx or .keras, its card beside it), OpenCV's SSD (.pb or .caffemodel) or "
        "YuNet (.onnx), or the folder with the files"
    )


def test_the_table_has_a_row_for_each_and_as_many_cells_as_its_head() -> None:
    head, line, *rows = detectors_table().splitlines()
    assert [row.split("|")[1].strip() for row in rows] == [f"`{row.name}`" for row in ROWS]
    assert {row.count("|") for row in (head, line, *rows)} == {7}
    assert rows[0] == (
        "| `ssd` | the project's own SSD | come with the project | 320 pixels | stated by its card | yes |"
    )
    assert rows[-1].endswith("| none | as it is | always 1 | no |")
    assert rows[3] == "| `haar` | OpenCV 4's Haar cascade | come with OpenCV 4 | as it is | 0.5 | no |"


def test_the_advice_names_all_files_their_source_and_the_folder(tmp_path: Path) -> None:
    advice = row_of("ssd-opencv").how_to_get(tmp_path)
    names = ("opencv_face_detector_uint8.pb", "opencv_face_detector.pbtxt")
    assert all(text in advice for text in (*names, str(tmp_path), "https://"))


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["ssd-opencv", "yunet"])
def test_the_pinned_sizes_and_hashes_are_those_of_the_real_files(name: str, real_data: Path) -> None:
    for file in row_of(name).published:
        content = (real_data / "face_detector" / file.name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256)


def test_importing_the_rows_imports_no_detector() -> None:
    code = (
        f"import sys, {registry.__name__}\n"
        "print(sorted({'cv2', 'numpy', 'urllib.request', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


NEW_FILE = """
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.pictures.crop import WHOLE, Framing, crop_square
from emotion_recognition.pictures.faces import Face

class Middle:
    name = "middle"
    framing = Framing(1.0, 0.0, 0.0)

    def __init__(self, files, settings, size):
        self.files, self.settings, self.size = files, settings, size

    @staticmethod
    def find(place):
        path = place / "middle.txt" if place.is_dir() else place
        return path if path.is_file() else None

    @staticmethod
    def owns(model):
        return model.suffix == ".txt"

    @classmethod
    def open(cls, files, settings, size):
        return cls(files, settings, size)

    @property
    def description(self):
        return f"the middle ({self.files})"

    def detect(self, image):
        height, width = image.shape[:2]
        return [Face((width // 4, height // 4, width // 2, height // 2), self.settings.min_confidence)]
"""


def test_a_detector_is_added_by_a_file_and_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "middle_detector.py").write_text(NEW_FILE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    row = DetectorRow(
        "middle", "middle_detector:Middle", "the middle", model="a text (.txt)", size=96, min_confidence=0.25
    )
    monkeypatch.setattr(registry, "ROWS", (row, *ROWS))
    weights = tmp_path / "middle.txt"
    weights.touch()
    for detector in (
        open_detector("middle", folder=tmp_path),
        open_detector("auto", folder=tmp_path),
        open_detector("auto", model=weights),
        open_detector("middle", model=tmp_path, size=128),
    ):
        assert detector.description == f"the middle ({weights})"
        assert detector.detect(np.zeros((40, 80, 3), np.uint8)) == [Face((20, 10, 40, 20), 0.25)]
    assert "middle: the middle;" in describe_detectors()
    assert "middle (default: 96)" in describe_sizes()
    assert "| `middle` | the middle |" in detectors_table()


#: How FER2013's frame lies round each detector's box, in words: shares of the box's size, measured for each.
FRAMINGS = {
    "ssd": "13.5 % larger, 3.2 % higher",
    "ssd-opencv": "9.0 % larger, 1.0 % lower",
    "yunet": "13.0 % larger",
    "haar": "3.7 % larger, 0.5 % lower",
    "dlib": "14.0 % larger, 1.0 % to the right, 8.0 % higher",
    "none": "0.0 % larger",
}


def in_words(framing: Framing) -> str:
    x, y = framing.offset_x, framing.offset_y
    parts = [f"{framing.scale - 1:.1%} larger"]
    parts += [f"{abs(x):.1%} to the {'right' if x > 0 else 'left'}"] if x else []
    parts += [f"{abs(y):.1%} {'lower' if y > 0 else 'higher'}"] if y else []
    return ", ".join(parts).replace("%", " %")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_framing_of_each_detector_is_the_measured_one(row: DetectorRow) -> None:
    assert in_words(row.detector_class().framing) == FRAMINGS[row.name]


def test_boxes_of_unknown_origin_and_of_people_have_framings_of_their_own() -> None:
    assert in_words(USUAL_FRAMING) == "12.0 % larger"
    # People leave the forehead out, so the frame lies higher than their box.
    assert in_words(DRAWN) == "19.0 % larger, 5.0 % higher"
    assert in_words(WHOLE) == "0.0 % larger"


def test_a_higher_frame_has_a_smaller_y() -> None:
    box = (100, 200, 100, 100)
    assert crop_square(box, Framing(1.0, 0.0, -0.05)) == (100, 195, 100)
    assert crop_square(box, Framing(1.0, 0.1, 0.0)) == (110, 200, 100)
    # Its middle is at (200, 300), the frame's 0.05 · 200 above that, with a side of 1.19 · 200.
    assert crop_square((100, 200, 200, 200), DRAWN) == (200 - 119, 290 - 119, 238)
