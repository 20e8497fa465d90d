import math

import pytest

from emotion_recognition.detection.video.smoothing import Smoother

HAPPY, SAD = {"happy": 1.0, "sad": 0.0}, {"happy": 0.0, "sad": 1.0}


def test_a_flicker_does_not_show() -> None:
    smoother = Smoother(0.5)
    shown = []
    for frame in range(30):
        now = SAD if frame == 20 else HAPPY
        smoothed = smoother.update(7, frame / 25, now)
        assert sum(smoothed.values()) == pytest.approx(1)
        shown.append(max(smoothed, key=smoothed.__getitem__))
    assert set(shown) == {"happy"}


@pytest.mark.parametrize("rate", [5, 50])
def test_a_change_shows_after_the_same_time_at_any_rate(rate: int) -> None:
    smoother = Smoother(1.0)
    smoother.update(1, 0.0, HAPPY)
    for frame in range(1, 2 * rate + 1):
        smoothed = smoother.update(1, frame / rate, SAD)
    assert smoothed["happy"] == pytest.approx(math.exp(-2))


def test_identities_do_not_mix_and_unknown_faces_stay_as_they_are() -> None:
    smoother = Smoother(1.0)
    smoother.update(1, 0.0, HAPPY)
    assert smoother.update(2, 0.1, SAD) == SAD
    assert smoother.update(None, 0.2, SAD) == SAD
    assert smoother.update(1, 0.3, HAPPY) == pytest.approx(HAPPY)


def test_after_a_long_absence_the_past_is_forgotten() -> None:
    smoother = Smoother(0.5)
    smoother.update(1, 0.0, HAPPY)
    assert smoother.update(1, 60.0, SAD) == pytest.approx(SAD)


def test_zero_smooths_nothing_and_nonsense_is_refused() -> None:
    smoother = Smoother(0)
    smoother.update(1, 0.0, HAPPY)
    assert smoother.update(1, 0.04, SAD) == SAD
    for seconds in (-1, math.nan, math.inf):
        with pytest.raises(ValueError, match="smooth must be a number of seconds"):
            Smoother(seconds)
