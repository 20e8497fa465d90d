"""From the options of a training to the teacher that the network learns from.

Importing this module imports neither Keras nor TensorFlow.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_recognition.error_about import about
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.workspace import TEACHER, Workspace, beside

if TYPE_CHECKING:
    from emotion_recognition.data.files.hdf5 import Split
    from emotion_recognition.training.distillation import Teacher
    from emotion_recognition.training.teacher_views import ViewsTeacher


def open_teacher(
    arguments: argparse.Namespace, settings: StageSettings, train: "Split", output: Path
) -> "Teacher | ViewsTeacher | None":
    """Opens the teacher that options name, and has it look at the training images where it is to see them once.

    Args:
        arguments: What ``add_classifier_settings`` has parsed.
        settings: Of the first stage.
        train: The training split.
        output: The model file that is going to be written.

    Returns:
        The teacher; None without one.

    Raises:
        FileNotFoundError: If a file is not there.
        ValueError: If a teacher is no classifier of the split's classes, options contradict each other, or settings
            have a weight without a teacher or a teacher without a weight.
        OSError: If what it says cannot be kept.
    """
    from emotion_recognition.training.distillation import ask_teacher, check_teacher
    from emotion_recognition.training.teacher_views import open_views_teacher

    if arguments.unlabelled is not None and not settings.teacher_views:
        raise about(ValueError("unlabelled needs teacher_views: nobody else says something of it"), "unlabelled")
    if arguments.teacher is None:
        if settings.teacher_views:
            raise about(ValueError("teacher_views needs a teacher"), "teacher_views", "teacher")
        if "teacher_temperature" in arguments:
            raise about(ValueError("teacher_temperature needs a teacher"), "teacher_temperature", "teacher")
        check_teacher(settings, None)
        return None
    workspace = Workspace(arguments.base_path)
    names = [name.strip() for name in arguments.teacher.split(",")]
    if not all(names):
        raise about(
            ValueError(f"teacher must name models, with commas between. Received: {arguments.teacher}"), "teacher"
        )
    paths = [workspace.find_model(name) for name in names]
    teacher: Teacher | ViewsTeacher
    if settings.teacher_views:
        teacher = open_views_teacher(
            paths,
            train,
            student=output,
            mixed_precision=settings.mixed_precision,
            unlabelled=None if arguments.unlabelled is None else Path(arguments.unlabelled),
        )
    else:
        teacher = ask_teacher(paths, train, kept=beside(output, TEACHER), student=output, progress=True)
    check_teacher(settings, teacher)
    return teacher
