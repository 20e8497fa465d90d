"""Trials of a search on a Ray cluster, which is this machine."""

import dataclasses
import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emotion_recognition.error_about import names_of
from emotion_recognition.ray_cluster import room_for
from emotion_recognition.tuning import trainings
from emotion_recognition.tuning.ray_trainings import RayTrainings
from emotion_recognition.tuning.search_space import Range
from emotion_recognition.tuning.study import Search, run_search
from emotion_recognition.tuning.trainings import LostTrainingError

# Ray leaves sockets and files open, and warns of what it will do in another version.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.usefixtures("generated_code_goes")]

#: Writes its process number, and never comes to its end.
ENDLESS = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); time.sleep(3600)"


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray

        options: dict[str, Any] = {"include_dashboard": False, "object_store_memory": 80 * 2**20}
        ray.init(address="local", num_cpus=2, log_to_driver=False, logging_level="ERROR", **options)
        yield ray
        ray.shutdown()


def is_running(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def wait_for(condition: Any) -> Any:
    end = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def test_trials_run_on_the_cluster(ray: Any, search: Search) -> None:
    with RayTrainings(search.storage) as trainings:
        assert trainings.slots == 2
        said: list[str] = []
        ranges = (Range("learning_rate", 0.0, 0.8),)
        study = run_search(dataclasses.replace(search, ranges=ranges, start=trainings), 2, workers=2, say=said.append)
        done = [trial for trial in study.get_trials() if trial.state.name == "COMPLETE"]
        assert len(done) == 2, said
        for trial in done:
            assert trial.value == pytest.approx(1 - (trial.params["learning_rate"] - 0.3) ** 2)
        training = trainings([sys.executable, "-c", "import sys; sys.exit('error: diverged')"])
        assert training.wait(60) == 1
        assert training.errors() == "error: diverged\n"
        training.end()


def test_a_training_whose_machine_dies_is_lost_and_one_that_is_ended_ends(ray: Any, tmp_path: Path) -> None:
    with RayTrainings(tmp_path) as trainings:
        for name in ("ended", "lost"):
            training = trainings([sys.executable, "-c", ENDLESS, str(tmp_path / name)])
            process = int(wait_for(lambda file=tmp_path / name: file.exists() and file.read_text()))
            assert training.wait(0.1) is None
            if name == "lost":
                holder = ray.get(training._handle.__ray_call__.remote(lambda worker: os.getpid()))
                os.kill(holder, signal.SIGKILL)
                with pytest.raises(LostTrainingError, match="its process or machine was lost"):
                    training.wait(60)
            training.end()
            wait_for(lambda process=process: not is_running(process))


def test_a_machine_without_the_folder_or_room_is_an_error(ray: Any, tmp_path: Path) -> None:
    alone = pytest.raises(OSError, match=r"The machine .* has no .*missing; all machines must share its folder\.")
    with RayTrainings(tmp_path / "missing") as trainings, alone:
        trainings(["true"])
    with RayTrainings(tmp_path, gpus_per_worker=1) as trainings, pytest.raises(ValueError, match="and 1 GPUs for a"):
        _ = trainings.slots
    with pytest.raises(ValueError, match=r"cpus_per_worker must be above 0\. Received: 0") as caught:
        RayTrainings(tmp_path, cpus_per_worker=0)
    assert names_of(caught.value) == ("cpus_per_worker",)


def test_a_training_has_to_fit_on_one_machine(ray: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [{"Alive": True, "Resources": {"CPU": 4.0, "GPU": 1.0}} for _ in range(3)]
    nodes.append({"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}})
    monkeypatch.setattr(ray, "nodes", lambda: nodes)
    assert [room_for(cpus, gpus) for cpus, gpus in ((1, 0), (3, 0), (5, 0), (1, 0.4))] == [12, 3, 0, 6]


def test_a_training_that_does_not_end_when_it_is_told_to_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainings, "_PATIENCE", 0.0)
    stubborn = (
        "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "sys.stderr.write('on'); sys.stderr.flush(); signal.pause()"
    )
    training = trainings.LocalTraining([sys.executable, "-c", stubborn])
    while not training.errors():
        assert training.wait(0.01) is None
    training.end()
    assert training.wait(0) is not None
