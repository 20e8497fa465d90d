import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.detection import Face, FaceEmotion, PictureResult, to_dataframe
from emotion_recognition.detection.face_detectors.outside import USUAL_FRAMING
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.detection.seen_face import SeenFace, Sight
from emotion_recognition.emotions import FER2013_EMOTIONS
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.image_file import write_image

SAD = FaceEmotion((1, 2, 30, 40), 0.8750004, {"happy": 0.2500001, "sad": 0.7499999}, ((1.26, 2.0), (3.0, 4.0)))
HAPPY = FaceEmotion((5, 6, 7, 8), 0.5, {"happy": 1.0, "sad": 0.0})
SAD_DICT = {
    "box": [1, 2, 30, 40],
    "score": 0.875,
    "emotion": "sad",
    "probabilities": {"happy": 0.25, "sad": 0.75},
    "landmarks": [[1.3, 2.0], [3.0, 4.0]],
}
HAPPY_DICT = {
    "box": [5, 6, 7, 8],
    "score": 0.5,
    "emotion": "happy",
    "probabilities": {"happy": 1.0, "sad": 0.0},
    "landmarks": None,
}
RESULT = PictureResult((SAD, HAPPY), (640, 480), ("happy", "sad"), "ä.jpg")


def test_a_face_is_a_dictionary_of_what_json_has() -> None:
    assert SAD.to_dict() == SAD_DICT
    assert json.loads(SAD.to_json()) == SAD_DICT
    assert list(SAD.to_dict()["probabilities"]) == ["happy", "sad"]
    assert replace(SAD, direction=90).to_dict() == {**SAD_DICT, "direction": 90}


def test_a_picture_is_a_dictionary_of_what_json_has() -> None:
    expected = {"file": "ä.jpg", "width": 640, "height": 480, "faces": [SAD_DICT, HAPPY_DICT]}
    assert RESULT.to_dict() == expected
    assert json.loads(RESULT.to_json()) == expected
    assert "ä.jpg" in RESULT.to_json()


def test_nan_is_no_json() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        FaceEmotion((0, 0, 1, 1), float("nan"), {"happy": 1.0}).to_json()


def test_it_is_a_sequence_of_its_faces() -> None:
    assert len(RESULT) == 2
    assert (RESULT[0], RESULT[-1], RESULT[1:]) == (SAD, HAPPY, (HAPPY,))
    assert RESULT == [SAD, HAPPY]
    assert PictureResult((SAD, HAPPY), (1, 1), ("happy", "sad")) == RESULT
    assert RESULT != [HAPPY, SAD]
    assert RESULT != "faces"
    assert [face.emotion for face in RESULT] == ["sad", "happy"]
    assert HAPPY in RESULT
    assert not PictureResult((), (640, 480), ("happy", "sad"))


def test_the_table_has_a_row_for_each_face_of_all_pictures() -> None:
    pytest.importorskip("pandas")
    empty = PictureResult((), (64, 48), ("happy", "sad"), "empty.jpg")
    table = to_dataframe([RESULT, empty, PictureResult((HAPPY,), (9, 9), ("happy", "sad"))])
    assert list(table.columns) == ["file", "x", "y", "width", "height", "score", "emotion", "happy", "sad"]
    assert table["file"].fillna("an array").tolist() == ["ä.jpg", "ä.jpg", "an array"]
    assert table.drop(columns="file").to_numpy().tolist() == [
        [1, 2, 30, 40, 0.8750004, "sad", 0.2500001, 0.7499999],
        [5, 6, 7, 8, 0.5, "happy", 1.0, 0.0],
        [5, 6, 7, 8, 0.5, "happy", 1.0, 0.0],
    ]
    assert list(empty.to_dataframe().columns) == list(table.columns)
    assert len(empty.to_dataframe()) == 0


def test_a_table_is_made_of_one_result_and_of_a_films_frames_too() -> None:
    pytest.importorskip("pandas")
    assert to_dataframe(RESULT).to_dict() == RESULT.to_dataframe().to_dict()
    sight = Sight("film.mp4", (640, 480), [SeenFace(SAD, 3, carried=True)], 7, 0.28)
    table = to_dataframe([(np.zeros((480, 640, 3), np.uint8), sight)])
    assert table.to_dict() == to_dataframe([sight]).to_dict()
    (row,) = table[["file", "frame", "time", "carried", "identity", "x", "emotion"]].to_numpy().tolist()
    assert row == ["film.mp4", 7, 0.28, True, 3, 1, "sad"]


