"""Trains a network on the HDF5 splits, or continues from a trained one at a tenth of its learning rate.

BuildDataset.py comes before; TestNetwork.py comes next.
"""

import argparse
import contextlib
import sys
from dataclasses import replace
from functools import partial

from emotion_recognition.command_line.classifier_settings import add_classifier_settings
from emotion_recognition.command_line.exit_status import exit_status
from emotion_recognition.command_line.model_options import joined_ranges
from emotion_recognition.command_line.network_options import add_network_options, chosen_network
from emotion_recognition.command_line.opened_teacher import open_teacher
from emotion_recognition.command_line.parsers import add_image_options, classes_option, new_parser, variant_of
from emotion_recognition.command_line.training_options import (
    Wording,
    add_training_options,
    enter_devices,
    lowers_rate,
    only_exports,
    stage_settings,
    training_run,
)
from emotion_recognition.data.batches.augmentation import Augmentation
from emotion_recognition.data.files.streaming import STREAM_ABOVE_GIB
from emotion_recognition.models.export_formats import FORMATS, formats_help, parse_formats
from emotion_recognition.models.registry import networks_help
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.training.recipes import RECIPES, parse_freezes, recipes_help, with_freezes
from emotion_recognition.training.settings import USUAL_TEACHER_WEIGHT, StageSettings
from emotion_recognition.workspace import DEFAULT_MODEL_NAME, TEACHER, TENSORBOARD, Workspace, beside

DEFAULT_RECIPE = "staged"

WORDING = Wording("model", "images", DEFAULT_MODEL_NAME, "rotation=12,erase=0.25", tuple(FORMATS))

EPILOG = """
recipes:
{recipes}
  An option that is given overrides the recipe's. Stages are those of the recipe unless -lr, -epochs or -im is given.

networks:
{networks}

formats of --export:
{formats}

examples:
  TrainNetwork.py -n 7                                       all stages of the classic run
  TrainNetwork.py -n 7 --stages 1e-3:60,1e-4:20              the same with other stages
  TrainNetwork.py -n 7 -epochs 60 -om stage1.keras           one stage at a time: from scratch,
  TrainNetwork.py -n 7 -epochs 20 -im stage1.keras           then at a tenth of stage1's learning rate
  TrainNetwork.py -n 7 --recipe record -epochs 120 --mixed_precision
  TrainNetwork.py -n 7 --recipe record --network vggnet_tiny --teacher a.keras,b.keras -om tiny.keras
  TrainNetwork.py -n 7 --recipe finetune --network resnet50  ImageNet's weights, a new head, then all of it
  TrainNetwork.py -n 7 --recipe finetune --backbone faces.keras --stages 1e-3:5,1e-4:20 --freeze all,30
  TrainNetwork.py --classes a,b,c,d,e --image_size 280 --channels 3 --recipe five_classes
  TrainNetwork.py --export onnx,litert,saved_model -im stage1.keras   what applications run, without training
"""


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    epilog = EPILOG.format(recipes=recipes_help(), networks=networks_help(), formats=formats_help())
    parser = new_parser("Trains a network on FER2013's HDF5 splits.", epilog)
    add = parser.add_argument
    add_image_options(parser)
    add("--recipe", choices=tuple(RECIPES), default=DEFAULT_RECIPE, help="a named set of the options below")
    add_network_options(parser)
    add_training_options(parser, WORDING, None)
    add_classifier_settings(parser)
    add(
        "--stream_above",
        type=float,
        default=STREAM_ABOVE_GIB,
        metavar="GIB",
        help="stream the training images from their file if they take more than this; 0 always does",
    )
    add("--tensorboard", action="store_true", help="write TensorBoard logs beside the output model")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_args(joined_ranges(sys.argv[1:] if argv is None else argv))
    with contextlib.ExitStack() as stack:
        return exit_status(
            lambda: _export(arguments) if only_exports(arguments, StageSettings) else _train(arguments, stack)
        )


def _export(arguments: argparse.Namespace) -> None:
    formats = parse_formats(arguments.export)
    model = Workspace(arguments.base_path).find_model(arguments.input_model)
    import_keras()
    from emotion_recognition.models.export import export_model

    images = None
    if any(FORMATS[name].needs_images for name in formats):
        from emotion_recognition.data.files.hdf5 import read_split

        variant = variant_of(arguments)
        path = Workspace(arguments.base_path).split_path("train", arguments.num_emotions, variant=variant)
        images = read_split(path, role="train", stream_above=arguments.stream_above).images
    print(f"Wrote {', '.join(map(str, export_model(model, formats, images)))}")


