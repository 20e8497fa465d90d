"""Detection from the shell, warm, in bulk and on video: this project, and the package ``fer`` beside it.

Rounds alternate between the two, medians count. ``make bench-peers`` installs ``fer`` into an environment of its own;
without ``--peer_python`` this project is measured alone. Peak memory is that of the whole process.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.peer_worker import CROPS
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import new_parser
from emotion_recognition.detection.face_detectors.registry import DETECTORS
from emotion_recognition.workspace import Workspace

#: Fewer rounds than this make no median worth printing.
MIN_ROUNDS = 9

#: Frames of the video, and their width and height in pixels.
FRAMES, FRAME_SIZE = 100, (640, 480)

REPOSITORY = Path(__file__).resolve().parent.parent
_WORKER = Path(__file__).with_name("peer_worker.py")


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser(__doc__ or "")
    parser.add_argument("-m", "--input_model", nargs="+", help="models (default: the one that comes with the project)")
    parser.add_argument("--many", type=Path, help="photograph with many faces; the sample photo is the one with one")
    parser.add_argument("--detector", choices=DETECTORS, default="auto", help="face detector of this project")
    parser.add_argument("--detector_model", help="the detector's file, or the folder with its files")
    parser.add_argument("--peer_python", help="the Python of the environment that has fer")
    parser.add_argument("--rounds", type=int, default=MIN_ROUNDS, help=f"runs of each kind, at least {MIN_ROUNDS}")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    if arguments.rounds < MIN_ROUNDS:
        raise ValueError(f"--rounds must be at least {MIN_ROUNDS}. Received: {arguments.rounds}")
    workspace = Workspace(arguments.base_path)
    models = [str(workspace.find_model(name)) for name in arguments.input_model or [workspace.released_model(7)]]
    options = {"models": models, "detector": arguments.detector, "detector_model": arguments.detector_model}
    script = [sys.executable, str(REPOSITORY / "EmotionDetector.py"), "-m", *models, "--detector", arguments.detector]
    script += ["--detector_model", arguments.detector_model] if arguments.detector_model else []
    fer = [arguments.peer_python, str(_WORKER), "fer"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo = workspace.sample_photo
        shell = {"ours": [*script, "-i", str(photo), "-o", str(folder / "ours.jpg")]}
        video = _video(photo, folder)
        film = {"ours": [*script, "-i", str(video), "-o", str(folder / "ours.mp4")]}
        if arguments.peer_python:
            shell["fer"] = [*fer, "annotate", str(photo), str(folder / "fer.jpg")]
            film["fer"] = [*fer, "video", str(video), str(folder / "fer.mp4")]
        runs = _shell(shell, arguments.rounds)
        _print("one photograph, shell to file, s", {side: [run[0] for run in each] for side, each in runs.items()})
        _print("its peak memory, MiB", {side: [run[1] for run in each] for side, each in runs.items()})
        _warm(options, fer if arguments.peer_python else None, photo, arguments.many, arguments.rounds)
        runs = _shell(film, arguments.rounds)
        rates = {side: [FRAMES / run[0] for run in each] for side, each in runs.items()}
        _print("video 640×480, frames a second, start included", rates)
        print(f"  frames in the output of ours: {_frames(folder / 'ours.mp4')} of {FRAMES}")


def _warm(options: dict[str, Any], fer: list[str] | None, photo: Path, many: Path | None, rounds: int) -> None:
    commands = {"ours": [sys.executable, str(_WORKER), "ours", json.dumps(options)]}
    if fer:
        commands["fer"] = [*fer, "{}"]
    workers = {side: Worker(command) for side, command in commands.items()}
    print(f"face detector of ours: {workers['ours'].description}")
    for path in [photo] if many is None else [photo, many]:
        answers = _rounds(workers, ["detect", str(path.resolve())], rounds)
        faces = ", ".join(f"{side} found {each[0]['faces']}" for side, each in answers.items())
        _print(f"{path.name}, warm, ms ({faces})", _milliseconds(answers, "seconds"))
        shares = [1000 * (answer["seconds"] - answer["finding"]) for answer in answers["ours"]]
        print(f"  of which beside finding the faces: {statistics.median(shares):.1f}")
    answers = _rounds(workers, ["classify"], rounds)
    rates = {side: [CROPS / answer["seconds"] for answer in each] for side, each in answers.items()}
    _print(f"classify {CROPS:,} crops, images a second", rates)
    for worker in workers.values():
        worker.close()


class Worker:
    """A process that answers one task at a time, and so stays warm."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=_environment(),
        )
        self.description = self._answer()["description"]

    def __call__(self, task: Sequence[str]) -> dict[str, Any]:
        """What it answers to a task."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """Ends it."""
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ValueError(f"This worker ended before its time: {self._process.args!r}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _rounds(workers: dict[str, Worker], task: Sequence[str], rounds: int) -> dict[str, list[dict[str, Any]]]:
    answers: dict[str, list[dict[str, Any]]] = {side: [] for side in workers}
    for number in range(rounds + 1):
        for side, worker in workers.items():
            answer = worker(task)
            if number:  # the first one warms up
                answers[side].append(answer)
    return answers


def _shell(commands: dict[str, list[str]], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds and peak memory, in MiB, of every run of every command."""
    runs: dict[str, list[tuple[float, float]]] = {side: [] for side in commands}
    for number in range(rounds + 1):
        for side, command in commands.items():
            start = time.perf_counter()
            process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment()
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            if status:
                raise ValueError(f"This command failed: {' '.join(command)}")
            if number:  # the first one fills the page cache
                runs[side].append((seconds, usage.ru_maxrss / 1024))
    return runs


def _milliseconds(answers: dict[str, list[dict[str, Any]]], key: str) -> dict[str, list[float]]:
    return {side: [1000 * answer[key] for answer in each] for side, each in answers.items()}


def _print(what: str, values: dict[str, list[float]]) -> None:
    medians = {side: statistics.median(each) for side, each in values.items()}
    print(f"{what}: " + ", ".join(f"{side} {median:.4g}" for side, median in medians.items()), flush=True)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "TF_CPP_MIN_LOG_LEVEL": "3"}


def _video(photo: Path, folder: Path) -> Path:
    """A video in which the photograph wanders a little."""
    import cv2
    import numpy as np

    from emotion_recognition.pictures.image_file import read_image

    image = cv2.resize(read_image(photo), (FRAME_SIZE[1], FRAME_SIZE[1]))
    path = folder / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, FRAME_SIZE)
    for number in range(FRAMES):
        frame = np.full((FRAME_SIZE[1], FRAME_SIZE[0], 3), 127, np.uint8)
        left = round(80 + 60 * np.sin(number / 20))
        frame[:, left : left + FRAME_SIZE[1]] = image
        writer.write(frame)
    writer.release()
    return path


def _frames(path: Path) -> int:
    import cv2

    capture, count = cv2.VideoCapture(str(path)), 0
    while capture.read()[0]:
        count += 1
    return count


if __name__ == "__main__":
    sys.exit(main())
