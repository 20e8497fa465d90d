"""What benchmarks.face_pose takes for a turned head."""

import numpy as np
import pytest

from benchmarks.face_pose import turn_of

# Eyes 10 apart; the nose below their middle, then 3 to its side, then beyond an eye.
TOWARDS, TURNED, PROFILE = (np.array([[0, 0], [10, 0], [x, 7], [2, 12], [9, 12]], float) for x in (5, 8, 12))


@pytest.mark.parametrize(("landmarks", "turn"), [(TOWARDS, 0.0), (TURNED, 0.3), (PROFILE, 0.7)])
def test_the_turn_is_the_noses_way_to_the_side_in_distances_of_the_eyes(landmarks: np.ndarray, turn: float) -> None:
    assert turn_of(landmarks) == pytest.approx(turn)
    assert turn_of(landmarks * [-1, 1]) == pytest.approx(turn)  # to the other side


def test_a_tilt_is_no_turn() -> None:
    cosine, sine = np.cos(0.6), np.sin(0.6)
    assert turn_of(TURNED @ np.array([[cosine, sine], [-sine, cosine]])) == pytest.approx(0.3)
    assert turn_of(3 * TURNED + 7) == pytest.approx(0.3)
