"""What each face detector and each classifier adds to a process, and what detection takes at its peak.

Every figure is of a fresh process: its resident set before and after loading and a first look, beside the size of the
file, and the highest resident set while one photograph is looked at. OpenCV itself, which all of them need, is loaded
before the first figure is taken. Linux only, which keeps these numbers in ``/proc``.

    python -m benchmarks.memory -b BASE --models a.keras b.keras
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import new_parser
from emotion_recognition.models.onnx_copy import copy_path
from emotion_recognition.workspace import Workspace

#: The detectors that are looked at unless others are named.
DETECTORS = ("ssd", "ssd-opencv", "yunet", "haar", "dlib")

_MEGABYTE = 10**6

#: Runs in the fresh process: loads, looks at a picture, prints three resident sets in KiB and the file's size.
_PROGRAM = """
import json, sys
from pathlib import Path
import cv2, numpy as np
def resident(key):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key))
kind, name, base, photo = json.loads(sys.argv[1])
image = cv2.imread(photo)
cv2.resize(image, (64, 64))
if kind == "detector":
    from emotion_recognition.detection import open_detector
else:
    from emotion_recognition.detection.classifier import EmotionClassifier
before = resident("VmRSS")
if kind == "detector":
    look = open_detector(name, base_path=Path(base)).detect
    look(image)
else:
    path, classes = name
    classifier = EmotionClassifier(Path(path), classes)
    crop = np.zeros((1, classifier.size, classifier.size, classifier.crop_channels), np.uint8)
    classifier.probabilities(crop)
print(json.dumps({"before": before, "after": resident("VmRSS"), "peak": resident("VmHWM")}))
"""


@dataclass(frozen=True)
class Memory:
    """What was measured of one process, in megabytes.

    Args:
        added: Resident set after loading and a first look, less that before.
        peak: Highest resident set of the whole process.
    """

    added: float
    peak: float


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser(__doc__ or "")
    parser.add_argument("--detectors", nargs="*", default=list(DETECTORS), help="face detectors to load")
    parser.add_argument("--models", nargs="*", help="names in output/ or paths (default: all with a card there)")
    parser.add_argument("--photo", type=Path, help="photograph to look at (default: the sample)")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def detector_memory(name: str, base: Path, photo: Path) -> Memory:
    """Loads a face detector in a process of its own and shows it a photograph.

    Raises:
        ValueError: If the detector cannot be opened; the last line of what it said.
    """
    return _of_process("detector", name, base, photo)


def classifier_memory(model: Path, class_names: Sequence[str], photo: Path | None = None) -> Memory:
    """Loads a classifier, as detection does, in a process of its own and shows it a face.

    Raises:
        ValueError: If it cannot be opened; the last line of what it said.
    """
    sample = photo or Workspace().sample_photo
    return _of_process("classifier", [str(model), list(class_names)], Path(), sample)


def _of_process(kind: str, name: object, base: Path, photo: Path) -> Memory:
    asked = json.dumps([kind, name, str(base), str(photo)])
    done = subprocess.run([sys.executable, "-c", _PROGRAM, asked], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise ValueError(lines[-1] if lines else f"the process ended with {done.returncode}")
    said = json.loads(done.stdout.splitlines()[-1])
    megabytes = 1024 / _MEGABYTE  # of one of the kernel's kB
    return Memory(megabytes * (said["after"] - said["before"]), megabytes * said["peak"])


def _measure(arguments: argparse.Namespace) -> None:
    from emotion_recognition.detection.face_detectors.opening import open_detector
    from emotion_recognition.models.card import read_card

    workspace = Workspace(arguments.base_path)
    photo = arguments.photo or workspace.sample_photo
    if not photo.is_file():
        raise FileNotFoundError(f"There is no photograph {photo}.")
    print("| what | file | adds | peak of the process |\n|---|---|---|---|")
    for name in arguments.detectors:
        try:
            path = open_detector(name, base_path=workspace.base_path).path
            _print(name, path.stat().st_size if path else 0, detector_memory(name, workspace.base_path, photo))
        except (ValueError, OSError) as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    models = [workspace.find_model(name) for name in arguments.models or []]
    if arguments.models is None:
        models = sorted(workspace.output_folder.glob("*.keras"))
    for model in models:
        card = read_card(model)
        if card is None or card.get("network") == "face_ssd":
            print(f"{model.name} is left out: it has no card of an emotion classifier", file=sys.stderr)
            continue
        copy = copy_path(model)
        file = copy if copy.is_file() else model
        _print(file.name, file.stat().st_size, classifier_memory(model, card["class_names"], photo))


def _print(name: str, size: int, memory: Memory) -> None:
    shown = f"{size / _MEGABYTE:.1f} MB" if size else "comes with its package"
    print(f"| {name} | {shown} | {memory.added:.0f} MB | {memory.peak:.0f} MB |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
