"""Opens a face detector by name; :mod:`emotion_recognition.detection.face_detectors.registry` knows them all."""

import contextlib
from pathlib import Path
from typing import Any

from emotion_recognition.detection.face_detectors import registry
from emotion_recognition.detection.face_detectors.looks import FaceDetector as FaceDetector
from emotion_recognition.detection.face_detectors.looks import FindsFaces as FindsFaces
from emotion_recognition.detection.face_detectors.registry import AUTO, SIZED_DETECTORS, DetectorRow, row_of
from emotion_recognition.detection.face_detectors.settings import (
    AUTO_SIZE,
    DetectionSettings,
    DetectorSize,
    check_detector_size,
)
from emotion_recognition.error_about import about
from emotion_recognition.models.runtimes.registry import DEFAULT_RUNTIME
from emotion_recognition.workspace import Workspace, find_released_face_detector


def open_detector(
    name: str = AUTO,
    *,
    model: Path | None = None,
    folder: Path | None = None,
    base_path: Path | None = None,
    settings: DetectionSettings | None = None,
    size: DetectorSize | None = None,
    any_direction: bool = False,
    runtime: str = DEFAULT_RUNTIME,
) -> FaceDetector:
    """Opens a face detector.

    Args:
        name: One of :data:`~emotion_recognition.detection.face_detectors.registry.DETECTORS`. Published files that are
            missing are downloaded into ``folder``. "auto" never downloads: it takes the first detector of the
            registry whose files are there; with ``model``, the detector that it belongs to.
        model: A detector's file, or the folder with its files; nothing is downloaded to such a place.
        folder: Where published files are looked for without ``model``; by default that below the base path.
        base_path: Where the project's own detector is looked for first without ``model``; by default that of the
            checkout, then the installed package's own files.
        settings: Which boxes count as faces; by default the detector's own choice.
        size: The longest side, in pixels, that a picture is resized to, of a detector that takes one; "auto" looks at
            large pictures in several sizes and in tiles, see
            :mod:`emotion_recognition.detection.face_detectors.tiles`.
        any_direction: Whether faces lying on their side and upside down are found too, in four times the time.
        runtime: What runs a detector's ONNX network, one of
            :data:`~emotion_recognition.models.runtimes.registry.RUNTIME_CHOICES`; detectors that are part of OpenCV or
            of another package run there.

    Raises:
        ValueError: If there is no such detector, ``model``, ``size`` or ``any_direction`` is given for one that takes
            none, ``size`` is out of range, the file is none of that detector's, or what it comes with is missing.
        FileNotFoundError: If ``model`` does not lead to the detector's files, or the project's own is nowhere.
        OSError: If a download fails.

    Example:
        >>> import numpy as np
        >>> open_detector("haar").detect(np.zeros((480, 640, 3), np.uint8))
        []
    """
    named = None if name == AUTO else row_of(name)
    if size is not None:
        check_detector_size(size)
    workspace = None if base_path is None else Workspace(base_path)
    folder = (workspace or Workspace()).face_detector_folder if folder is None else folder
    row = named or (_best(folder, workspace) if model is None else _owner(model))
    if size is not None and row.size is None:
        raise about(
            ValueError(f"The detector {row.name} takes no size; {' and '.join(SIZED_DETECTORS)} do. Received: {size}"),
            "detector_size",
        )
    if any_direction and row.whole:
        raise about(
            ValueError(f"The detector {row.name} looks for no face, so there is none to find in any direction."),
            "any_direction",
        )
    files = _files(row, model, folder, workspace)
    if settings is None and row.min_confidence is not None:
        settings = DetectionSettings(min_confidence=row.min_confidence)
    more = {"runtime": runtime} if row.runtimes else {}
    opened: FaceDetector = row.detector_class().open(files, settings, None if size == AUTO_SIZE else size, **more)
    if size == AUTO_SIZE:
        # Only here and below: not every detection needs them.
        from emotion_recognition.detection.face_detectors.tiled import TiledDetector

        assert row.size is not None  # checked above
        opened = TiledDetector(opened, row.size)  # type: ignore[arg-type]  # a sized row's class has look
    return in_any_direction(opened) if any_direction else opened


def in_any_direction(detector: FaceDetector) -> FaceDetector:
    """A detector that also finds faces lying on their side and upside down.

    Args:
        detector: Finds upright faces.
    """
    from emotion_recognition.detection.face_detectors.directions import AnyDirection

    return AnyDirection(detector)


def detector_files(model: Path | None, workspace: Workspace) -> list[Path]:
    """Where the files of the detector that a run opens may lie, which nothing must replace.

    Args:
        model: As for :func:`open_detector`.
        workspace: That of the run.

    Returns:
        Files, and folders that hold files.
    """
    if model is not None:
        return [model]
    found = [workspace.face_detector_folder] if workspace.face_detector_folder.is_dir() else []
    with contextlib.suppress(FileNotFoundError):
        found.append(find_released_face_detector(workspace))
    return found


def _best(folder: Path, workspace: Workspace | None) -> DetectorRow:
    """The first detector whose files are there."""
    for row in registry.ROWS:
        if row.in_auto and row.released:
            with contextlib.suppress(FileNotFoundError):
                find_released_face_detector(workspace)
                return row
        elif row.in_auto and (not row.model or row.detector_class().find(folder) is not None):
            return row
    raise FileNotFoundError(f"No face detector's files are at {folder}.")


def _owner(model: Path) -> DetectorRow:
    """The detector that a file, or the files of a folder, belong to."""
    with_files = [row for row in registry.ROWS if row.model]
    owners = [row for row in with_files if row.detector_class().owns(model)]
    # What belongs to none leads to the error of the first one whose files somebody publishes.
    return [*owners, *(row for row in with_files if row.published)][0]


def _files(row: DetectorRow, model: Path | None, folder: Path, workspace: Workspace | None) -> Any:
    """What the detector's class opens."""
    if not row.model:
        if model is not None:
            raise about(
                ValueError(
                    f"The detector {row.name} comes with {row.comes_with} and takes no model. Received: {model}"
                ),
                "detector_model",
            )
        return None
    find = row.detector_class().find
    if model is not None:
        found = find(model)
        if found is None:
            place = (model if model.is_dir() else model.parent).absolute()
            raise FileNotFoundError(f"{model} does not lead to {row.files_called}; {row.how_to_get(place)}.")
        return found
    if row.released:
        return find_released_face_detector(workspace)
    found = find(folder)
    if found is None:
        _fetch(row, folder)
        found = find(folder)
    return found


def _fetch(row: DetectorRow, folder: Path) -> None:
    """Downloads those of a detector's files that are missing."""
    # Only here: what it needs to speak to a server takes time to import.
    from emotion_recognition.detection.face_detectors.download import download

    for file in row.published:
        if not (folder / file.name).is_file():
            try:
                download(file, folder)
            except OSError as error:
                raise OSError(f"{error}. Without a connection, {row.how_to_get(folder)}.") from error
