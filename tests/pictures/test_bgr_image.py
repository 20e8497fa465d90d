import numpy as np
import pytest

from emotion_recognition.pictures.bgr_image import check_bgr, grey


def test_grey_is_bt_601_luma_with_blue_first() -> None:
    # 0.114 · 200 + 0.587 · 100 + 0.299 · 50 = 96.45
    assert grey(np.full((2, 3, 3), (200, 100, 50), np.uint8)).tolist() == [[96, 96, 96], [96, 96, 96]]


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 1), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="image must be a BGR uint8 array"):
        check_bgr(image)
