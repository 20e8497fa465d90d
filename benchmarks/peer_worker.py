"""The other side of ``benchmarks/peers.py``: measures ``fer`` in an environment of its own, or this project in ours.

Started by that benchmark. Reads one task as a JSON line from standard input, writes one answer as a JSON line, and so
on until the input ends. Imports nothing of this project when it measures ``fer``, whose environment does not have it.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

#: As many crops as FER2013 has test images.
CROPS = 3589


class Ours:
    """This project.

    Args:
        options: ``models``, ``detector`` and ``detector_model`` as for EmotionDetector.py.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        from pathlib import Path

        from emotion_recognition import EmotionDetector
        from emotion_recognition.detection import open_detector, read_image

        folder = None if options["detector_model"] is None else Path(options["detector_model"])
        self._read: Callable[[str], np.ndarray] = lambda path: read_image(Path(path))
        self._detector = EmotionDetector(options["models"], detector=open_detector(options["detector"], model=folder))
        self.description = self._detector.face_detector.description
        size = self._detector.classifier.size
        self._crops = np.random.default_rng(0).integers(0, 256, (CROPS, size, size, 1), dtype=np.uint8)

    def detect(self, path: str) -> dict[str, Any]:
        """Seconds for the faces and emotions of a decoded picture, and the face detector's part of them."""
        image = self._read(path)
        detector: Any = self._detector.face_detector
        find, spent = detector.detect, []

        def timed(pixels: np.ndarray) -> Any:
            seconds, faces = _seconds(lambda: find(pixels))
            spent.append(seconds)
            return faces

        detector.detect = timed
        try:
            seconds, faces = _seconds(lambda: self._detector.detect(image))
        finally:
            detector.detect = find
        return {"seconds": seconds, "finding": spent[0], "faces": len(faces)}

    def classify(self) -> dict[str, Any]:
        """Seconds for the probabilities of all crops, also those of the processor."""
        return _classified(lambda: self._detector.classifier.probabilities(self._crops))


class Fer:
    """``fer`` as its README shows it: Haar cascade, its default network."""

    description = "fer's Haar cascade"

    def __init__(self, options: dict[str, Any]) -> None:
        import cv2
        from fer.fer import FER  # type: ignore[import-not-found]

        self._read: Callable[[str], Any] = cv2.imread
        self._detector: Any = FER()
        self._crops = np.random.default_rng(0).uniform(-1, 1, (CROPS, 64, 64)).astype(np.float32)

    def detect(self, path: str) -> dict[str, Any]:
        """Seconds for the faces and emotions of a decoded picture."""
        image = self._read(path)
        seconds, faces = _seconds(lambda: self._detector.detect_emotions(image))
        return {"seconds": seconds, "finding": None, "faces": len(faces)}

    def classify(self) -> dict[str, Any]:
        """Seconds for the probabilities of all crops, also those of the processor."""
        return _classified(lambda: self._detector._classify_emotions(self._crops))

    def annotate(self, source: str, target: str) -> None:
        """One photograph to an annotated file."""
        import cv2

        image = self._read(source)
        for face in self._detector.detect_emotions(image):
            x, y, width, height = map(int, face["box"])
            cv2.rectangle(image, (x, y), (x + width, y + height), (0, 155, 255), 2)
            best = max(face["emotions"], key=face["emotions"].get)
            cv2.putText(image, best, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 155, 255))
        cv2.imwrite(target, image)

    def video(self, source: str, target: str) -> None:
        """Every frame of a video to an annotated video."""
        import cv2

        capture = cv2.VideoCapture(source)
        size = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        writer = cv2.VideoWriter(target, cv2.VideoWriter.fourcc(*"mp4v"), capture.get(cv2.CAP_PROP_FPS), size)
        while True:
            read, frame = capture.read()
            if not read:
                break
            for face in self._detector.detect_emotions(frame):
                x, y, width, height = map(int, face["box"])
                cv2.rectangle(frame, (x, y), (x + width, y + height), (0, 155, 255), 2)
            writer.write(frame)
        writer.release()


def main() -> None:
    """Answers tasks, or does the one of the command line: ``fer TASK SOURCE TARGET``."""
    name, arguments = sys.argv[1], sys.argv[2:]
    if arguments and arguments[0] in ("annotate", "video"):
        getattr(Fer({}), arguments[0])(*arguments[1:])
        print(json.dumps({"peak": peak_memory()}))
        return
    side: Ours | Fer = (Ours if name == "ours" else Fer)(json.loads(arguments[0]))
    print(json.dumps({"description": side.description}), flush=True)
    for line in sys.stdin:
        task, *given = json.loads(line)
        print(json.dumps(getattr(side, task)(*given)), flush=True)


def peak_memory() -> float:
    """The largest memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _classified(work: Callable[[], Any]) -> dict[str, Any]:
    start = time.process_time()
    seconds, _ = _seconds(work)
    return {"seconds": seconds, "processor": time.process_time() - start}


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


if __name__ == "__main__":
    main()
