"""How fast BuildDataset.py reads a folder of JPEG files, beside a plain loop over the files.

FER2013's images are written as JPEG files into folders named after their classes; both then run as whole processes
on them, in turn, and write the same arrays. The loop does not check what a file is, hash it, or draw a figure. Prints
seconds, peak memory, and the ratio.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.build_dataset import in_a_process
from emotion_recognition.command_line.exit_status import exit_status

#: The build's limit on two cores, in seconds, for FER2013's 35,887 files.
BAR_SECONDS = 12.0


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path, help="fer2013.csv, whose images become the files")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each kind; medians are printed")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments.csv, arguments.rounds))


def _measure(csv: Path, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "pictures"
        # In a process of its own: what this one once had in memory would count as that of those it starts.
        in_a_process(_write_pictures, csv, source)
        count = sum(1 for _ in source.rglob("*.jpg"))
        works = {"BuildDataset.py": _build, "loop over files": _loop}
        seconds: dict[str, list[float]] = {name: [] for name in works}
        memory: dict[str, float] = {}
        for number in range(rounds):
            for name, work in works.items():
                target = Path(folder) / f"{number} {name}"
                target.mkdir()
                took, memory[name] = in_a_process(work, source, target)
                seconds[name].append(took)
    print(f"{count:,} JPEG files, just written and so in the page cache")
    for name in works:
        print(f"{name:>15}: {statistics.median(seconds[name]):5.2f} s, {memory[name]:5.0f} MiB")
    ratio = statistics.median(a / b for a, b in zip(*seconds.values(), strict=True))
    met = statistics.median(seconds["BuildDataset.py"]) <= BAR_SECONDS
    print(f"{ratio:.1f} times the loop's time (bar: {BAR_SECONDS:g} s: {'met' if met else 'NOT met'})")


def _write_pictures(csv: Path, folder: Path) -> None:
    import cv2

    from emotion_recognition.data.sources.fer2013.csv_reader import CsvReader
    from emotion_recognition.data.sources.fer2013.csv_rows import SPLIT_OF_USAGE
    from emotion_recognition.emotions import FER2013_EMOTIONS

    splits = list(SPLIT_OF_USAGE.values())
    for split in splits:
        for emotion in FER2013_EMOTIONS:
            (folder / split / emotion).mkdir(parents=True)
    rows = (row for block in CsvReader(csv) for row in zip(block.images, block.emotions, block.usages, strict=True))
    for row, (image, emotion, usage) in enumerate(rows):
        _, encoded = cv2.imencode(".jpg", image)
        (folder / splits[usage] / FER2013_EMOTIONS[emotion] / f"{row:05d}.jpg").write_bytes(encoded.tobytes())


def _build(source: Path, folder: Path) -> None:
    import BuildDataset

    if BuildDataset.main(["-b", str(folder), "--input", str(source)]):
        sys.exit(1)


def _loop(source: Path, folder: Path) -> None:
    """What a first version does: one file at a time, whole splits in memory, no check of what the files are."""
    import cv2
    import h5py
    import numpy as np

    for split in sorted(source.iterdir()):
        images, labels = [], []
        for label, name in enumerate(sorted(split.iterdir())):
            for file in sorted(name.iterdir()):
                image = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
                assert image is not None, f"{file} was just written"
                images.append(cv2.resize(image, (48, 48))[..., None])
                labels.append(label)
        with h5py.File(folder / f"{split.name}.hdf5", "w") as target:
            target["images"] = np.array(images)
            target["labels"] = np.array(labels, np.uint8)


if __name__ == "__main__":
    sys.exit(main())
