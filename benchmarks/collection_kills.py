"""Annotates a collection on two Ray nodes while workers, nodes and the first process are killed, and compares tables.

    python -m benchmarks.collection_kills --pictures 20000 --kills 20

Makes small pictures, of which a third have the sample's face, a tenth are broken and the others have no face; annotates
them undisturbed in processes of this machine, and then on a cluster, both nodes of which run here. At random moments
a random one of worker, node and first process is killed with SIGKILL; what dies is started again, the first process
with ``--resume``. The moments are spread over the run: the next one is chosen by the shards that are done. In the end
all kills must have happened, the tables must have the bytes of the undisturbed ones, and each picture must be in them
once, as what it is.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "AnnotateCollection.py"
KINDS = ("worker", "node", "driver")


def make_pictures(folder: Path, count: int, side: int = 96) -> None:
    """Writes pictures with known answers: i % 3 == 0 has a face, i % 10 == 9 is broken, the others are noise."""
    sample = read_image(Workspace(ROOT / "FacialExpressionRecognition").sample_photo)
    # The face and as much again round it.
    face = cv2.imencode(".jpg", cv2.resize(sample[18:210, 129:321], (side, side)))[1].tobytes()
    noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    other = cv2.imencode(".jpg", cv2.blur(noise, (9, 9)))[1].tobytes()
    contents = {"unreadable": face[:500], "face": face, "no face": other}
    for i in range(count):
        path = folder / f"{i // 1000:03d}" / f"{i:06d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents[answer(i)])


def answer(i: int) -> str:
    """What must come out of picture i."""
    return "unreadable" if i % 10 == 9 else "face" if i % 3 == 0 else "no face"


def answers(faces: Iterable[str], others: Iterable[tuple[str, str]]) -> dict[int, str]:
    """What has come out of each picture, by its number.

    Args:
        faces: The ``file`` of each row of the table of faces.
        others: ``file`` and ``status`` of each row of the other table.

    Raises:
        ValueError: If a picture has more than one row; each has one face at most.
    """
    found: dict[int, str] = {}
    for file, status in (*((file, "face") for file in faces), *others):
        number = int(Path(file).stem)
        if number in found:
            raise ValueError(f"picture {number} has two rows: {found[number]}, {status}")
        found[number] = status
    return found


def tables(out: Path) -> dict[str, bytes]:
    """The tables of a collection by their names."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*.parquet")}


def children_of(parents: set[int], title: str) -> list[int]:
    """Processes with a title that some processes have started."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if parent in parents and title.encode() in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
            except (OSError, ValueError, IndexError):
                continue
    return found


def moments(shards: int, kills: int, chance: random.Random) -> list[int]:
    """Numbers of shards, in order, after which something dies; the last tenth is left in peace."""
    most = max(1, shards * 9 // 10)
    return sorted(chance.randrange(most) for _ in range(kills))


class Disturbance:
    """A cluster of two nodes, the first process, and what kills them.

    Args:
        command: Starts or resumes the first process.
        chance: Chooses what dies.
    """

    def __init__(self, command: list[str], chance: random.Random) -> None:
        from ray.cluster_utils import Cluster

        self.cluster: Any = Cluster()
        self.nodes = [self._node() for _ in range(2)]
        self._command = [*command, "--address", str(self.cluster.address)]
        self._chance = chance
        self.kills: Counter[str] = Counter()
        self.driver = self._start()

    def _node(self) -> Any:
        for attempt in range(5):
            try:
                return self.cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)
            except Exception as error:  # noqa: BLE001 - Ray raises no other kind when a busy machine is slow
                print(f"a node did not start, attempt {attempt + 1}: {error}", flush=True)
        raise RuntimeError("no node starts on this machine")

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """Kills something."""
        kind = self._chance.choice(KINDS)
        if kind == "worker":
            raylets = {process.process.pid for node in self.nodes for process in node.all_processes.get("raylet", [])}
            workers = children_of(raylets, "RayWorker")
            if not workers:
                return
            os.kill(self._chance.choice(workers), signal.SIGKILL)
        elif kind == "node":
            # The first node has the cluster's own store, without which there is no cluster.
            self.cluster.remove_node(self.nodes.pop(), allow_graceful=False)
            self.nodes.append(self._node())
        else:
            self.driver.kill()
            self.driver.wait()
            self.driver = self._start()
        self.kills[kind] += 1
        print(f"killed a {kind}; {sum(self.kills.values())} so far", flush=True)


def main() -> int:
    """Runs the comparison; returns 0 if the tables are the same."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--shard_size", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the figures")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        return _compare(folder, arguments)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _compare(folder: Path, arguments: argparse.Namespace) -> int:
    make_pictures(folder / "pictures", arguments.pictures)
    chance = random.Random(arguments.seed)
    common = [sys.executable, str(SCRIPT), str(folder / "pictures"), "--detector", "haar"]
    common += ["--shard_size", str(arguments.shard_size)]
    began = time.monotonic()
    subprocess.run([*common, "--out", str(folder / "whole"), "--workers", "2"], stdout=subprocess.DEVNULL, check=False)
    undisturbed = time.monotonic() - began
    print(f"undisturbed: {undisturbed:.0f} seconds", flush=True)
    began = time.monotonic()
    disturbance = Disturbance([*common, "--out", str(folder / "out"), "--resume", "--engine", "ray"], chance)
    done = folder / "out" / "done"
    shards = -(-arguments.pictures // arguments.shard_size)
    for moment in moments(shards, arguments.kills, chance):
        while (now := len(list(done.glob("*.json")))) < moment and disturbance.driver.poll() is None:
            time.sleep(0.2)
        # Not always as a shard has just been written.
        time.sleep(chance.uniform(0, 2))
        before = sum(disturbance.kills.values())
        while disturbance.driver.poll() is None and sum(disturbance.kills.values()) == before:
            # There may be no worker at this moment.
            disturbance.kill()
            time.sleep(0.2)
        print(f"{now} of {shards} shards were done", flush=True)
    status = disturbance.driver.wait()
    seconds = time.monotonic() - began
    disturbance.cluster.shutdown()
    whole, out = tables(folder / "whole"), tables(folder / "out")
    figures = {
        "pictures": arguments.pictures,
        "shards": len(whole) // 2,
        "kills": dict(disturbance.kills),
        "all_kills": sum(disturbance.kills.values()) == arguments.kills,
        "status": status,
        "same": whole == out,
        "undisturbed_seconds": round(undisturbed, 1),
        "seconds": round(seconds, 1),
    }
    import pandas as pd

    faces, others = (pd.read_parquet(folder / "out" / name) for name in ("faces", "others"))
    figures["faces_rows"], figures["others_rows"] = len(faces), len(others)
    found = answers(faces["file"], zip(others["file"], others["status"], strict=True))
    figures["as_known"] = found == {i: answer(i) for i in range(arguments.pictures)}
    print(json.dumps(figures, indent=2))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if figures["same"] and figures["as_known"] and figures["all_kills"] else 1


if __name__ == "__main__":
    sys.exit(main())
