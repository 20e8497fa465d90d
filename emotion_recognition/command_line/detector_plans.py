"""From the options of a script to everything that it takes to open its detector."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.command_line.detection_options import detection_settings
from emotion_recognition.command_line.model_options import model_options
from emotion_recognition.workspace import Workspace

if TYPE_CHECKING:
    from emotion_recognition.detection.detector_plan import DetectorPlan
    from emotion_recognition.detection.face_detectors.looks import FaceDetector


def detector_model_of(arguments: argparse.Namespace, workspace: Workspace) -> Path | None:
    """What ``--detector_model`` names, by its path or by its name in ``output/``; None without the option."""
    given: Path | None = arguments.detector_model
    if given is None or given.exists():
        return given
    in_output = workspace.output_folder / given
    return in_output if in_output.exists() else given


def open_face_detector(arguments: argparse.Namespace, workspace: Workspace) -> "FaceDetector":
    """Opens the face detector alone, by its options; raises what :func:`~emotion_recognition.open_detector` raises.

    Args:
        arguments: What was said on the command line.
        workspace: Where the project's own face detector is looked for.
    """
    from emotion_recognition.detection.face_detectors.opening import open_detector

    return open_detector(
        arguments.detector,
        model=detector_model_of(arguments, workspace),
        base_path=workspace.base_path,
        settings=detection_settings(arguments),
        size=arguments.detector_size,
        any_direction=arguments.any_direction,
    )


def plan_of(
    arguments: argparse.Namespace, models: Sequence[Path], workspace: Workspace, *, embeddings: bool = False
) -> "DetectorPlan":
    """The plan of a detector, by the options of models, of the face detector and of the runtime.

    Args:
        arguments: What was said on the command line.
        models: The model files.
        workspace: Where the project's own face detector is looked for.
        embeddings: Whether each face gets its feature vector.

    Raises:
        ValueError: If an option is out of range.
    """
    from emotion_recognition.detection.detector_plan import DetectorPlan

    return DetectorPlan(
        tuple(models),
        num_emotions=arguments.num_emotions,
        classes=arguments.classes,
        detector=arguments.detector,
        detector_model=detector_model_of(arguments, workspace),
        base_path=workspace.base_path,
        settings=detection_settings(arguments),
        detector_size=arguments.detector_size,
        any_direction=arguments.any_direction,
        options=model_options(arguments),
        mirrored=arguments.mirrored,
        embeddings=embeddings,
        runtime=arguments.runtime,
    )
