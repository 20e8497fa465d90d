import numpy as np
import pytest

from emotion_recognition.pictures.resizing import INTERPOLATIONS, resize

STEP = np.array([[0, 0, 80, 80], [0, 0, 80, 80], [0, 0, 80, 80], [0, 0, 80, 80]], np.uint8)


def test_shrinking_takes_means_by_default() -> None:
    checks = np.indices((6, 6)).sum(axis=0).astype(np.uint8) % 2 * 200
    assert resize(checks, 3).tolist() == [[100] * 3] * 3


def test_growing_is_cubic_by_default_and_linear_where_asked() -> None:
    # Linear stays between its neighbours; cubic overshoots beside an edge.
    linear, cubic = resize(STEP, 8, "linear"), resize(STEP, 8)
    assert linear.max() == 80
    assert cubic.max() > 80
    np.testing.assert_array_equal(cubic, resize(STEP, 8, "cubic"))
    assert linear[0].tolist() == [0, 0, 0, 23, 68, 90, 80, 80]  # a quarter and three quarters of the way


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 1), (4, 4, 3)])
def test_the_channels_stay_as_they_are(interpolation: str, shape: tuple[int, ...]) -> None:
    resized = resize(np.full(shape, 7, np.uint8), 9, interpolation)  # type: ignore[arg-type]
    np.testing.assert_array_equal(resized, np.full((9, 9, *shape[2:]), 7, np.uint8))


def test_an_unknown_interpolation_is_refused() -> None:
    with pytest.raises(ValueError, match=r"interpolation must be one of .*'cubic'\]. Received: 'nearest'"):
        resize(STEP, 8, "nearest")  # type: ignore[arg-type]
