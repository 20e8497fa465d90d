import cv2
import numpy as np
import pytest

from emotion_recognition.data.face_pictures.patch_views import Patch, PatchAugmentation, _cut_out
from emotion_recognition.data.face_pictures.patches import COVERS, PATCH_SIZE

#: Nothing changes but where the view lies.
PLAIN = {"damaged": 0.0, "small": 0.0, "cut": 0.0}
STILL = PatchAugmentation(shift=0, zoom=0, rotation=0, slant=0, flip=False, **PLAIN)

#: Five places, as multiples of the box's size.
PLACES = np.array([(-0.22, -0.2), (0.2, -0.18), (0.02, 0.05), (-0.15, 0.25), (0.17, 0.22)], np.float32)


def patch(size: tuple[float, float] = (0.9, 1 / 0.9)) -> Patch:
    """Black, with a bright spot of its own colour at every landmark."""
    image = np.zeros((PATCH_SIZE, PATCH_SIZE, 3), np.uint8)
    for place in PLACES:
        x, y = np.rint((place / COVERS + 0.5) * PATCH_SIZE - 0.5).astype(int).tolist()
        cv2.circle(image, (x, y), 2, (255, 255, 255), -1)
    return Patch(image, np.array(size, np.float32), PLACES, True)


def brightest(image: np.ndarray, near: np.ndarray) -> np.ndarray:
    """The middle of what is bright within some pixels of a place."""
    grey = image.astype(float).max(axis=2)
    y, x = np.mgrid[0 : len(image), 0 : len(image)] + 0.5
    weight = np.clip(grey - grey.mean() - 40, 0, None) * (np.hypot(x - near[0], y - near[1]) < 6)
    assert weight.any()
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


def test_a_view_without_changes_says_where_the_face_is() -> None:
    image, target = STILL.view(patch(), 64, 1.5, np.random.default_rng(0))
    assert image.shape == (64, 64, 3)
    assert target[:2].tolist() == [1, 1]
    np.testing.assert_allclose(target[2:6], [0, 0, np.log(0.9), -np.log(0.9)], atol=1e-6)
    np.testing.assert_allclose(target[6:].reshape(5, 2), PLACES / 1.5, atol=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_landmarks_are_where_the_view_shows_them(seed: int) -> None:
    changes = PatchAugmentation(rotation=90.0, **PLAIN)
    image, target = changes.view(patch(), 128, 1.5, np.random.default_rng(seed))
    points = (target[6:].reshape(5, 2) + 0.5) * 128
    for point in points:
        if ((point > 6) & (point < 122)).all():
            assert np.abs(brightest(image, point) - point).max() < 1.5


def test_the_mirrored_face_has_left_and_right_exchanged() -> None:
    changes = PatchAugmentation(shift=0, zoom=0, rotation=0, slant=0, **PLAIN)
    rng = np.random.default_rng(0)
    targets = [changes.view(patch(), 64, 1.5, rng)[1] for _ in range(20)]
    plain, mirrored = PLACES[:2] / 1.5, PLACES[[1, 0]] * (-1, 1) / 1.5
    are_plain = [np.allclose(target[6:10], plain.ravel(), atol=1e-5) for target in targets]
    are_mirrored = [np.allclose(target[6:10], mirrored.ravel(), atol=1e-5) for target in targets]
    assert all(a != b for a, b in zip(are_plain, are_mirrored, strict=True))
    assert any(are_plain)
    assert any(are_mirrored)


def test_a_shifted_and_zoomed_box_leads_back_to_the_face() -> None:
    changes = PatchAugmentation(rotation=0, slant=0, flip=False, **PLAIN)
    for seed in range(8):
        _, target = changes.view(patch(), 64, 1.5, np.random.default_rng(seed))
        # The nose's place tells the zoom, and with it the shift.
        points = target[6:].reshape(5, 2).astype(float)
        zoom = float((PLACES[1] - PLACES[0])[0] / (points[1] - points[0])[0] / 1.5)
        assert 0.77 < zoom < 1.29
        np.testing.assert_allclose(target[4:6], np.log(np.array([0.9, 1 / 0.9]) / zoom), atol=1e-3)
        np.testing.assert_allclose(target[2:4], points[2] - PLACES[2] / 1.5 / zoom, atol=1e-3)
        assert np.abs(target[2:4]).max() <= 0.18 / 1.5 / zoom + 1e-6


def test_a_quarter_turn_exchanges_width_and_height() -> None:
    changes = PatchAugmentation(shift=0, zoom=0, rotation=90, slant=90, flip=False, **PLAIN)
    found = []
    for seed in range(200):
        _, target = changes.view(patch((0.5, 2.0)), 64, 1.5, np.random.default_rng(seed))
        found.append(np.exp(target[4:6]))
    # The box of an ellipse with the axes 0.5 and 2 stays between both, and the squares of its sides add up.
    np.testing.assert_allclose((np.array(found) ** 2).sum(axis=1), 0.25 + 4, rtol=1e-4)
    assert np.array(found)[:, 0].max() > 1.9


def test_what_is_no_face_has_nothing_to_learn_but_that() -> None:
    image, target = PatchAugmentation().view(patch()._replace(is_face=False), 64, 1.5, np.random.default_rng(0))
    assert image.dtype == np.uint8
    assert target.tolist() == [0.0] * 16


def test_unknown_landmarks_are_not_learned() -> None:
    _, target = STILL.view(patch()._replace(landmarks=np.full((5, 2), np.nan)), 64, 1.5, np.random.default_rng(0))
    assert target[:2].tolist() == [1, 0]
    assert target[6:].tolist() == [0.0] * 10


def test_a_cut_patch_ends_near_the_box() -> None:
    """White everywhere, so that grey beyond the border tells where it ends; repeated, white stays."""
    white = patch((0.8, 1.25))._replace(image=np.full((PATCH_SIZE, PATCH_SIZE, 3), 255, np.uint8))
    widths, heights = [], []
    for seed in range(60):
        image = _cut_out(white, np.random.default_rng(seed))
        inside = image[..., 0] == 255
        if not inside.all():
            widths.append(inside.any(axis=0).mean() * COVERS)
            heights.append(inside.any(axis=1).mean() * COVERS)
    assert 15 <= len(widths) <= 45
    assert min(widths) >= 0.8 * 0.85 - 0.05
    assert max(widths) <= 0.8 * 1.35 + 0.05
    assert min(heights) >= 1.25 * 0.85 - 0.05
    assert max(heights) <= 1.25 * 1.35 + 0.05


def test_the_same_state_gives_the_same_view() -> None:
    views = [PatchAugmentation().view(patch(), 64, 1.5, np.random.default_rng(seed)) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(views[0][0], views[1][0])
    np.testing.assert_array_equal(views[0][1], views[1][1])
    assert (views[0][0] != views[2][0]).any()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"shift": 0.3}, r"shift must be 0\.\.0\.25\. Received: 0\.3"),
        ({"zoom": -0.1}, r"zoom must be 0\.\.0\.35\. Received: -0\.1"),
        ({"rotation": 181.0}, r"rotation must be 0\.\.180\. Received: 181"),
        ({"slant": -1.0}, r"slant must be 0\.\.180"),
        ({"damaged": 2.0}, r"damaged must be 0\.\.1"),
        ({"cut": -0.1}, r"cut must be 0\.\.1"),
        ({"small": float("nan")}, r"small must be 0\.\.1\. Received: nan"),
    ],
)
def test_changes_out_of_range_are_refused(changes: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        PatchAugmentation(**changes)  # type: ignore[arg-type]
