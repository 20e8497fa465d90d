"""One detector used by several threads."""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from emotion_recognition import EmotionDetector
from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
from emotion_recognition.detection.face_detectors.haar import HaarDetector
from emotion_recognition.detection.face_detectors.settings import DetectionSettings
from emotion_recognition.detection.face_detectors.ssd_opencv import OpenCvSsdDetector
from emotion_recognition.detection.face_detectors.ssd_opencv_files import find_ssd_files
from emotion_recognition.detection.face_detectors.yunet import YuNetDetector, find_yunet_file
from emotion_recognition.detection.one_at_a_time import one_at_a_time
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.image_file import read_image

THREADS = 4


@pytest.fixture(autouse=True)
def _eager_threads() -> Iterator[None]:
    """Threads are switched as often as Python can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(work: Callable[[int], object], count: int) -> list[object]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, range(count)))


class Counter:
    """Counts in a way that loses steps when two threads are inside."""

    def __init__(self) -> None:
        self.count = 0

    @one_at_a_time
    def step(self) -> None:
        before = self.count
        for _ in range(50):
            pass
        self.count = before + 1

    @one_at_a_time
    def two_steps(self) -> None:
        self.step()
        self.step()


def test_no_two_threads_are_inside_and_a_method_may_call_another() -> None:
    counter = Counter()
    at_once(lambda _: counter.two_steps(), 2000)
    assert counter.count == 4000


def test_objects_do_not_wait_for_each_other() -> None:
    first, second = Counter(), Counter()
    with ThreadPoolExecutor(1) as pool:
        inside, leave = threading.Event(), threading.Event()

        class Waiting:
            @one_at_a_time
            def wait(self) -> None:
                inside.set()
                assert leave.wait(60)

        waiting = pool.submit(Waiting().wait)
        assert inside.wait(60)
        first.step()
        second.step()
        leave.set()
        waiting.result()
    assert (first.count, second.count) == (1, 1)


def check_shared(detect: Callable[[np.ndarray], object], pictures: list[np.ndarray]) -> None:
    alone = [detect(picture) for picture in pictures]
    assert any(alone)
    shared = at_once(lambda i: detect(pictures[i % len(pictures)]), 5 * len(pictures))
    assert shared == alone * 5


def test_threads_that_share_the_projects_detector_get_what_each_would_get_alone(random_detector: Path) -> None:
    draw = np.random.default_rng(0)
    pictures = [draw.integers(0, 256, (60 + 40 * i, 200, 3), dtype=np.uint8) for i in range(6)]
    check_shared(FaceSsdDetector(random_detector, DetectionSettings(min_confidence=0.1)).detect, pictures)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["ssd-opencv", "yunet", "haar"])
def test_threads_that_share_another_detector_get_what_each_would_get_alone(name: str, real_data: Path) -> None:
    folder = real_data / "face_detector"
    files, weights = find_ssd_files(folder), find_yunet_file(folder)
    assert files is not None
    assert weights is not None
    detectors = {
        "ssd-opencv": lambda: OpenCvSsdDetector(files),
        "yunet": lambda: YuNetDetector(weights),
        "haar": HaarDetector,
    }
    photo = read_image(real_data / "photos" / "sixteen_expressions.jpg")
    check_shared(detectors[name]().detect, [photo[:212, :320], photo[212:425, 320:960], photo[:425, 640:1280]])


class Careless:
    """A face detector from elsewhere that keeps in itself what it works on."""

    def detect(self, image: np.ndarray) -> list[Face]:
        self.image = image
        for _ in range(50):
            pass
        height, width = self.image.shape[:2]
        return [Face((0, 0, width, height), 0.5)]


def test_threads_that_share_an_emotion_detector_get_what_each_would_get_alone(brightness_model: Path) -> None:
    detector = EmotionDetector(brightness_model, detector=Careless())
    pictures = [np.full((20 + i, 30 + i, 3), 40 * i, np.uint8) for i in range(6)]
    check_shared(lambda picture: detector.detect(picture).to_dict(), pictures)
