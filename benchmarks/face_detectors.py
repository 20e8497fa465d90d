"""Compares face detectors on the same marked pictures, in one run.

    python -m benchmarks.face_detectors --faces FOLDER --detectors ssd,yunet,haar

The folder holds val.csv (columns file, x, y, w, h, and maybe source and mask; one row a face) and the pictures in val/.
Prints average precision, precision and recall at each detector's default confidence and at the same rate of false
alarms, recall by size, false alarms in pictures without a face, and the median time for a picture. Pictures without a
face are the rows of train.csv whose source starts with "noface:", or those in --faceless; a detector that was trained
on the first should be measured on others.

Boxes for average precision are taken down to a confidence of 0.01, at each detector's own highest overlap of boxes.
YuNet gives 83 of them a picture on average, 2,280 in one picture; they come last in its curve and lift its average
precision by 0.001 over a confidence of 0.1. OpenCV's SSD keeps back what it scores below about 0.05. A Haar cascade
and dlib's detector only ever report what passes their own thresholds, so their curves end early.

Times are taken as the detectors are used, at their default confidence, with YuNet's second looks for landmarks; the
detectors take turns on each picture.

With --damages also average precision on the same pictures damaged, stretched, smaller and four in one, see
benchmarks/damaged_faces.py.

A detector is given as NAME, NAME=MODEL (its file), or with the longest side in pixels that pictures are shrunk to,
NAME@SIZE or NAME=MODEL@SIZE, as in yunet@320 or ssd@auto.
"""

import argparse
import dataclasses
import functools
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.face_pictures import MarkedPicture, faceless_groups, pictures_below, read_marked_pictures
from emotion_recognition.atomic_file import check_can_write, write_json
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.data.face_pictures.set_aside import is_set_aside
from emotion_recognition.evaluation.face_detection.scored_picture import LOWEST_CONFIDENCE
from emotion_recognition.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np

    from emotion_recognition.detection.face_detectors.opening import FaceDetector
    from emotion_recognition.evaluation.face_detection.figures import DetectorFigures
    from emotion_recognition.pictures.faces import Face

#: Pictures that every detector sees before its time is taken.
_WARM_UP = 5

#: The split that pictures without a face come from.
_FACELESS_SPLIT = "train"


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True, metavar="FOLDER", help="folder with val.csv and val/")
    parser.add_argument("--detectors", help="names, with commas between (default: all that can be opened)")
    parser.add_argument(
        "--detector_model",
        type=Path,
        metavar="FOLDER",
        help="where the detectors' files are looked for, and downloaded to (default: output/face_detector/)",
    )
    parser.add_argument(
        "--detector_size", type=int, metavar="N", help="longest side in pixels, for those that have one"
    )
    parser.add_argument("--split", default="val", help="the pictures with faces (default: %(default)s)")
    parser.add_argument("--faceless", type=Path, metavar="FOLDER", help="other pictures without a face")
    parser.add_argument(
        "--faceless_aside",
        type=float,
        metavar="SHARE",
        help="of train.csv's pictures without a face only those that BuildFaceDataset.py --faceless_aside left out",
    )
    parser.add_argument("--damages", action="store_true", help="also measure on damaged pictures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument(
        "--figure", type=Path, metavar="FILE", help="draw precision-recall curves here, and recall by size beside it"
    )
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    for path in filter(None, (arguments.json, arguments.figure)):
        check_can_write(path)
    pictures = read_marked_pictures(arguments.faces, arguments.split)
    faceless = _faceless(arguments.faces, arguments.faceless, arguments.faceless_aside)
    folder = arguments.detector_model or Workspace().face_detector_folder
    contestants = _contestants(arguments.detectors, folder, arguments.detector_size)
    figures = _compare(contestants, pictures, faceless)

    import cv2

    from emotion_recognition.evaluation.face_detection.report import to_text

    print(f"OpenCV {cv2.__version__}, {cv2.getNumThreads()} threads\n{to_text(figures)}", end="")
    damages = None
    if arguments.damages:
        from benchmarks import damaged_faces

        damages = damaged_faces.damage_table(
            pictures, {one.name: functools.partial(_boxes_of, one.thorough) for one in contestants}
        )
        print(f"\naverage precision at an overlap of 0.5, by damage\n{damaged_faces.to_text(damages)}")
    if arguments.json is not None:
        more = {} if damages is None else {"damages": damages}
        write_json(arguments.json, {**_json(arguments, contestants, figures, faceless), **more})
    if arguments.figure is not None:
        _draw(arguments.figure, figures, f"{arguments.split}: {figures[0].pictures} pictures, {figures[0].faces} faces")


@dataclass(frozen=True)
class Contestant:
    """A detector as it is used and as it is scored.

    Args:
        name: What the tables call it.
        default: As it is used, for its time.
        thorough: With boxes down to :data:`LOWEST_CONFIDENCE`.
    """

    name: str
    default: "FaceDetector"
    thorough: "FaceDetector"


def _contestants(names: str | None, folder: Path, size: int | None) -> list[Contestant]:
    from emotion_recognition.detection.face_detectors.registry import DETECTORS

    if names is not None:
        return [_contestant(name, folder, size) for name in names.split(",")]
    contestants = []
    for name in DETECTORS:
        if name not in ("auto", "none"):  # one of the others; no detector
            try:
                contestants.append(_contestant(name, folder, size))
            except (ValueError, OSError) as error:
                print(f"without {name}: {error}", file=sys.stderr)
    return contestants


