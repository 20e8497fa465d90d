"""How much faster BuildDataset.py reads FER2013 than a plain loop over its rows.

Both run as whole processes on the same CSV, in turn, and write the same arrays. Prints seconds, peak memory, bytes
written, and the ratio.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from emotion_recognition.command_line.exit_status import exit_status

#: The build's limits on two cores: seconds, MiB of memory, MB on disk.
BAR_SECONDS, BAR_MEMORY, BAR_DISK = 3.0, 1024, 95


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path, help="fer2013.csv, unpacked")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind; medians are printed")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments.csv, arguments.rounds))


def _measure(source: Path, rounds: int) -> None:
    with source.open("rb") as file:  # into the page cache
        while file.read(1 << 24):
            pass
    seconds: dict[str, list[float]] = {"BuildDataset.py": [], "loop over rows": []}
    memory: dict[str, float] = {}
    disk: dict[str, float] = {}
    works = {"BuildDataset.py": build, "loop over rows": _loop}
    for _ in range(rounds):
        for name, work in works.items():
            with tempfile.TemporaryDirectory() as folder:
                took, memory[name] = in_a_process(work, source, Path(folder))
                seconds[name].append(took)
                disk[name] = sum(path.stat().st_size for path in Path(folder).rglob("*.hdf5")) / 1e6
    for name in works:
        print(f"{name:>15}: {statistics.median(seconds[name]):5.2f} s, {memory[name]:5.0f} MiB, {disk[name]:5.1f} MB")
    ours = "BuildDataset.py"
    ratio = statistics.median(b / a for a, b in zip(*seconds.values(), strict=True))
    met = statistics.median(seconds[ours]) <= BAR_SECONDS and memory[ours] <= BAR_MEMORY and disk[ours] <= BAR_DISK
    print(
        f"{ratio:.1f} times as fast (bars: {BAR_SECONDS} s, {BAR_MEMORY} MiB, {BAR_DISK} MB: "
        f"{'met' if met else 'NOT met'})"
    )


def in_a_process(work: Callable[[Path, Path], None], source: Path, folder: Path) -> tuple[float, float]:
    """Runs work in a new interpreter; returns seconds from its start to its end, and its peak memory in MiB."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(work, source, folder, sender))
    started = time.perf_counter()
    process.start()
    peak: float = receiver.recv()
    process.join()
    if process.exitcode:
        raise ValueError(f"{source} could not be built, see above.")
    return time.perf_counter() - started, peak


def _run(
    work: Callable[[Path, Path], None], source: Path, folder: Path, sender: "multiprocessing.connection.Connection"
) -> None:
    try:
        with Path(os.devnull).open("w") as sys.stdout:
            work(source, folder)
    finally:
        # Linux counts in KiB, macOS in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        sender.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20)


def build(source: Path, folder: Path) -> None:
    """Runs BuildDataset.py; ends the process when it fails."""
    import BuildDataset

    if BuildDataset.main(["-b", str(folder), "--input", str(source)]):
        sys.exit(1)


def _loop(source: Path, folder: Path) -> None:
    """What a first version does: one row at a time, each number by itself, images as they come out of NumPy."""
    import csv

    import h5py
    import numpy as np

    rows: dict[str, tuple[list[np.ndarray], list[int]]] = {}
    with source.open(newline="") as file:
        for row in csv.DictReader(file):
            images, labels = rows.setdefault(row["Usage"], ([], []))
            images.append(np.array([int(number) for number in row["pixels"].split(" ")]).reshape(48, 48, 1))
            labels.append(int(row["emotion"]))
    for usage, (images, labels) in rows.items():
        with h5py.File(folder / f"{usage}.hdf5", "w") as target:
            target["images"] = np.array(images)
            target["labels"] = np.array(labels)


if __name__ == "__main__":
    sys.exit(main())
