"""A service with a detector that knows what it is shown by the picture's brightness, so that tests need no network."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from starlette.testclient import TestClient

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.serving.app import create_app
from emotion_recognition.serving.metrics import Metrics
from emotion_recognition.serving.pool import Pool
from emotion_recognition.serving.service import Models, Service
from emotion_recognition.serving.settings import ServingSettings

NAMES = ("dark", "bright")


class BrightnessDetector:
    """Sees one face on every picture that is not black; how bright it is says what it expresses."""

    def detect(self, image: np.ndarray) -> list[FaceEmotion]:
        bright = round(float(image.mean()) / 255, 3)
        if bright == 0:
            return []
        height, width = image.shape[:2]
        return [FaceEmotion((0, 0, width, height), 0.75, {"dark": 1 - bright, "bright": bright})]


def png(width: int = 4, height: int = 3, value: int = 255) -> bytes:
    return cv2.imencode(".png", np.full((height, width, 3), value, np.uint8))[1].tobytes()


def make_service(settings: ServingSettings | None = None, detector: Any = None, **more: Any) -> Service:
    settings = settings or ServingSettings(detectors=1)
    pool: Pool[Any] = Pool([detector or BrightnessDetector()] * settings.detectors, settings.queue, settings.seconds)
    models = Models(("brightness",), "all of it", NAMES, "no runtime")
    return Service(pool, settings, models, Metrics(lambda: pool.waiting), **{"smooth": 0.0, **more})


Serves = Callable[..., TestClient]


@pytest.fixture
def serves() -> Iterator[Serves]:
    """Makes clients of services with the given settings; they end with the test."""
    clients: list[TestClient] = []

    def make(
        detector: Any = None, service: Service | None = None, key: str | None = None, **settings: Any
    ) -> TestClient:
        service = service or make_service(ServingSettings(**{"detectors": 1, **settings}), detector)
        app = create_app(dataclasses.replace(service, api_key=key) if key else service)
        client = TestClient(app, base_url="http://testserver")
        client.__enter__()
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.__exit__(None, None, None)