def _contestant(text: str, folder: Path, size: int | None) -> Contestant:
    from emotion_recognition.detection.face_detectors.opening import open_detector
    from emotion_recognition.detection.face_detectors.registry import SIZED_DETECTORS
    from emotion_recognition.detection.face_detectors.settings import AUTO_SIZE, DetectionSettings, DetectorSize

    last = text.rpartition("@")[2]
    given, _, own_size = text.rpartition("@") if last.isdecimal() or last == AUTO_SIZE else (text, "", "")
    name, _, model = given.partition("=")

    def opened(settings: DetectionSettings | None) -> "FaceDetector":
        side: DetectorSize | None = size if name in SIZED_DETECTORS else None
        if own_size:
            side = AUTO_SIZE if own_size == AUTO_SIZE else int(own_size)
        return open_detector(name, model=Path(model) if model else None, folder=folder, settings=settings, size=side)

    default = opened(None)
    overlap = default.settings.max_overlap
    thorough = opened(DetectionSettings(min_confidence=LOWEST_CONFIDENCE, max_overlap=overlap))
    _search(thorough, "looks", 0)  # for landmarks; they move no box, and take most of the time on doubtful ones
    return Contestant(text, default, thorough)


def _search(detector: "FaceDetector", name: str, value: int) -> bool:
    """Changes one number of how a detector looks at pictures, if it has that."""
    search = getattr(detector, "search", None)
    if not hasattr(search, name):
        return False
    detector.search = dataclasses.replace(search, **{name: value})  # type: ignore[attr-defined, type-var]
    return True


def _faceless(faces: Path, folder: Path | None, aside: float | None) -> dict[str, list[Path]]:
    if folder is not None:
        return {folder.name: pictures_below(folder)}
    if not (faces / f"{_FACELESS_SPLIT}.csv").is_file():
        return {}
    pictures = read_marked_pictures(faces, _FACELESS_SPLIT)
    if aside is not None:
        base = faces / _FACELESS_SPLIT
        pictures = [one for one in pictures if is_set_aside(one.path.relative_to(base).as_posix(), aside)]
    return faceless_groups(pictures)


def _compare(
    contestants: list[Contestant], pictures: list[MarkedPicture], faceless: dict[str, list[Path]]
) -> "list[DetectorFigures]":
    import numpy as np

    from emotion_recognition.evaluation.face_detection.figures import evaluate_detector
    from emotion_recognition.evaluation.face_detection.scored_picture import ScoredPicture
    from emotion_recognition.pictures.image_file import read_image

    scored: dict[str, list[ScoredPicture]] = {one.name: [] for one in contestants}
    seconds: dict[str, list[float]] = {one.name: [] for one in contestants}
    longer_sides = []
    for number, picture in enumerate(pictures):
        image = read_image(picture.path)
        longer_sides.append(max(image.shape[:2]))
        # Each detector follows each other one equally often.
        turn = number % max(1, len(contestants))
        for one in contestants[turn:] + contestants[:turn]:
            if number == 0:
                for _ in range(_WARM_UP):
                    one.default.detect(image)
            start = time.perf_counter()
            one.default.detect(image)
            seconds[one.name].append(time.perf_counter() - start)
            boxes, scores = _arrays(one.thorough.detect(image))
            scored[one.name].append(ScoredPicture.of(picture.boxes, boxes, scores, picture.ignored))
    without: dict[str, dict[str, list[np.ndarray]]] = {
        one.name: {group: [] for group in faceless} for one in contestants
    }
    for group, paths in faceless.items():
        for path in paths:
            image = read_image(path)
            for one in contestants:
                without[one.name][group].append(_arrays(one.thorough.detect(image))[1])
    masks = [picture.masks for picture in pictures]
    return [
        evaluate_detector(
            one.name,
            scored[one.name],
            longer_sides=longer_sides,
            confidence=one.default.settings.min_confidence,
            masks=masks,
            faceless=without[one.name],
            milliseconds=1000 * statistics.median(seconds[one.name]),
        )
        for one in contestants
    ]


def _arrays(faces: "list[Face]") -> "tuple[np.ndarray, np.ndarray]":
    """Boxes, float64 array (n, 4), and scores, float64 array (n,)."""
    import numpy as np

    boxes = np.array([face.box for face in faces], np.float64).reshape(-1, 4)
    return boxes, np.array([face.score for face in faces], np.float64)


def _boxes_of(detector: "FaceDetector", image: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    return _arrays(detector.detect(image))


def _json(
    arguments: argparse.Namespace,
    contestants: list[Contestant],
    figures: "list[DetectorFigures]",
    faceless: dict[str, list[Path]],
) -> dict[str, Any]:
    import cv2

    return {
        "split": arguments.split,
        "lowest_confidence": LOWEST_CONFIDENCE,
        "opencv": cv2.__version__,
        "threads": cv2.getNumThreads(),
        "faceless_pictures": {group: len(paths) for group, paths in faceless.items()},
        "detectors": {
            one.name: {"description": one.default.description, **numbers.to_json()}
            for one, numbers in zip(contestants, figures, strict=True)
        },
    }


def _draw(path: Path, figures: "list[DetectorFigures]", title: str) -> None:
    from emotion_recognition import plots

    curves = {one.name: (one.coco.recalls, one.coco.precisions, one.coco.at_half) for one in figures}
    points = {one.name: (one.default.counts.recall, one.default.counts.precision) for one in figures}
    plots.draw_precision_recall(path, curves, points, title)
    by_size = path.with_name(f"{path.stem}_by_size{path.suffix}")
    bands = {group.name: group.faces for group in figures[0].default.by_share}
    recalls = {one.name: [group.recall for group in one.default.by_share] for one in figures}
    plots.draw_recall_by_size(by_size, bands, recalls, title)
    print(f"drawn: {path}, {by_size}")


if __name__ == "__main__":
    sys.exit(main())
