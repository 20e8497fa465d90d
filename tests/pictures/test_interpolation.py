"""The one rule of resizing."""

import cv2
import pytest

from emotion_recognition.pictures.interpolation import interpolation_code


def test_auto_depends_on_the_direction_and_a_name_does_not() -> None:
    assert interpolation_code("auto", shrinks=True) == cv2.INTER_AREA
    assert interpolation_code("auto", shrinks=False) == cv2.INTER_CUBIC
    for shrinks in (False, True):
        assert interpolation_code("linear", shrinks=shrinks) == cv2.INTER_LINEAR


def test_an_unknown_one_is_refused() -> None:
    with pytest.raises(ValueError, match=r"interpolation must be one of .*Received: 'nearest'"):
        interpolation_code("nearest", shrinks=True)
