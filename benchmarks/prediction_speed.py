"""How fast a network goes through a test split, by the way it is called and by batch size.

Shows an untrained network 3,589 images of noise, as many as FER2013's test split has. Prints seconds and, for each way,
how many times as long it takes as :func:`~emotion_recognition.evaluation.predictions.predict`; rounds alternate,
medians count.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.models import DEFAULT_NETWORK, NETWORKS
from emotion_recognition.quiet_start import import_keras

IMAGES = 3589


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=NETWORKS, default=DEFAULT_NETWORK, help="architecture")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each kind")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments.network, arguments.rounds))


def _measure(name: str, rounds: int) -> None:
    import_keras()
    import keras
    import numpy as np

    from emotion_recognition.evaluation.predictions import predict
    from emotion_recognition.models import build_network

    network = build_network(name, num_classes=7)
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, 48, 48, 1), dtype=np.uint8)
    compiled = keras.Model(network.inputs, network.outputs)
    compiled.jit_compile = True
    plain = keras.Model(network.inputs, network.outputs)
    plain.jit_compile = False
    default = PredictionSettings().batch_size
    ways: dict[str, Callable[[], object]] = {
        f"predict(), batches of {size}": partial(predict, network, images, PredictionSettings(size))
        for size in (default, 32, 64, 256, 512)
    }
    ways[f"Keras's own predict, batches of {default}"] = partial(plain.predict, images, default, verbose=0)
    ways[f"the same with XLA, batches of {default}"] = partial(compiled.predict, images, default, verbose=0)

    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for round_number in range(rounds + 1):
        for way, call in ways.items():
            start = time.perf_counter()
            call()
            if round_number:  # the first one compiles
                seconds[way].append(time.perf_counter() - start)
    medians = {way: statistics.median(values) for way, values in seconds.items()}
    reference = next(iter(medians.values()))
    for way, median in medians.items():
        print(f"{way:<40} {median:6.2f} s  {median / reference:5.2f} times as long")


if __name__ == "__main__":
    sys.exit(main())
