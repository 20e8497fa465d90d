import io

import pytest

from emotion_recognition import progress
from emotion_recognition.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, in a list so that a test can set it."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_terminal_shows_a_bar_that_goes_in_the_end(clock: list[float]) -> None:
    stream = Terminal()
    with Progress("pictures", total=40, stream=stream) as bar:
        for i in range(10):
            clock[0] = i + 1.0
            bar.step()
    text = stream.getvalue()
    assert "\r\x1b[K 25% [" in text
    assert "10 of 40 pictures, 1.0 a second, 0:30 left" in text
    assert "\n" not in text
    assert text.endswith("\r\x1b[K")


def test_a_pipe_gets_a_plain_line_now_and_then(clock: list[float]) -> None:
    stream = io.StringIO()
    with Progress("frames", total=1000, stream=stream) as bar:
        for i in range(500):
            clock[0] = (i + 1) / 20
            bar.step()
    # 25 seconds: after 10 and after 20.
    assert stream.getvalue().splitlines() == [
        " 20% 200 of 1,000 frames, 20.0 a second, 0:40 left",
        " 40% 400 of 1,000 frames, 20.0 a second, 0:30 left",
    ]


def test_without_a_total_it_only_counts(clock: list[float]) -> None:
    stream = Terminal()
    with Progress("frames", stream=stream) as bar:
        clock[0] = 2.0
        bar.step()
    assert "1 frames, 0.5 a second" in stream.getvalue()


def test_short_work_shows_nothing(clock: list[float]) -> None:
    stream = io.StringIO()
    with Progress("pictures", total=3, stream=stream) as bar:
        bar.step()
    assert stream.getvalue() == ""


def test_more_steps_than_announced_are_no_error(clock: list[float]) -> None:
    stream = Terminal()
    with Progress("frames", total=1, stream=stream) as bar:
        for i in range(3):
            clock[0] = i + 1.0
            bar.step()
    assert "100% [" in stream.getvalue()
