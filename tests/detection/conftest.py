"""What several tests of detection need: a web server on this machine, a face detector of random weights."""

import hashlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotion_recognition.models.face_ssd.priors import PriorSettings

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], str]]:
    """A function that starts a server on 127.0.0.1 which gives one answer to every GET, and returns its address."""
    monkeypatch.setenv("no_proxy", "*")
    servers: list[http.server.HTTPServer] = []

    def start(answer: Answer) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, format: str, *arguments: object) -> None:
                """Stays silent."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


#: The prior boxes of :func:`random_network`.
PRIORS = PriorSettings((8, 16, 32, 64), ((10.0, 16.0), (28.0,), (60.0,), (120.0, 200.0)), 0.8)


def copy_entry(content: bytes, model_sha256: str = "0" * 64) -> dict[str, Any]:
    """What a card says of its ONNX file."""
    sha256 = hashlib.sha256(content).hexdigest()
    return {"sha256": sha256, "model_sha256": model_sha256, "max_difference": 0.0}


def write_card(path: Path, /, **changed: Any) -> None:
    """Writes the card of an ONNX file; entries that are None are left out."""
    card = {
        "network": "face_ssd",
        "input": {"size": 320, "channels": 3, "colour": "BGR", "pixels": "0..255"},
        **PRIORS.to_card(),
        "class_names": ["face"],
        "onnx": copy_entry(path.read_bytes()),
        "min_confidence": 0.4,
    }
    entries = {key: value for key, value in {**card, **changed}.items() if value is not None}
    path.with_suffix(".json").write_text(json.dumps(entries), encoding="utf-8")


@pytest.fixture(scope="session")
def random_network() -> Any:
    """A face_ssd in Keras, small and untrained: its scores and boxes vary from place to place."""
    import keras

    from emotion_recognition.models.face_ssd.network import FaceSsdSize, face_ssd

    keras.utils.set_random_seed(3)
    network = face_ssd(PRIORS, FaceSsdSize((4, 8), (8, 8, 8, 8), (1, 1, 1, 1), 8))
    draw = np.random.default_rng(3)
    for stride in PRIORS.strides:
        kernel, bias = network.get_layer(f"stride{stride}").get_weights()
        kernel = draw.normal(0, 0.5, kernel.shape)
        network.get_layer(f"stride{stride}").set_weights([kernel, np.where(bias < 0, -2.0, 0.0)])
    return network


@pytest.fixture(scope="session")
def random_detector(random_network: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its ONNX file, exported as the released one is, with the card beside it; tests only read them."""
    from emotion_recognition.models.keras_export import silence
    from emotion_recognition.models.portable import portable

    path = tmp_path_factory.mktemp("face_ssd") / "face_ssd.onnx"
    copy = portable(random_network)
    copy(np.zeros((1, 64, 64, 3), np.float32))  # Keras exports only what has run
    with silence():
        copy.export(str(path), format="onnx", verbose=False)
    write_card(path)
    return path
