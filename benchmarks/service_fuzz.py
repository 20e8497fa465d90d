"""Whether the service stands what it is sent: thousands of damaged bodies.

    python -m benchmarks.service_fuzz

No answer may be a 5xx but 501 and 503, no traceback may be logged, and memory may not grow.
"""

import argparse
import base64
import json
import resource
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.workspace import Workspace, find_released_model

#: Bodies after which memory is taken as what the service needs.
_WARM = 0.2


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bodies", type=int, default=5000, help="damaged bodies (default: 5000)")
    parser.add_argument("--seed", type=int, default=0, help="of the damage (default: 0)")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _run(arguments.bodies, arguments.seed))


def damaged_bodies(count: int, seed: int, photo: bytes) -> "list[tuple[str, bytes, str]]":
    """Requests (path, body, content type) that are right but for some damage: bytes changed, cut out, repeated."""
    rng = np.random.default_rng(seed)
    text = base64.b64encode(photo).decode()
    boundary = "b0undary"
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'.encode()
    kinds = [
        ("/v1/detect", photo, "image/jpeg"),
        ("/v1/detect", json.dumps({"image": text}).encode(), "application/json"),
        ("/v1/detect", part + photo + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"),
        ("/v1/detect-batch", json.dumps({"images": [text, text]}).encode(), "application/json"),
        ("/v1/recommend", b'{"probabilities": {"happy": 0.7, "sad": 0.3}, "count": 3}', "application/json"),
        ("/v1/feedback", b'{"recommendation": "abc", "item": "tea", "reward": 1}', "application/json"),
    ]
    bodies = []
    for number in range(count):
        path, body, kind = kinds[number % len(kinds)]
        bodies.append((path, _damaged(body, rng), kind))
    return bodies


def _damaged(body: bytes, rng: np.random.Generator) -> bytes:
    data = bytearray(body)
    for _ in range(int(rng.integers(1, 6))):
        # Headers are short, so that most of the damage is done near the start.
        reach = len(data) if rng.random() < 0.3 else min(len(data), 400)
        start = int(rng.integers(0, max(1, reach)))
        end = start + int(rng.integers(1, 20))
        way = rng.integers(0, 4)
        if way == 0:
            data[start:end] = rng.integers(0, 256, min(end, len(data)) - start, dtype=np.uint8).tobytes()
        elif way == 1:
            del data[start:end]
        elif way == 2:
            data[start:start] = data[start:end] * int(rng.integers(1, 4))
        else:
            del data[start + int(rng.integers(0, max(1, len(data) - start))) :]
    return bytes(data)


def send_bodies(client: Any, bodies: "list[tuple[str, bytes, str]]") -> Counter[int]:
    """Sends bodies to a Starlette test client; returns the answers by status."""
    answers: Counter[int] = Counter()
    for path, body, kind in bodies:
        answer = client.post(path, content=body, headers={"content-type": kind})
        answers[answer.status_code] += 1
        answer.json()  # every answer is JSON
    return answers


def check(answers: Counter[int]) -> None:
    """Refuses faults of the service.

    Raises:
        AssertionError: If an answer is one.
    """
    faults = {status: count for status, count in answers.items() if status >= 500 and status not in (501, 503)}
    if faults:
        raise AssertionError(f"the service has made mistakes: {faults}")


def _run(count: int, seed: int) -> None:
    import cv2
    from starlette.testclient import TestClient

    from emotion_recognition import EmotionDetector
    from emotion_recognition.pictures.image_file import read_image
    from emotion_recognition.serving.app import create_app
    from emotion_recognition.serving.metrics import Metrics
    from emotion_recognition.serving.pool import Pool
    from emotion_recognition.serving.recommending.demonstration import demonstration_items
    from emotion_recognition.serving.recommending.memory import Memory
    from emotion_recognition.serving.recommending.recommender import Recommender
    from emotion_recognition.serving.service import Service, models_of
    from emotion_recognition.serving.settings import ServingSettings

    photo = cv2.imencode(".jpg", cv2.resize(read_image(Workspace().sample_photo), (160, 160)))[1].tobytes()
    detector = EmotionDetector()
    names = detector.classifier.class_names
    pool: Pool[Any] = Pool([detector], 8, 60)
    recommender = Recommender(demonstration_items(names), names, Memory(":memory:"))
    models = models_of(detector, [find_released_model(len(names))])
    service = Service(pool, ServingSettings(), models, Metrics(lambda: pool.waiting), recommender=recommender)
    with TestClient(create_app(service)) as client:
        bodies = damaged_bodies(count, seed, photo)
        warm = int(_WARM * count)
        answers = send_bodies(client, bodies[:warm])
        before = _memory()
        answers += send_bodies(client, bodies[warm:])
        print(f"{count:,} damaged bodies, answers by status: {dict(sorted(answers.items()))}")
        print(f"memory after {warm:,} bodies {before} MiB, at the end {_memory()} MiB; peak {_peak()} MiB")
        check(answers)


def _memory() -> int:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main())
