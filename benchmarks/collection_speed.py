"""Pictures a second of one process, of two, and of Ray nodes that all run here; and what a million cost.

    python -m benchmarks.collection_speed

Makes photographs of 512×512 from the sample. First EmotionDetector.py annotates them in one process and with
``--workers 2``: the whole run counts, start included, and all files must have the same bytes. Then
AnnotateCollection.py makes tables of them in 1 and 2 processes, in 2 actors of a Ray that it starts, and on clusters of
1, 2 and 4 nodes of a core each. There the time counts from the ninth shard that is done to the last, so that no start
is in it, and all tables must have the same bytes. Everything is done in turn, as often as there are rounds; medians
count.

The nodes share the cores of this machine: more nodes than cores show what Ray costs, not what more machines give.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]

#: What two processes must reach: times the speed of one, and what Ray must keep of that.
BAR_WORKERS, BAR_RAY = 1.7, 0.9

#: Shards of a run, and how many of them are done before time counts.
_SHARDS, _SKIPPED = 40, 8

#: Nodes of the simulated clusters.
_NODES = (1, 2, 4)


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=1000, help=f"photographs, at least {2 * _SHARDS}")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--detector", default="ssd", help="the face detector")
    parser.add_argument("--json", type=Path, help="write the figures")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the comparison; returns 0 if both bars are met and all outputs are the same."""
    arguments = build_parser().parse_args(argv)
    if arguments.pictures < 2 * _SHARDS or arguments.rounds < 1:
        raise SystemExit(f"--pictures must be at least {2 * _SHARDS}, --rounds at least 1")
    folder = Path(tempfile.mkdtemp())
    try:
        figures = _measure(folder, arguments)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(report(figures))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if figures["same"] and min(ratios(figures)) >= 1 else 1


def make_photographs(folder: Path, count: int, distinct: int = 40) -> None:
    """Writes photographs of 512×512 with a face each: the sample, shifted, mirrored, brighter or darker."""
    sample = read_image(Workspace(ROOT / "FacialExpressionRecognition").sample_photo)
    sample = cv2.resize(sample, (512, 512), interpolation=cv2.INTER_AREA)
    folder.mkdir(parents=True)
    rng, made = np.random.default_rng(0), []
    for _ in range(min(distinct, count)):
        shifted = np.roll(sample, tuple(rng.integers(-30, 31, 2)), (0, 1))[:, :: rng.choice((-1, 1))]
        made.append(cv2.imencode(".jpg", cv2.convertScaleAbs(shifted, alpha=rng.uniform(0.8, 1.1)))[1].tobytes())
    for i in range(count):
        (folder / f"{i:06d}.jpg").write_bytes(made[i % len(made)])


def steady_rate(times: Sequence[float], size: int, skipped: int = _SKIPPED) -> float:
    """Pictures a second, from the times at which shards of ``size`` pictures were done, without the first ones.

    Example:
        >>> steady_rate([9.0, 10.0, 12.0, 11.0], 50, skipped=1)
        50.0
    """
    ordered = sorted(times)[skipped:]
    return size * (len(ordered) - 1) / (ordered[-1] - ordered[0])


def ratios(figures: Mapping[str, Any]) -> tuple[float, float]:
    """Both bars' figures, as parts of what they must be."""
    whole, rate = figures["whole_run"], figures["rate"]
    return (
        whole["two processes"] / whole["one process"] / BAR_WORKERS,
        rate["2 actors of Ray"] / rate["2 processes"] / BAR_RAY,
    )


def report(figures: Mapping[str, Any]) -> str:
    """The figures as tables in Markdown, and both bars."""
    whole, rate = figures["whole_run"], figures["rate"]
    workers, ray = ratios(figures)
    lines = [
        f"{figures['pictures']:,} photographs of 512x512, {figures['cores']} cores, rounds: {figures['rounds']}",
        f"same bytes out: {figures['same']}",
        "",
        f"EmotionDetector.py --workers 2 against one process: {workers * BAR_WORKERS:.2f} "
        f"(bar: {BAR_WORKERS}): {'met' if workers >= 1 else 'NOT met'}",
        f"AnnotateCollection.py --engine ray --workers 2 against --workers 2: {ray * BAR_RAY:.1%} "
        f"(bar: {BAR_RAY:.0%}): {'met' if ray >= 1 else 'NOT met'}",
        "",
        "| EmotionDetector.py, the whole run | pictures a second |",
        "|---|---|",
        *(f"| {name} | {value:.1f} |" for name, value in whole.items()),
        "",
        "| AnnotateCollection.py | pictures a second | hours for a million | core hours for it | against 1 process |",
        "|---|---|---|---|---|",
    ]
    for name, value in rate.items():
        hours = 1e6 / value / 3600
        cores = min(int(name.split()[0]), figures["cores"])
        lines.append(f"| {name} | {value:.1f} | {hours:.1f} | {hours * cores:.1f} | {value / rate['1 process']:.2f} |")
    return "\n".join(lines)


