"""How many faces a second are classified: by runtime, by float32 or int8, by batch size and by number of threads.

Crops of noise go through the whole of :class:`~emotion_recognition.detection.classifier.EmotionClassifier`. The rounds
take all ways in turn and medians count, so that a busy machine slows all of them alike; read the ratios. With one
thread, seconds are those of the processor, which other processes do not lengthen. With
``--peer_python``, the package ``fer`` classifies its crops in the same rounds, see ``make bench-peers``; how many
threads it takes is its own affair. ``--front`` draws accuracy against parameters and milliseconds, of the models whose
cards have FER2013's test split, with the times of one thread in batches of 16.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peer_worker import CROPS
from benchmarks.peers import REPOSITORY, Worker
from emotion_recognition.atomic_file import check_can_write
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import at_least_one, new_parser
from emotion_recognition.models import NETWORKS
from emotion_recognition.models.card import read_card
from emotion_recognition.models.runtimes.registry import RUNTIMES
from emotion_recognition.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np

#: The first way, which the others are compared with, is that of the first runtime with float32, one by one.
BATCHES, THREADS = (1, 16, 64), (1, 2)

#: Parameters, and accuracy on FER2013's test split, of other projects' networks, see docs/evaluation.md.
OTHERS = {"fer": (58_423, 0.6556), "face-api.js": (324_000, 0.586)}

_PEER = "fer, all at once"
#: The size of batches whose times are drawn.
_SHOWN = BATCHES.index(16)


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser(__doc__ or "")
    parser.add_argument("-m", "--input_model", nargs="+", help="models (default: the released one for -n)")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=[], help="untrained networks beside them")
    parser.add_argument("--images", type=at_least_one, default=256, help="crops in each measurement")
    parser.add_argument(
        "--threads", nargs="+", type=at_least_one, default=THREADS, help="numbers of threads, a table each"
    )
    parser.add_argument("--rounds", type=at_least_one, default=5, help="rounds over all ways")
    parser.add_argument("--front", type=Path, metavar="FILE", help="draw accuracy against parameters and milliseconds")
    parser.add_argument("--peer_python", help="the Python of the environment that has fer")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    import numpy as np

    if arguments.front is not None:
        if 1 not in arguments.threads:
            raise ValueError("--front draws what a single thread does; name 1 among --threads.")
        check_can_write(arguments.front)
    workspace = Workspace(arguments.base_path)
    models = [workspace.find_model(name) for name in arguments.input_model or ()]
    models = models or [workspace.released_model(arguments.num_emotions)]
    with tempfile.TemporaryDirectory() as name:
        models += [_untrained(network, Path(name)) for network in arguments.networks]
        copies = [copy for model in models for copy in (model, model.with_name(f"{model.stem}_int8.onnx"))]
        copies = [copy for copy in copies if copy.is_file()]
        crops = np.random.default_rng(0).integers(0, 256, (arguments.images, 48, 48, 1), dtype=np.uint8)
        peer = None
        if arguments.peer_python:
            worker = [arguments.peer_python, str(REPOSITORY / "benchmarks" / "peer_worker.py"), "fer", "{}"]
            peer = Worker(worker)
        for threads in arguments.threads:
            ways = _ways(copies, threads, arguments.num_emotions)
            rates = _rounds(ways, crops, arguments.rounds, peer, threads)
            _print(threads, rates)
            if threads == 1 and arguments.front is not None:
                # Only here: Matplotlib is not there where detection alone is installed.
                from emotion_recognition.plots import draw_front

                draw_front(arguments.front, front(copies, rates), "FER2013's test split, and what it costs")
        if peer is not None:
            peer.close()


def front(copies: Sequence[Path], rates: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """What :func:`~emotion_recognition.plots.draw_front` draws: models that were tested, and other projects' networks.

    Args:
        copies: Model files; those whose card has no figures of the test split are left out.
        rates: Faces a second in batches of each of :data:`BATCHES`, by way.

    Returns:
        The rows, ours first.
    """
    rows = []
    for copy in copies:
        card = read_card(copy) or {}
        tested = card.get("metrics", {}).get("test")
        if tested is None:
            continue
        ways = {
            way.removeprefix(f"{copy.stem}, "): each for way, each in rates.items() if way.startswith(f"{copy.stem}, ")
        }
        milliseconds = {runtime: 1000 / each[_SHOWN] for runtime, each in ways.items()}
        rows.append(
            {
                "name": copy.stem,
                "parameters": card["parameters"],
                "accuracy": tested["accuracy"],
                "milliseconds": milliseconds,
            }
        )
    for name, (parameters, accuracy) in OTHERS.items():
        timed = {name: 1000 / rates[_PEER][0]} if name == "fer" and _PEER in rates else {}
        rows.append({"name": name, "parameters": parameters, "accuracy": accuracy, "milliseconds": timed})
    return rows


def _untrained(network: str, folder: Path) -> Path:
    """Writes a network with its copies."""
    import numpy as np

    from emotion_recognition.models import build_network, save_network
    from emotion_recognition.models.export import export_model

    path = folder / f"{network}.keras"
    save_network(build_network(network, num_classes=7), path)
    noise = np.random.default_rng(0).integers(0, 256, (50, 48, 48, 1), dtype=np.uint8)
    export_model(path, ["onnx", *(["onnx_int8"] if RUNTIMES["onnxruntime"].is_installed else [])], noise)
    return path


def _ways(copies: list[Path], threads: int, classes: int) -> dict[str, Callable[..., object]]:
    """From a row's name to what gives the probabilities of crops."""
    import cv2

    from emotion_recognition.detection.classifier import EmotionClassifier

    cv2.setNumThreads(threads)
    ways: dict[str, Callable[..., object]] = {}
    for copy in copies:
        for runtime, row in RUNTIMES.items():
            # int8 in OpenCV is no faster than float32, see docs/runtimes.md.
            if row.is_installed and not (runtime == "opencv" and copy.stem.endswith("_int8")):
                ways[f"{copy.stem}, {row.title}"] = EmotionClassifier(copy, classes, runtime=runtime).probabilities
    return ways


