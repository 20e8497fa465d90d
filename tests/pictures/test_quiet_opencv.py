from collections.abc import Iterator

import cv2
import pytest

from emotion_recognition.pictures.quiet_opencv import silent_opencv


@pytest.fixture
def level() -> Iterator[int]:
    """A level of the log that nothing here sets itself."""
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    yield cv2.utils.logging.LOG_LEVEL_ERROR
    cv2.utils.logging.setLogLevel(before)


def test_the_log_is_off_inside_and_as_before_after(level: int) -> None:
    with pytest.raises(ValueError, match="stop"), silent_opencv():  # noqa: PT012
        assert cv2.utils.logging.getLogLevel() == cv2.utils.logging.LOG_LEVEL_SILENT
        raise ValueError("stop")
    assert cv2.utils.logging.getLogLevel() == level


def test_blocks_of_threads_that_overlap_leave_it_as_before(level: int) -> None:
    # As two threads do: the first leaves while the second is inside.
    first, second = silent_opencv(), silent_opencv()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert cv2.utils.logging.getLogLevel() == cv2.utils.logging.LOG_LEVEL_SILENT
    second.__exit__(None, None, None)
    assert cv2.utils.logging.getLogLevel() == level
