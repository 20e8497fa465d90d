"""How much of the network's own speed is left in real training, with shuffling and augmentation.

Compares the steps of ``fit`` on augmented batches of the training split with the same steps on one batch that is
made once and shown again and again, and these with Keras's own composed batch normalisation; rounds alternate, medians
count. Prints images per second and their ratios.
"""

import argparse
import statistics
import sys
import time

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import new_parser
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.workspace import Workspace

#: Real training must keep at least this share of the speed on one cached batch.
BAR = 0.90


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser(__doc__ or "")
    parser.add_argument("--steps", type=int, default=20, help="steps in a round")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each kind")
    parser.add_argument("--batch_size", type=int, default=StageSettings().batch_size, help="images per step")
    parser.add_argument("--mixed_precision", action="store_true", help="compute in bfloat16")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    import_keras()
    import keras
    import numpy as np

    from emotion_recognition.data.batches.augmentation import Augmentation
    from emotion_recognition.data.batches.batches import TrainingBatches
    from emotion_recognition.data.batches.random_changes import with_random_changes
    from emotion_recognition.data.batches.targets import training_targets
    from emotion_recognition.data.files.hdf5 import read_split
    from emotion_recognition.models import build_network
    from emotion_recognition.models.precision import with_precision
    from emotion_recognition.training.compiling import compile_network

    class CachedBatch(keras.utils.PyDataset):
        def __init__(self, batch: tuple[np.ndarray, ...], steps: int) -> None:
            super().__init__()
            self._batch = batch
            self._steps = steps

        def __len__(self) -> int:
            return self._steps

        def __getitem__(self, step: int) -> tuple[np.ndarray, ...]:
            return self._batch

    class EpochClock(keras.callbacks.Callback):
        """Times an epoch from inside: TensorFlow's input pipeline may take seconds to wind down after the last one."""

        seconds = 0.0

        def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            self._started = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            self.seconds = time.perf_counter() - self._started

    train = read_split(Workspace(arguments.base_path).split_path("train", arguments.num_emotions))
    count = arguments.steps * arguments.batch_size
    real = TrainingBatches(
        train.images[:count],
        training_targets(train)[:count],
        batch_size=arguments.batch_size,
        seed=0,
    )
    cached = CachedBatch(real[0], len(real))
    settings = StageSettings(batch_size=arguments.batch_size)
    policy = "mixed_bfloat16" if arguments.mixed_precision else "float32"
    network = build_network("vggnet", num_classes=len(train.class_names))
    fused, composed = (with_precision(network, policy, fused_normalization=fuse) for fuse in (True, False))
    augmented = with_random_changes(fused, Augmentation(), seed=0)
    for network in (augmented, fused, composed):
        compile_network(network, settings, len(train.class_names), arguments.steps)
    speeds: dict[str, list[float]] = {"real": [], "cached": [], "composed": []}
    for turn in range(arguments.rounds + 1):
        for name, network, batches in (
            ("real", augmented, real),
            ("cached", fused, cached),
            ("composed", composed, cached),
        ):
            clock = EpochClock()
            network.fit(batches, shuffle=False, verbose=0, callbacks=[clock])
            if turn > 0:  # the first round compiles the step
                speeds[name].append(len(batches) * arguments.batch_size / clock.seconds)
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    ratio = medians["real"] / medians["cached"]
    for name, values in speeds.items():
        print(f"{name:>8}: {medians[name]:7.1f} images per second ({min(values):.1f} to {max(values):.1f})")
    print(f"real / cached: {ratio:.3f} (bar: at least {BAR:.2f}): {'met' if ratio >= BAR else 'NOT met'}")
    print(f"cached / composed: {medians['cached'] / medians['composed']:.2f}")


if __name__ == "__main__":
    sys.exit(main())