def _rounds(
    ways: dict[str, Callable[..., object]], crops: "np.ndarray", rounds: int, peer: Worker | None, threads: int
) -> dict[str, list[float]]:
    """Images a second of each way, in batches of each size; medians over the rounds."""
    clock = time.process_time if threads == 1 else time.perf_counter
    spent: dict[tuple[str, int], list[float]] = {}
    of_peer = []
    for number in range(rounds + 1):
        for way, call in ways.items():
            for size in BATCHES:
                seconds = _seconds(partial(_in_batches, call, crops, size), clock)
                if number:  # the first one warms up
                    spent.setdefault((way, size), []).append(seconds)
        if peer is not None:
            answer = peer(["classify"])["processor" if threads == 1 else "seconds"]
            if number:
                of_peer.append(answer)
    rates = {way: [len(crops) / statistics.median(spent[way, size]) for size in BATCHES] for way in ways}
    return {**rates, _PEER: [CROPS / statistics.median(of_peer)]} if of_peer else rates


def _in_batches(call: Callable[..., object], crops: "np.ndarray", size: int) -> None:
    for start in range(0, len(crops), size):
        call(crops[start : start + size])


def _seconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    start = clock()
    work()
    return clock() - start


def _print(threads: int, rates: dict[str, list[float]]) -> None:
    reference = next(iter(rates.values()))[0]
    print(f"\n| {threads} thread{'s' * (threads > 1)} | " + " | ".join(f"batches of {size}" for size in BATCHES) + " |")
    print("|---" * (1 + len(BATCHES)) + "|")
    for way, each in rates.items():
        cells = [f"{rate:.0f} ({rate / reference:.2g} ×)" for rate in each]
        print(f"| {way} | {' | '.join(cells + [''] * (len(BATCHES) - len(cells)))} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