def _measure(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    photographs = folder / "photographs"
    make_photographs(photographs, arguments.pictures)
    whole: dict[str, list[float]] = {"one process": [], "two processes": []}
    runs: dict[str, Callable[[Path], float]] = {
        "1 process": lambda out: _annotate(photographs, out, arguments, "--workers", "1"),
        "2 processes": lambda out: _annotate(photographs, out, arguments, "--workers", "2"),
        "2 actors of Ray": lambda out: _annotate(photographs, out, arguments, "--engine", "ray", "--workers", "2"),
    }
    for count in _NODES:
        name = f"{count} node{'s' * (count != 1)} of Ray"
        runs[name] = lambda out, count=count: _on_nodes(count, photographs, out, arguments)  # type: ignore[misc]
    rates: dict[str, list[float]] = {name: [] for name in runs}
    same = True
    for number in range(arguments.rounds):
        outputs = []
        for name, options in (("one process", ()), ("two processes", ("--workers", "2"))):
            # Both under the same name, which is in the files.
            seconds = _detect(photographs, folder / "out", arguments, options)
            whole[name].append(arguments.pictures / seconds)
            outputs.append(_contents(folder / "out"))
            shutil.rmtree(folder / "out")
            print(f"round {number + 1}, EmotionDetector.py, {name}: {seconds:.1f} seconds", flush=True)
        same = same and outputs[0] == outputs[1]
        outputs = []
        for name, run in runs.items():
            rates[name].append(run(folder / "out"))
            outputs.append(_contents(folder / "out", "*.parquet"))
            shutil.rmtree(folder / "out")
            print(f"round {number + 1}, AnnotateCollection.py, {name}: {rates[name][-1]:.1f} pictures/s", flush=True)
        same = same and all(output == outputs[0] for output in outputs)
    return {
        "pictures": arguments.pictures,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "rounds": arguments.rounds,
        "detector": arguments.detector,
        "same": same,
        "whole_run": {name: statistics.median(values) for name, values in whole.items()},
        "rate": {name: statistics.median(values) for name, values in rates.items()},
        "rounds_whole_run": whole,
        "rounds_rate": rates,
    }


def _detect(photographs: Path, out: Path, arguments: argparse.Namespace, options: Sequence[str]) -> float:
    began = time.monotonic()
    files = ["-o", str(out / "annotated"), "--json", str(out / "faces.json"), "--csv", str(out / "faces.csv")]
    _run("EmotionDetector.py", "-i", str(photographs), *files, "--detector", arguments.detector, *options)
    return time.monotonic() - began


def _annotate(photographs: Path, out: Path, arguments: argparse.Namespace, *options: str) -> float:
    size = arguments.pictures // _SHARDS
    more = ["--shard_size", str(size), "--detector", arguments.detector, *options]
    _run("AnnotateCollection.py", str(photographs), "--out", str(out), *more)
    # The last shard may be smaller.
    times = [path.stat().st_mtime for path in sorted((out / "done").glob("*.json"))[:_SHARDS]]
    return steady_rate(times, size)


def _on_nodes(count: int, photographs: Path, out: Path, arguments: argparse.Namespace) -> float:
    with _cluster(count) as address:
        return _annotate(photographs, out, arguments, "--engine", "ray", "--address", address)


@contextlib.contextmanager
def _cluster(nodes: int) -> Iterator[str]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    cluster: Any = Cluster()
    try:
        for _ in range(nodes):
            cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)
        yield str(cluster.address)
    finally:
        cluster.shutdown()


def _run(script: str, *arguments: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / script), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{script} ended with status {done.returncode}: {done.stderr[-2000:]}")


def _contents(folder: Path, pattern: str = "*") -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob(pattern) if path.is_file()}


if __name__ == "__main__":
    sys.exit(main())
