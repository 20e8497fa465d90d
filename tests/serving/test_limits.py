"""Each limit of the service, on either side of it."""

import asyncio
import io
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from emotion_recognition.error_about import names_of
from emotion_recognition.serving import request_bodies
from emotion_recognition.serving.pool import Pool
from emotion_recognition.serving.refusal import RefusalError
from emotion_recognition.serving.settings import ServingSettings
from tests.serving.conftest import BrightnessDetector, Serves, png


def test_bytes(serves: Serves) -> None:
    client = serves(max_megabytes=0.001)
    assert client.post("/v1/detect", content=png() + bytes(1000 - len(png()))).status_code == 200
    answer = client.post("/v1/detect", content=png() + bytes(1001 - len(png())))
    assert (answer.status_code, answer.json()) == (413, {"error": "Send at most 0.001 MB.", "code": "too_many_bytes"})
    assert "connection" not in answer.headers  # its end would reach the client before the answer


def test_bytes_are_counted_while_they_come_in(serves: Serves) -> None:
    given = 0

    def endless() -> Iterator[bytes]:
        nonlocal given
        while given < 10**6:
            given += 100
            yield bytes(100)

    answer = serves(max_megabytes=0.001).post("/v1/detect", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_bytes")
    form = serves(max_megabytes=0.001).post("/v1/detect", files={"image": ("a", bytes(1001))})
    assert (form.status_code, form.json()["code"]) == (413, "too_many_bytes")


def test_pixels_of_the_header_before_anything_is_decoded(serves: Serves) -> None:
    client = serves(max_megapixels=0.0012)
    assert client.post("/v1/detect", content=png(40, 30)).status_code == 200
    answer = client.post("/v1/detect", content=png(40, 31))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_pixels")
    assert "40×31" in answer.json()["error"]
    avif = io.BytesIO()
    Image.new("RGB", (40, 31)).save(avif, "AVIF")
    answer = client.post("/v1/detect", content=avif.getvalue())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_pixels")
    assert "40×31" in answer.json()["error"]


def test_images_of_a_batch(serves: Serves) -> None:
    client = serves(max_images=2)
    batch = [("images", (str(number), png())) for number in range(3)]
    assert client.post("/v1/detect-batch", files=batch[:2]).status_code == 200
    answer = client.post("/v1/detect-batch", files=batch)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_images")


def test_pictures_past_the_limit_are_not_decoded(serves: Serves, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "decoded", lambda text: pytest.fail("was decoded"))
    answer = serves(max_images=2).post("/v1/detect-batch", json={"images": ["!"] * 3})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_images")


def test_values_of_a_body_before_it_is_parsed(serves: Serves) -> None:
    client = serves()
    for path, body in (("/v1/detect-batch", '{"images": ["!"%s]}'), ("/v1/detect", '{"image": "!", "more": [1%s]}')):
        answer = client.post(path, content=body % (',"!"' * 100_001), headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many_values")


class Gated(BrightnessDetector):
    """Waits, on every picture, until it is let go."""

    def __init__(self) -> None:
        self.started, self.go = threading.Semaphore(0), threading.Event()

    def detect(self, image: np.ndarray) -> Any:
        self.started.release()
        assert self.go.wait(60)
        return super().detect(image)


def test_seconds_of_a_request(serves: Serves) -> None:
    detector = Gated()
    client = serves(detector, seconds=0.05)
    answer = client.post("/v1/detect", content=png())
    assert (answer.status_code, answer.json()["code"]) == (503, "too_slow")
    assert int(answer.headers["retry-after"]) >= 1
    detector.go.set()


def test_past_the_queue_a_request_is_refused_at_once() -> None:
    detector = Gated()
    pool: Pool[Any] = Pool([detector], 1, 60)

    async def ask() -> list[Any]:
        first = asyncio.ensure_future(pool.run(lambda worker: worker.detect(np.full((1, 1, 3), 255, np.uint8))))
        await asyncio.to_thread(detector.started.acquire)
        second = asyncio.ensure_future(pool.run(lambda _: "second"))
        await asyncio.sleep(0)
        assert pool.waiting == 1
        with pytest.raises(RefusalError) as refused:
            await pool.run(lambda _: "third")
        assert (refused.value.status, refused.value.code) == (503, "busy")
        assert int(refused.value.headers["Retry-After"]) >= 1
        detector.go.set()
        return [len(await first), await second]

    assert asyncio.run(ask()) == [1, "second"]
    pool.close()
    assert pool.waiting == 0


def test_what_was_given_up_is_not_done_later() -> None:
    detector, done = Gated(), []
    pool: Pool[Any] = Pool([detector], 5, 0.05)

    async def ask() -> None:
        jobs = [
            asyncio.ensure_future(pool.run(lambda worker: worker.detect(np.full((1, 1, 3), 9, np.uint8)))),
            asyncio.ensure_future(pool.run(lambda _: done.append("late"))),
        ]
        results = await asyncio.gather(*jobs, return_exceptions=True)
        assert [type(result) for result in results] == [RefusalError] * 2

    asyncio.run(ask())
    detector.go.set()
    pool.close()
    assert done == []


def test_detectors_work_side_by_side_and_each_serves_one_at_a_time() -> None:
    together = threading.Barrier(2, timeout=60)
    inside = [0, 0]

    def meet(number: int) -> int:
        inside[number] += 1
        assert inside[number] == 1
        together.wait()
        inside[number] -= 1
        return number

    pool = Pool([0, 1], 10, 60)

    async def ask() -> list[int]:
        return await asyncio.gather(*[pool.run(meet) for _ in range(6)])

    assert set(asyncio.run(ask())) == {0, 1}
    pool.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("detectors", 0),
        ("queue", -1),
        ("max_images", 0),
        ("streams", -1),
        ("connections", 0),
        ("max_megabytes", 0.0),
        ("max_megapixels", 101.0),
        ("max_megapixels", float("nan")),
        ("frames_per_second", float("inf")),
        ("seconds", 0.0),
    ],
)
def test_settings_out_of_range_are_errors(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be") as raised:
        ServingSettings(**{name: value})  # type: ignore[arg-type]
    assert names_of(raised.value) == (name,)
