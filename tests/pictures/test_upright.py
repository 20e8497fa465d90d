import cv2
import numpy as np
import pytest

from emotion_recognition.pictures.crop import Framing, crop_faces
from emotion_recognition.pictures.upright import LEAST_TURN, roll_of, turn_of

UPRIGHT = [(30, 40), (70, 40), (50, 60), (35, 80), (65, 80)]


def turned(points: list[tuple[float, float]], degrees: float) -> list[tuple[float, float]]:
    """Turns points clockwise on the screen, where y points down, round (50, 50)."""
    turn = np.exp(1j * np.radians(degrees))
    return [((z := (x - 50 + 1j * (y - 50)) * turn).real + 50, z.imag + 50) for x, y in points]


@pytest.mark.parametrize("degrees", [0, 1, 45, 90, 135, -45, -90, -179])
def test_the_angle_is_how_far_the_face_was_turned(degrees: float) -> None:
    assert roll_of(turned(UPRIGHT, degrees)) == pytest.approx(degrees, abs=1e-6)


def test_a_small_tilt_stays() -> None:
    assert turn_of(turned(UPRIGHT, LEAST_TURN - 1)) == 0
    assert turn_of(turned(UPRIGHT, -LEAST_TURN - 1)) == pytest.approx(-LEAST_TURN - 1)
    assert turn_of(None) == 0


def test_without_landmarks_a_face_is_taken_as_upright() -> None:
    assert roll_of(None) == 0


def test_in_profile_the_line_to_the_mouth_decides() -> None:
    # Eyes and mouth corners nearly on top of each other, one eye a pixel too high.
    assert abs(roll_of([(50, 41), (52, 39), (40, 60), (50, 80), (52, 80)])) < 5


def test_another_number_of_points_is_refused() -> None:
    with pytest.raises(ValueError, match="must be five points"):
        roll_of([(0, 0)] * 68)


@pytest.mark.parametrize("degrees", [-90, 90, 180])
def test_a_quarter_turn_is_turned_back_exactly(degrees: int) -> None:
    picture = cv2.resize(np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8), (101, 101))
    code = {90: cv2.ROTATE_90_CLOCKWISE, -90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180}[degrees]
    box, framing = (30, 30, 41, 41), Framing(scale=1.0, offset_x=0.0, offset_y=0.0)
    expected = crop_faces(picture, [box], framing, 41)
    got = crop_faces(cv2.rotate(picture, code), [box], framing, 41, rolls=[degrees])
    np.testing.assert_allclose(got.astype(int), expected.astype(int), atol=2)


def test_the_framings_offset_turns_with_the_face() -> None:
    picture = cv2.resize(np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8), (101, 101))
    box, framing = (30, 30, 41, 41), Framing(scale=0.8, offset_x=0.1, offset_y=0.3)
    expected = crop_faces(picture, [box], framing, 33)
    got = crop_faces(cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE), [box], framing, 33, rolls=[90])
    # The straight crop rounds to whole pixels, the turned one does not.
    assert np.abs(got.astype(int) - expected).mean() < 4
    wrong = crop_faces(cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE), [box], framing, 33)
    assert np.abs(wrong.astype(int) - expected).mean() > 15


def test_a_face_at_the_pictures_corner_repeats_the_border() -> None:
    picture = np.full((40, 60, 3), 77, np.uint8)
    crops = crop_faces(picture, [(0, 0, 20, 20), (50, 30, 10, 10)], Framing(1.5, 0, 0), 24, rolls=[30, -120])
    assert (crops == 77).all()


def test_rolls_of_zero_change_nothing() -> None:
    picture = np.random.default_rng(2).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    framing = Framing(1.1, 0.02, 0.03)
    np.testing.assert_array_equal(
        crop_faces(picture, [(10, 10, 30, 35)], framing, 48, rolls=[0.0]),
        crop_faces(picture, [(10, 10, 30, 35)], framing, 48),
    )