def test_without_pandas_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)  # as if it were not installed
    with pytest.raises(ValueError, match="A table needs pandas; install it with: pip install pandas"):
        RESULT.to_dataframe()


class BrightPixels:
    """A detector from elsewhere that knows nothing of this project but Face: one face where it is white."""

    def detect(self, image: np.ndarray) -> list[Face]:
        rows, columns = np.nonzero((image == 255).all(axis=2))
        if not len(rows):
            return []
        left, top = int(columns.min()), int(rows.min())
        return [Face((left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1), 0.75)]


def test_a_detector_from_outside_works_as_it_is(brightness_model: Path, tmp_path: Path) -> None:
    photo = np.full((90, 200, 3), 255, np.uint8)
    photo[:, :40] = 0
    path = tmp_path / "photo.png"
    write_image(path, photo)
    detector = EmotionDetector(brightness_model, detector=BrightPixels())
    result = detector.detect(path)
    assert result.to_dict() == {
        "file": str(path),
        "width": 200,
        "height": 90,
        "faces": [
            {
                "box": [40, 0, 160, 90],
                "score": 0.75,
                "emotion": "neutral",
                "probabilities": {name: round(result[0].probabilities[name], 6) for name in FER2013_EMOTIONS},
                "landmarks": None,
            }
        ],
    }
    assert detector.detect(np.zeros((9, 9, 3), np.uint8)) == []
    known = detector.face_detector
    assert (known.name, known.description) == ("BrightPixels", "BrightPixels")
    assert (known.framing, known.settings) == (USUAL_FRAMING, DetectionSettings())


def test_what_it_says_of_itself_counts(brightness_model: Path) -> None:
    class Framed(BrightPixels):
        name = "framed"
        framing = Framing(scale=2.0, offset_x=0.0, offset_y=0.0)

    photo = np.zeros((90, 90, 3), np.uint8)
    photo[30:60, 30:60] = 255
    detector = EmotionDetector(brightness_model, detector=Framed())
    assert detector.face_detector.name == "framed"
    # A quarter of the crop is white: 255 / 4 = 64, between disgust (42.5) and fear (85), nearest to both.
    assert detector.detect(photo)[0].emotion in ("disgust", "fear")
    assert EmotionDetector(brightness_model, detector=BrightPixels()).detect(photo)[0].emotion == "surprise"


def test_its_faces_come_surest_first(brightness_model: Path) -> None:
    class Two:
        def detect(self, image: np.ndarray) -> list[Face]:
            return [Face((0, 0, 20, 20), 0.5), Face((30, 0, 20, 20), 0.9), Face((60, 0, 20, 20), 0.5)]

    seen = EmotionDetector(brightness_model, detector=Two()).detect(np.zeros((90, 90, 3), np.uint8))
    assert [(face.score, face.box[0]) for face in seen] == [(0.9, 30), (0.5, 0), (0.5, 60)]


@pytest.mark.parametrize(
    ("given", "received"), [(None, "NoneType"), ([(0, 0, 20, 20)], "tuple in it"), ({"box": (0, 0, 9, 9)}, "str in it")]
)
def test_what_is_no_list_of_faces_is_refused(given: object, received: str, brightness_model: Path) -> None:
    class Other:
        def detect(self, image: np.ndarray) -> list[Face]:
            return given  # type: ignore[return-value]

    detector = EmotionDetector(brightness_model, detector=Other())
    with pytest.raises(ValueError, match=f"Other.detect must give a list of Face. Received: {received}"):
        detector.detect(np.zeros((90, 90, 3), np.uint8))


def test_what_finds_no_faces_is_refused(brightness_model: Path) -> None:
    with pytest.raises(ValueError, match=r"detector must be a name or have a method detect\(image\). Received: dict"):
        EmotionDetector(brightness_model, detector={})  # type: ignore[arg-type]