def _stages(arguments: argparse.Namespace) -> list[StageSettings]:
    recipe = RECIPES[arguments.recipe]()
    if arguments.teacher is not None and "teacher_weight" not in arguments:
        arguments.teacher_weight = USUAL_TEACHER_WEIGHT
    stages = stage_settings(arguments, recipe, recipe.augmentation or Augmentation(), recipe.stages)
    if arguments.freezes is not None:
        return with_freezes(stages, parse_freezes(arguments.freezes))
    # Other stages than the recipe's end as it does.
    usual = recipe.freezes if len(recipe.freezes) == len(stages) else recipe.freezes[-1:]
    return with_freezes(stages, usual)


def _train(arguments: argparse.Namespace, stack: contextlib.ExitStack) -> None:
    workspace = Workspace(arguments.base_path)
    output = workspace.new_model(arguments.output_model or DEFAULT_MODEL_NAME)
    formats = () if arguments.export is None else parse_formats(arguments.export)
    stages = _stages(arguments)
    import_keras()
    output = enter_devices(stack, arguments, stages, output)
    import numpy as np

    from emotion_recognition.atomic_file import check_can_write
    from emotion_recognition.models.export import export_trained
    from emotion_recognition.training.freezing import frozen_text
    from emotion_recognition.training.saving import class_prior, draw_architecture, draw_curves, save_trained
    from emotion_recognition.training.splits import open_splits
    from emotion_recognition.training.stage import fit_stage
    from emotion_recognition.training.stages import RunResult, fit_stages
    from emotion_recognition.training.start import open_start, tensorboard

    variant, chosen_by = variant_of(arguments), classes_option(arguments)
    train, val = open_splits(workspace, variant, arguments.class_names, chosen_by, stream_above=arguments.stream_above)
    class_prior(train, stages[-1].prior_power)  # what it needs is known before the first epoch
    from_scratch = arguments.input_model is None
    chosen = chosen_network(arguments, RECIPES[arguments.recipe].network)
    start = open_start(
        train,
        stages[0],
        network=chosen.network,
        network_options=chosen.options,
        backbone=chosen.backbone,
        input_model=None if from_scratch else workspace.find_model(arguments.input_model),
        new_head=arguments.new_head,
        lower_rate=lowers_rate(arguments),
    )
    if not from_scratch and output.exists() and output.samefile(workspace.find_model(arguments.input_model)):
        start = replace(start, more_identity={})  # a stage that is done has replaced it
    stages[0] = replace(stages[0], learning_rate=start.learning_rate)
    freezing = frozen_text(start.network, stages)
    check_can_write(output)
    print("\n".join([start.description] + [freezing] * bool(freezing)))
    print(f"{len(train):,} training and {len(val):,} validation images; writes {output}", flush=True)
    if isinstance(train.images, np.memmap):
        print(f"the training images stay in their file and are read from it ({train.images.nbytes / 2**30:.2f} GiB)")
    teacher = open_teacher(arguments, stages[0], train, output)
    if teacher is not None:
        print(f"learns from {', '.join(model.name for model in teacher.models)} too", flush=True)

    def save(done: RunResult) -> None:
        metrics = save_trained(start, output, train, val, done)
        last, best = done.entries[-1], done.rows[done.best_row]
        print(
            f"Best epoch {last['best_epoch']} of {last['epochs_run']}: "
            f"validation loss {best['val_loss']:.4f}, accuracy of the saved model {metrics.accuracy:.2%}",
            flush=True,
        )

    def finish(done: RunResult) -> None:
        draw_curves(output, done)
        copies, no_copy = export_trained(output, formats, train.images)
        print(f"Wrote {output}, its card, log and curves; {draw_architecture(output, start)}")
        print("\n".join([f"Wrote {copy}" for copy in copies] + [no_copy] * bool(no_copy)))
        beside(output, TEACHER).unlink(missing_ok=True)

    callbacks = tensorboard(beside(output, TENSORBOARD)) if arguments.tensorboard else ()
    run = training_run(arguments, output, callbacks=callbacks)
    fit = partial(fit_stage, teacher=teacher)
    fit_stages(start, train, val, stages, run, fit=fit, save=save, finish=finish)


if __name__ == "__main__":
    sys.exit(main())
