"""Builds and trains on a data set that is larger than what may be held in memory.

A CSV of a million made-up 48×48 images is built into HDF5 splits by BuildDataset.py; its peak memory is measured. Then
the first 200 steps of an epoch are trained on the streamed training split, in a process of its own that starts with
none of the file in the operating system's cache: how much of the file was read, peak memory. Last, rounds of steps on
the streamed split alternate with rounds on images that are in memory; the ratio of the medians counts.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.build_dataset import build, in_a_process
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import Workspace

if TYPE_CHECKING:
    import keras
    import numpy as np

    from emotion_recognition.data.batches.batches import TrainingBatches

#: Limits: MiB of memory while building; the share of the in-memory speed that streaming must keep.
BAR_MEMORY, BAR_SPEED = 1024, 0.90

_BATCH_SIZE = 64
#: Images of the comparison in memory.
_IN_MEMORY = 20_000
#: Distinct rows of the CSV; made once and repeated, so that writing the CSV takes less time than reading it.
_DISTINCT = 1009


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1_000_000, help="rows of the CSV; a million take 10.6 GB of disk")
    parser.add_argument("--folder", type=Path, help="where the files go for a while (default: the system's)")
    parser.add_argument("--steps", type=int, default=200, help="steps of the first epoch")
    parser.add_argument("--round_steps", type=int, default=25, help="steps in a round of the comparison")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each kind")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        base, source = Path(folder) / "base", Path(folder) / "fer2013.csv"
        _write_csv(source, arguments.images)
        print(f"{arguments.images:,} rows, {source.stat().st_size / 1e9:.2f} GB of CSV", flush=True)
        seconds, memory = in_a_process(build, source, base)
        source.unlink()
        print(
            f"built in {seconds:.1f} s ({arguments.images / seconds:,.0f} images per second), peak memory "
            f"{memory:.0f} MiB (bar: {BAR_MEMORY}): {'met' if memory <= BAR_MEMORY else 'NOT met'}",
            flush=True,
        )
        train = Workspace(base).split_path("train", 7)
        context = multiprocessing.get_context("spawn")
        for work, options in (
            (_first_steps, (train, arguments.steps)),
            (_compare, (train, arguments.round_steps, arguments.rounds)),
        ):
            process = context.Process(target=work, args=options)
            process.start()
            process.join()
            if process.exitcode:
                raise ValueError("training on the built split failed, see above.")


def _write_csv(path: Path, count: int) -> None:
    """Rows of noise with FER2013's shares of the splits; they repeat, which neither building nor training notices."""
    import numpy as np

    pixels = np.random.default_rng(0).integers(0, 256, (_DISTINCT, 48 * 48))
    rows = [f"{index % 7},{' '.join(map(str, row))}," for index, row in enumerate(pixels)]
    usages = ("Training",) * 8 + ("PublicTest", "PrivateTest")
    with path.open("w", encoding="ascii", buffering=1 << 24) as file:
        file.write("emotion,pixels,Usage\n")
        for index in range(count):
            file.write(f"{rows[index % _DISTINCT]}{usages[index % 10]}\n")


def _first_steps(path: Path, steps: int) -> None:
    """Trains on a file that is not cached, and prints how much of it was read."""
    from emotion_recognition.data.files.hdf5 import read_split

    network, split = _network(), read_split(path, stream_above=0)
    _forget(path)
    read_before = _bytes_read()
    seconds = _seconds(network, _batches(split.images, split.labels), steps)
    read = _bytes_read() - read_before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    used = steps * _BATCH_SIZE * int(split.images[0].nbytes)
    print(
        f"first {steps} steps: {steps * _BATCH_SIZE / seconds:.1f} images per second with compiling; read "
        f"{read / 1e6:.0f} MB of the file's {path.stat().st_size / 1e6:,.0f} MB for {used / 1e6:.0f} MB of images; "
        f"peak memory of training {peak / 2**20:.0f} MiB",
        flush=True,
    )


def _compare(path: Path, steps: int, rounds: int) -> None:
    """Prints the speed of streamed and of in-memory training."""
    import numpy as np

    from emotion_recognition.data.files.hdf5 import read_split

    network, split = _network(), read_split(path, stream_above=0)
    few = min(_IN_MEMORY, len(split))
    kinds = {
        "in memory": _batches(np.array(split.images[:few]), split.labels[:few]),
        "streamed": _batches(split.images, split.labels),
    }
    speeds: dict[str, list[float]] = {name: [] for name in kinds}
    for turn in range(rounds + 1):
        for name, batches in kinds.items():
            seconds = _seconds(network, batches, steps)
            if turn > 0:  # the first round compiles the step
                speeds[name].append(steps * _BATCH_SIZE / seconds)
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    for name, values in speeds.items():
        print(f"{name:>9}: {medians[name]:7.1f} images per second ({min(values):.1f} to {max(values):.1f})")
    ratio = medians["streamed"] / medians["in memory"]
    met = "met" if ratio >= BAR_SPEED else "NOT met"
    print(f"streamed / in memory: {ratio:.3f} (bar: at least {BAR_SPEED:.2f}): {met}")


def _network() -> "keras.Model":
    import_keras()
    from emotion_recognition.models import build_network
    from emotion_recognition.models.precision import with_precision
    from emotion_recognition.training.compiling import compile_network
    from emotion_recognition.training.settings import StageSettings

    # As TrainNetwork.py --mixed_precision trains it: the faster a step, the harder for the file to keep up.
    network = with_precision(build_network("vggnet", num_classes=7), "mixed_bfloat16", fused_normalization=True)
    compile_network(network, StageSettings(batch_size=_BATCH_SIZE), classes=7, steps=10_000)
    return network


def _batches(images: "np.ndarray", labels: "np.ndarray") -> "TrainingBatches":
    from emotion_recognition.data.batches.batches import TrainingBatches
    from emotion_recognition.data.batches.targets import one_hot

    return TrainingBatches(images, one_hot(labels, 7), batch_size=_BATCH_SIZE, seed=0)


def _seconds(network: "keras.Model", batches: "TrainingBatches", steps: int) -> float:
    """Times an epoch from inside: TensorFlow's input pipeline may take seconds to wind down after the last one."""
    import keras

    times: list[float] = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: times.append(time.perf_counter()),
        on_epoch_end=lambda epoch, logs: times.append(time.perf_counter()),
    )
    network.fit(batches, shuffle=False, steps_per_epoch=steps, verbose=0, callbacks=[clock])
    return times[1] - times[0]


def _forget(path: Path) -> None:
    """Drops a file from the operating system's cache, where that can be asked for."""
    if hasattr(os, "posix_fadvise"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _bytes_read() -> int:
    """Bytes that this process has had read from disks; 0 where the system does not tell."""
    counters = Path("/proc/self/io")
    if not counters.exists():
        return 0
    return int(next(line for line in counters.read_text().splitlines() if line.startswith("read_bytes")).split()[1])


if __name__ == "__main__":
    sys.exit(main())
