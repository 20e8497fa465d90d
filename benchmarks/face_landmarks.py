"""Measures how far a face detector's landmarks are from YuNet's, on photographs with marked faces.

    python -m benchmarks.face_landmarks --faces FOLDER --teacher_model face_detection_yunet_2026may.onnx

A face counts if it is marked, at least 24 pixels wide and high, and both detectors find it. The error is the mean
distance of the five points as a share of the distance of the eyes, by YuNet; of a head in profile, whose eyes lie
close together, at least a quarter of the box's size stands in for it.

Two more lines say how far YuNet is from itself on the same pictures, mirrored and enlarged by 1.3: no detector can be
expected to come nearer to it than that.
"""

import argparse
import dataclasses
import sys
from pathlib import Path

import cv2
import numpy as np

from benchmarks.face_pictures import read_marked_pictures
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.data.face_pictures.augmentation import MIRRORED
from emotion_recognition.detection.face_detectors.opening import FaceDetector, open_detector
from emotion_recognition.pictures.faces import Face
from emotion_recognition.pictures.image_file import read_image
from emotion_recognition.pictures.overlap import corners_of, overlaps

#: Shorter side, in pixels, of the smallest faces that count.
_SMALLEST = 24

_SAME_FACE = 0.5

_ENLARGED = 1.3

#: The least distance of the eyes, as a share of the box's size.
_LEAST_EYES = 0.25


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faces", type=Path, required=True, metavar="FOLDER", help="folder with val.csv and val/")
    parser.add_argument("--split", default="val", help="the pictures")
    parser.add_argument("--detector_model", type=Path, metavar="PATH", help="the detector's file (default: released)")
    parser.add_argument("--detector_size", type=int, metavar="N", help="longest side in pixels")
    parser.add_argument("--teacher_model", type=Path, metavar="PATH", help="YuNet's file, or its folder")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Prints the figures; returns the exit status."""
    arguments = build_parser().parse_args(argv)
    return exit_status(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> None:
    detector = open_detector("ssd", model=arguments.detector_model, size=arguments.detector_size)
    yunet = open_detector("yunet", model=arguments.teacher_model)
    errors: dict[str, list[float]] = {detector.description: [], "YuNet, mirrored": [], "YuNet, enlarged by 1.3": []}
    for picture in read_marked_pictures(arguments.faces, arguments.split):
        image = read_image(picture.path)
        large = picture.boxes[picture.boxes[:, 2:].min(axis=1) >= _SMALLEST]
        if len(large):
            taught = yunet.detect(image)
            looks = (detector.detect(image), _mirrored(image, yunet), _enlarged(image, yunet))
            for name, found in zip(errors, looks, strict=True):
                errors[name] += errors_of(corners_of(large), found, taught)
    if not all(errors.values()):
        raise ValueError("No marked face is found by both detectors with landmarks.")
    for name, shares in errors.items():
        percent = 100 * np.array(shares)
        print(
            f"{name}: {len(percent)} faces, mean error {percent.mean():.1f} % of the eyes' distance, "
            f"median {np.median(percent):.1f} %, nine of ten below {np.quantile(percent, 0.9):.1f} %"
        )


def _mirrored(image: np.ndarray, detector: FaceDetector) -> list[Face]:
    """What a detector finds in the mirrored picture, as it lies in the picture itself."""
    width = image.shape[1]
    return [
        dataclasses.replace(
            face,
            box=(width - face.box[0] - face.box[2], *face.box[1:]),
            landmarks=tuple((width - face.landmarks[i][0], face.landmarks[i][1]) for i in MIRRORED),
        )
        for face in detector.detect(np.ascontiguousarray(image[:, ::-1]))
        if face.landmarks is not None
    ]


def _enlarged(image: np.ndarray, detector: FaceDetector) -> list[Face]:
    """What a detector finds in the enlarged picture, as it lies in the picture itself."""
    large = np.asarray(cv2.resize(image, None, fx=_ENLARGED, fy=_ENLARGED))
    across, down = image.shape[1] / large.shape[1], image.shape[0] / large.shape[0]
    return [
        dataclasses.replace(
            face,
            box=tuple(np.rint(np.array(face.box) * (across, down, across, down)).astype(int).tolist()),
            landmarks=tuple((x * across, y * down) for x, y in face.landmarks),
        )
        for face in detector.detect(large)
        if face.landmarks is not None
    ]


def errors_of(marked: np.ndarray, found: list[Face], taught: list[Face]) -> list[float]:
    """The errors of the marked faces that both detectors have found.

    Args:
        marked: float array (n, 4): left, top, right and bottom of the marked faces.
        found: The measured detector's faces.
        taught: YuNet's.

    Returns:
        Mean distance of the landmarks, as a share of the eyes' distance, for each such face.
    """
    errors = []
    for box in marked[:, None]:
        face, teacher = (_on(box, faces) for faces in (found, taught))
        if face is not None and teacher is not None:
            true, received = np.array(teacher.landmarks), np.array(face.landmarks)
            size = (teacher.box[2] * teacher.box[3]) ** 0.5
            eyes = max(float(np.linalg.norm(true[1] - true[0])), _LEAST_EYES * size)
            errors.append(float(np.linalg.norm(true - received, axis=1).mean() / eyes))
    return errors


def _on(box: np.ndarray, faces: list[Face]) -> Face | None:
    """The face with landmarks that is in a box (1, 4); None without one."""
    with_landmarks = [face for face in faces if face.landmarks is not None]
    if not with_landmarks:
        return None
    overlap = overlaps(box, corners_of([face.box for face in with_landmarks]))[0]
    return with_landmarks[int(overlap.argmax())] if overlap.max() >= _SAME_FACE else None


if __name__ == "__main__":
    sys.exit(main())
