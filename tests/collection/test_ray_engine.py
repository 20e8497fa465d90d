"""Collections on a Ray cluster of two nodes, both on this machine."""

import os
import signal
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emotion_recognition.collection import CollectionSettings, DetectorPlan, RayEngine, annotate_collection
from emotion_recognition.collection.annotate import Piece
from emotion_recognition.collection.fingerprint import Fingerprint
from emotion_recognition.collection.items import FILE, Item
from emotion_recognition.collection.shard_work import ShardWork
from emotion_recognition.collection.worker_pool import Finished, Lost
from emotion_recognition.error_about import names_of

# Ray leaves sockets and files open, and warns of what it will do in another version.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes with a core each; this process is connected to them."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray
        from ray.cluster_utils import Cluster

        cluster = Cluster()
        for _ in range(2):
            cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        yield cluster
        ray.shutdown()
        cluster.shutdown()


@dataclass(frozen=True)
class Sleepy:
    """Work that never comes to an end with an item called so."""

    def __call__(self) -> Any:
        return self.look

    def look(self, items: Sequence[Item]) -> Any:
        if items[0].name == "hang":
            time.sleep(3600)
        return [item.name for item in items]


def test_a_killed_actor_and_a_killed_node_change_nothing(
    cluster: Any, pictures: Path, plan: DetectorPlan, tmp_path: Path
) -> None:
    import ray

    settings = CollectionSettings(shard_size=1)
    annotate_collection([str(pictures)], tmp_path / "whole", plan, settings)
    engines: list[RayEngine] = []
    written: list[int] = []

    def engine(work: ShardWork) -> RayEngine:
        engines.append(RayEngine(work))
        return engines[0]

    def step(count: int) -> None:
        written.append(count)
        if len(written) == 1:
            handle = next(actor for actor in engines[0]._actors if actor.is_ready)._handle
            os.kill(ray.get(handle.__ray_call__.remote(lambda worker: os.getpid())), signal.SIGKILL)
        if len(written) == 4:
            cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)

    counts = annotate_collection([str(pictures)], tmp_path / "out", plan, settings, engine=engine, step=step)
    assert counts == {"pictures": 10, "frames": 0, "faces": 3, "without_face": 6, "unreadable": 1}
    assert written == [1] * 10
    tables = [
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.parquet")}
        for folder in (tmp_path / "whole", tmp_path / "out")
    ]
    assert tables[0] == tables[1]
    assert len(tables[0]) == 20


def test_what_hangs_is_lost_in_time_and_the_rest_goes_on(cluster: Any) -> None:
    work: Any = Sleepy()
    with RayEngine(work, workers=1) as engine:
        for name, seconds in (("hang", 0.5), ("a", 60.0)):
            engine.submit(Piece(0, 0, (Item(name, FILE, name),), seconds))
        lost, finished = engine.next(), engine.next()
    assert isinstance(lost, Lost)
    assert lost.reason.startswith("took longer than ")
    assert isinstance(finished, Finished)
    assert finished.result == ["a"]


def test_another_model_on_a_node_is_refused(cluster: Any, plan: DetectorPlan) -> None:
    work = ShardWork(plan, Fingerprint("0" * 16, "1" * 16), ("a",))
    with RayEngine(work, workers=1) as engine, pytest.raises(ValueError, match="has another model or face detector"):
        engine.next()


def test_a_cluster_without_room_is_an_error(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emotion_recognition.collection.ray_engine._START_SECONDS", 0.5)
    monkeypatch.setattr("emotion_recognition.collection.ray_engine._LOOK_SECONDS", 0.2)
    work: Any = Sleepy()
    with (
        RayEngine(work, workers=1, gpus_per_worker=1.0) as engine,
        pytest.raises(TimeoutError, match=r"No Ray actor came up within 0\.5 seconds: no node .* core and 1 GPUs"),
    ):
        engine.next()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:1", r"There is no Ray cluster at 127\.0\.0\.1:1: Connection refused"),
        ("nowhere", r"address must be auto or HOST:PORT\. Received: nowhere"),
        ("a:99999", r"address must be auto or HOST:PORT\. Received: a:99999"),
    ],
)
def test_an_address_without_a_cluster_leaves_nothing(
    address: str, message: str, pictures: Path, plan: DetectorPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    with pytest.raises((ValueError, OSError), match=message) as caught:
        annotate_collection([str(pictures)], tmp_path, plan, engine=lambda work: RayEngine(work, address))
    assert names_of(caught.value) == ("address",)
    assert list(tmp_path.iterdir()) == []
