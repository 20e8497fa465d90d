import numpy as np
import pytest

from benchmarks.damaged_faces import KINDS, damage_table, in_a_corner, side_by_side, stretched, to_text
from benchmarks.face_directions import curve, face_views
from benchmarks.face_landmarks import _enlarged, _mirrored, errors_of
from benchmarks.face_pictures import MarkedPicture
from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.image_file import write_image


def arrow() -> np.ndarray:
    """A white dot above the middle of a black square, and a grey one in it."""
    view = np.zeros((320, 320, 3), np.uint8)
    view[155:165, 155:165], view[70:90, 150:170] = 100, 255
    return view


def test_the_curve_counts_found_faces_and_unchanged_emotions() -> None:
    def detect(view: np.ndarray) -> list[FaceEmotion]:
        rows, columns = np.nonzero(view[:, :, 0] > 200)
        # Blind where the dot is to the left, sad where it is below.
        if columns.mean() < 120:
            return []
        emotion = "sad" if rows.mean() > 200 else "happy"
        return [FaceEmotion((0, 0, 20, 20), 0.9, {"fear": 1.0}), FaceEmotion((140, 150, 30, 20), 0.8, {emotion: 1.0})]

    found, same = curve(detect, [arrow()] * 2, [0, 90, 180, 270])
    assert found == [1, 1, 1, 0]  # at 270 degrees clockwise what was above is to the left
    assert same == [1, 1, 0, 0]


def marked(path: object, boxes: list[tuple[float, ...]]) -> MarkedPicture:
    array = np.array(boxes, np.float64).reshape(-1, 4)
    return MarkedPicture(path, array, np.zeros(len(array), bool), ("",) * len(array), "")  # type: ignore[arg-type]


def test_views_have_the_largest_face_in_their_middle(tmp_path: object) -> None:
    image = np.zeros((300, 400, 3), np.uint8)
    image[100:200, 250:330] = 255
    path = tmp_path / "a.png"  # type: ignore[operator]
    write_image(path, image)
    pictures = [marked(path, []), marked(path, [(0, 0, 10, 10)]), marked(path, [(0, 0, 20, 20), (250, 100, 80, 100)])]
    (view,) = face_views(pictures, 5)
    rows, columns = np.nonzero(view[:, :, 0] > 127)
    assert (rows.mean() + 0.5, columns.mean() + 0.5) == pytest.approx((160, 160), abs=1)
    # The face's size, the root of 80 times 100, is 320 / 3.2 pixels.
    assert (np.ptp(rows) + 1) * (np.ptp(columns) + 1) == pytest.approx(100**2, rel=0.03)
    with pytest.raises(ValueError, match="at least 64 pixels"):
        face_views(pictures[:2], 5)


def test_boxes_follow_their_pictures() -> None:
    image = np.zeros((80, 100, 3), np.uint8)
    image[20:40, 30:60] = 255
    boxes = np.array([[30.0, 20, 30, 20]])

    def is_white(picture: np.ndarray, box: np.ndarray) -> bool:
        x, y, width, height = np.rint(box).astype(int)
        inside = picture[y + 2 : y + height - 2, x + 2 : x + width - 2]
        return bool((inside > 200).all()) and abs(int((picture > 200).all(axis=2).sum()) - width * height) < 60

    wide, stretched_boxes = stretched((image, boxes), 1.4)
    assert wide.shape == (80, 140, 3)
    assert is_white(wide, stretched_boxes[0])
    small, moved = in_a_corner((image, boxes), np.random.default_rng(1))
    assert small.shape == (160, 200, 3)
    assert is_white(small, moved[0])
    four, all_boxes = side_by_side([(image, boxes)] * 4, 50)
    assert (four.shape, len(all_boxes)) == ((100, 100, 3), 4)
    assert all((four[int(y) + 3, int(x) + 3] > 200).all() for x, y, _, _ in all_boxes)


def test_the_table_has_a_row_for_every_kind(tmp_path: object) -> None:
    pictures = []
    for i in range(4):
        image = np.full((64, 64, 3), 40, np.uint8)
        image[16:48, 16:48] = 220
        path = tmp_path / f"{i}.png"  # type: ignore[operator]
        write_image(path, image)
        pictures.append(marked(path, [(16, 16, 32, 32)]))

    def nothing(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((0, 4)), np.zeros(0)

    def square(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.array([[16.0, 16, 32, 32]]), np.ones(1)

    table = damage_table(pictures, {"blind": nothing, "square": square})
    assert list(table) == list(KINDS)
    assert all(row["blind"] == 0 for row in table.values())
    assert table["none"]["square"] == table["JPEG"]["square"] == pytest.approx(1.0)
    assert table["half as large"]["square"] < 1
    assert to_text(table).count("\n") == len(KINDS) + 1


def test_landmark_errors_are_shares_of_the_distance_of_the_eyes() -> None:
    points = ((10.0, 10.0), (30.0, 10.0), (20.0, 20.0), (12.0, 30.0), (28.0, 30.0))
    moved = tuple((x + 3, y + 4) for x, y in points)  # 5 pixels, a quarter of 20
    yunet = Face((0, 0, 40, 40), 0.9, points)
    marked = np.array([[0.0, 0, 40, 40], [100, 100, 140, 140]])
    assert errors_of(marked, [Face((2, 0, 40, 40), 0.8, moved)], [yunet]) == pytest.approx([0.25])
    # In profile the eyes are 2 pixels apart; a quarter of the box's size, 10, counts.
    profile = Face((0, 0, 40, 40), 0.9, ((10.0, 10.0), (12.0, 10.0), *points[2:]))
    shifted = Face((0, 0, 40, 40), 0.9, tuple((x + 1, y) for x, y in profile.landmarks or ()))
    assert errors_of(marked, [shifted], [profile]) == pytest.approx([0.1])
    assert errors_of(marked, [Face((2, 0, 40, 40), 0.8)], [yunet]) == errors_of(marked, [], [yunet]) == []


class OneFace:
    """Finds the same face in every picture."""

    def __init__(self, face: Face) -> None:
        self.face = face

    def detect(self, image: np.ndarray) -> list[Face]:
        return [self.face]


def test_what_is_found_in_a_mirrored_picture_is_mirrored_back() -> None:
    points = ((10.0, 1.0), (20.0, 2.0), (30.0, 3.0), (40.0, 4.0), (50.0, 5.0))
    (face,) = _mirrored(np.zeros((50, 100, 3), np.uint8), OneFace(Face((10, 20, 30, 25), 0.9, points)))  # type: ignore[arg-type]
    assert face.box == (60, 20, 30, 25)
    # Eyes and corners of the mouth change sides.
    assert face.landmarks == ((80, 2), (90, 1), (70, 3), (50, 5), (60, 4))


def test_what_is_found_in_an_enlarged_picture_is_made_smaller() -> None:
    points = ((13.0, 26.0),) * 5
    (face,) = _enlarged(np.zeros((50, 100, 3), np.uint8), OneFace(Face((13, 26, 39, 13), 0.9, points)))  # type: ignore[arg-type]
    assert face.box == (10, 20, 30, 10)
    np.testing.assert_allclose(face.landmarks or (), [(10, 20)] * 5)
