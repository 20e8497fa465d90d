import numpy as np
import pytest

from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.detection.face_detectors.tiled import TiledDetector
from emotion_recognition.detection.face_detectors.tiles import TileSettings, plan_tiles
from emotion_recognition.pictures.crop import Framing
from emotion_recognition.pictures.faces import Face


def test_a_small_picture_is_looked_at_once() -> None:
    assert plan_tiles(320, 240, 320, TileSettings()) == [[(0, 0, 320, 240, 320)]]
    # 400 is no 1.4 times 320.
    assert plan_tiles(400, 300, 320, TileSettings()) == [[(0, 0, 400, 300, 320)]]


def test_each_look_is_twice_as_fine_up_to_the_pictures_own_pixels() -> None:
    looks = plan_tiles(1280, 850, 320, TileSettings(longest_side=2000))
    assert [tile.size for (tile,) in looks] == [320, 640, 1280]


@pytest.mark.parametrize("size", [(9000, 512), (512, 9000), (6000, 4000), (20000, 20000), (3000, 1)])
def test_the_tiles_cover_the_picture_within_the_budget(size: tuple[int, int]) -> None:
    settings = TileSettings()
    whole, *finer = plan_tiles(*size, 320, settings)
    assert whole == [(0, 0, *size, 320)]
    for look in finer:
        scale = look[0].size / max(look[0].right - look[0].left, look[0].bottom - look[0].top)
        assert size[0] * size[1] * scale**2 <= 1.02 * settings.budget
        # A face of 160 pixels of the network's input lies whole in a tile, wherever it is.
        face = int(0.98 * settings.overlap / scale)
        for axis, side in ((0, size[0]), (1, size[1])):
            pieces = sorted({(tile[axis], tile[axis + 2]) for tile in look})
            assert (pieces[0][0], pieces[-1][1]) == (0, side)
            assert all(start + face <= end for (start, _), (_, end) in zip(pieces[1:], pieces, strict=False))
            assert all((end - start) * scale <= settings.longest_side + 2 for start, end in pieces)


class Squares:
    """Finds white squares that are 8 to 60 pixels large in the picture as it is resized, cut ones too."""

    name, path, description, framing = "squares", None, "squares", Framing(1.0, 0.0, 0.0)
    settings = DetectionSettings()

    def detect(self, image: np.ndarray) -> list[Face]:
        return self.look(image, 100)

    def look(self, image: np.ndarray, size: int) -> list[Face]:
        import cv2

        scale = size / max(image.shape[:2])
        count, _, stats, _ = cv2.connectedComponentsWithStats((image[:, :, 0] > 0).astype(np.uint8))
        boxes = [tuple(map(int, stats[i, :4])) for i in range(1, count)]
        return [
            Face(box, 0.9, ((float(box[0]), float(box[1])),) * 5)  # type: ignore[arg-type]
            for box in boxes
            if 8 <= max(box[2:]) * scale <= 60
        ]


def test_faces_of_every_size_are_found_once_wherever_tiles_meet() -> None:
    image = np.zeros((100, 2000, 3), np.uint8)
    squares = [(10, 40, 12, 12), (200, 20, 50, 50), (493, 30, 20, 20), (995, 50, 9, 9), (1500, 5, 90, 90)]
    for x, y, width, height in squares:
        image[y : y + height, x : x + width] = 255
    tiling = TileSettings(budget=200_000, longest_side=520, overlap=60)
    assert len(plan_tiles(2000, 100, 100, tiling)[-1]) > 3  # so that there are seams
    faces = TiledDetector(Squares(), 100, tiling).detect(image)
    assert sorted(face.box for face in faces) == squares
    assert all(face.landmarks is not None and face.landmarks[0] == face.box[:2] for face in faces)
    assert Squares().detect(image) == []  # 2000 pixels resized to 100


def test_a_picture_that_needs_no_tiles_is_the_detectors_own() -> None:
    image = np.zeros((80, 90, 3), np.uint8)
    image[20:40, 20:40] = 255
    assert TiledDetector(Squares(), 100).detect(image) == Squares().detect(image) != []
