"""Trains the second stage of the project's own face detector, which looks at each found face from close by.

TrainFaceDetector.py comes before; EmotionDetector.py comes next and uses what lies beside its detector.
"""

import argparse
import contextlib
import functools
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.parsers import new_faces_parser
from emotion_recognition.command_line.training_options import (
    Wording,
    add_card_options,
    add_setting,
    add_training_options,
    enter_devices,
    lowers_rate,
    only_exports,
    stage_settings,
    training_run,
)
from emotion_recognition.data.face_pictures.patch_views import PatchAugmentation
from emotion_recognition.models.export_formats import FACE_DETECTOR_FORMATS, parse_formats
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.training.face_refiner.settings import RefinerSettings
from emotion_recognition.workspace import DEFAULT_FACE_DETECTOR_NAME, FACE_SPLITS, Workspace

WORDING = Wording(
    "second stage", "views", "the detector's with _refiner", "rotation=45,small=0.3", FACE_DETECTOR_FORMATS
)

EXAMPLES = """
examples:
  TrainFaceRefiner.py --mixed_precision                            for your own detector, face_ssd_final.keras
  TrainFaceRefiner.py --mixed_precision --detector face_ssd.keras  for the released detector
  TrainFaceRefiner.py --mixed_precision --crops FacialExpressionRecognition/hdf5/fer2013_7classes_train.hdf5
  TrainFaceRefiner.py --mixed_precision --resume                   continue after an interruption
  TrainFaceRefiner.py --export onnx -im face_ssd_refiner.keras     write its ONNX copy again, without training
"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    description = "Trains the face detector's second stage on the HDF5 splits that BuildFaceDataset.py writes."
    parser = new_faces_parser(description, EXAMPLES)
    defaults = RefinerSettings()
    add_training_options(parser, WORDING, defaults)
    parser.add_argument(
        "--detector",
        default=DEFAULT_FACE_DETECTOR_NAME,
        help="trained detector whose second stage it is: a name in output/ or a path (default: %(default)s)",
    )
    add_setting(
        parser, "--views", type=int, help=f"views of an epoch, half of them of faces (default: {defaults.views})"
    )
    parser.add_argument(
        "--crops",
        metavar="FILE.hdf5",
        help="train split that BuildDataset.py wrote: its crops are more faces to learn from, where the detector "
        "suspects one",
    )
    add_card_options(parser)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(argv)
    with contextlib.ExitStack() as stack:
        return exit_status(
            lambda: _export(arguments) if only_exports(arguments, RefinerSettings) else _train(arguments, stack)
        )


def _export(arguments: argparse.Namespace) -> None:
    parse_formats(arguments.export, FACE_DETECTOR_FORMATS)
    model = Workspace(arguments.base_path).find_model(arguments.input_model)
    import_keras()
    from emotion_recognition.training.face_refiner.saving import export_refiner

    print(f"Wrote {export_refiner(model)}")


def _train(arguments: argparse.Namespace, stack: contextlib.ExitStack) -> None:
    from emotion_recognition.detection.face_detectors.face_ssd.refiner_file import refiner_path

    workspace = Workspace(arguments.base_path)
    first = workspace.find_model(arguments.detector)
    output = refiner_path(first) if arguments.output_model is None else workspace.new_model(arguments.output_model)
    if output.suffix != ".keras":
        raise ValueError(f"The second stage's file must end in .keras. Received: {output}")
    if arguments.export is not None:
        parse_formats(arguments.export, FACE_DETECTOR_FORMATS)
    stages = stage_settings(arguments, RefinerSettings(), PatchAugmentation())
    input_model = None if arguments.input_model is None else workspace.find_model(arguments.input_model)
    import_keras()
    output = enter_devices(stack, arguments, stages, output)
    _fit(arguments, workspace, first, output, stages, input_model)


def _fit(
    arguments: argparse.Namespace,
    workspace: Workspace,
    first: Path,
    output: Path,
    stages: list[RefinerSettings],
    input_model: Path | None,
) -> None:
    from emotion_recognition.atomic_file import check_can_write
    from emotion_recognition.data.face_pictures.hdf5 import check_same_face_build, read_face_split
    from emotion_recognition.data.files.hdf5 import read_split
    from emotion_recognition.detection.face_detectors.face_ssd.detector import FaceSsdDetector
    from emotion_recognition.progress import Progress
    from emotion_recognition.training.face_refiner.close_ups import (
        blurred,
        crops_entry,
        cut_blurred,
        cut_crops,
        looked_at,
    )
    from emotion_recognition.training.face_refiner.proposing import cut_split
    from emotion_recognition.training.face_refiner.saving import save_trained_refiner
    from emotion_recognition.training.face_refiner.stage import fit_refiner
    from emotion_recognition.training.face_refiner.start import open_refiner_start
    from emotion_recognition.training.face_ssd.saving import CardNotes
    from emotion_recognition.training.saving import draw_curves
    from emotion_recognition.training.stages import RunResult, fit_stages

    notes = CardNotes(arguments.note, arguments.card_confidence)
    train, val = (read_face_split(workspace.face_split_path(split), role=split) for split in FACE_SPLITS)
    check_same_face_build(train, val)
    if val.ignored.all():
        raise ValueError(f"The {val.split} split has no face that counts, so no detector can be measured on it.")
    crops = None if arguments.crops is None else read_split(Path(arguments.crops), role="train")
    start = open_refiner_start(stages[0], input_model=input_model, lower_rate=lowers_rate(arguments))
    stages[0] = replace(stages[0], learning_rate=start.learning_rate)
    check_can_write(output)
    print(start.description)
    detector = FaceSsdDetector(first, second_stage=False)
    more: dict[str, Any] = {}
    pictures = len(train) + len(val) + blurred(train) + (0 if crops is None else looked_at(crops))
    with Progress("pictures looked at by the detector", pictures) as progress:
        cut_train, cut_val = (cut_split(split, detector, step=progress.step) for split in (train, val))
        cut_train += cut_blurred(train, detector, step=progress.step)
        if crops is not None:
            cut = cut_crops(crops, detector, step=progress.step)
            cut_train += cut
            more = {"crops": crops_entry(crops, cut)}
    print(
        f"{cut_train.patches.is_face.sum():,} faces and {(~cut_train.patches.is_face).sum():,} others to learn from; "
        f"writes {output}",
        flush=True,
    )

    def save(done: RunResult) -> None:
        saved = save_trained_refiner(
            start.network, output, first, stages[-1].view, train, val, done.entries, notes, more
        )
        figures = saved.metrics
        print(
            f"Average precision of both stages on val {figures['average_precision_50']:.3f} at an overlap of 0.5, "
            f"{figures['average_precision_50_95']:.3f} at 0.5 to 0.95; at a confidence of "
            f"{figures['confidence']:g}, precision {figures['precision']:.1%}, recall {figures['recall']:.1%}",
            flush=True,
        )
        if saved.why_not_fused:
            print(f"The scores are those of the first stage alone: {saved.why_not_fused}", flush=True)

    finish = functools.partial(draw_curves, output)
    fit_stages(
        start, cut_train, cut_val, stages, training_run(arguments, output), fit=fit_refiner, save=save, finish=finish
    )
    print(f"Wrote {output}, its card, ONNX copy, log and curves")


if __name__ == "__main__":
    sys.exit(main())
