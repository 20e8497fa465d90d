"""The options that the scripts have in common which train a network, and the settings that they stand for.

Importing this module imports neither Keras nor TensorFlow.
"""

import argparse
import contextlib
import io
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from emotion_recognition.command_line.parsers import count_or_all, whole_number_or_none
from emotion_recognition.data.batches.augmentation import parse_augmentation
from emotion_recognition.error_about import about
from emotion_recognition.training.recipes import in_stages, parse_stages
from emotion_recognition.training.run import TrainingRun
from emotion_recognition.training.settings import OPTIMIZERS, SCHEDULES, FitSettings
from emotion_recognition.workspace import RESUME_POINT, beside

Settings = TypeVar("Settings", bound=FitSettings)


@dataclass(frozen=True)
class Wording:
    """Where the help of the common options differs from script to script.

    Args:
        model: What is trained.
        images: What it learns from.
        default_model: File name of the output model.
        augmentation: An example of random changes.
        formats: What the model can be exported to.
    """

    model: str
    images: str
    default_model: str
    augmentation: str
    formats: Sequence[str]


def add_training_options(parser: argparse.ArgumentParser, wording: Wording, defaults: FitSettings | None) -> None:
    """Adds the common options; a setting that is not given has no entry in what is parsed.

    Args:
        parser: Gets them.
        wording: Where the script's help differs.
        defaults: The settings whose values the help shows; None where they depend on other options.
    """

    def shown(name: str, more: str = "") -> str:
        texts = [] if defaults is None else [_text_of(getattr(defaults, name))]
        texts += [more] if more else []
        return f" (default: {'; '.join(texts)})" if texts else ""

    add = parser.add_argument
    add("-im", "-m", "--input_model", help=f"trained {wording.model} to continue from: a name in output/ or a path")
    add("-om", "--output_model", help=f"name in output/ or path to write (default: {wording.default_model})")
    add(
        "--stages",
        metavar="RATE:EPOCHS,...",
        help="learning rate and largest number of epochs of each stage, in place of -lr and -epochs",
    )
    add_setting(
        parser,
        "-lr",
        "--learning_rate",
        type=float,
        help="the optimizer's learning rate, or its highest one"
        + shown("learning_rate", "from an input model: a tenth of that model's own"),
    )
    add_setting(
        parser,
        "-epochs",
        "--number_of_epochs",
        dest="epochs",
        type=int,
        help="largest number of epochs; with a schedule, exactly as many" + shown("epochs"),
    )
    add_setting(parser, "--batch_size", type=int, help=f"{wording.images} per step" + shown("batch_size"))
    add_setting(
        parser,
        "--patience",
        type=whole_number_or_none,
        metavar="N|none",
        help="stop after this many epochs without a lower validation loss; needs a constant schedule"
        + shown("patience"),
    )
    add_setting(parser, "--optimizer", choices=OPTIMIZERS, help="optimizer" + shown("optimizer"))
    add_setting(
        parser,
        "--schedule",
        choices=SCHEDULES,
        help="how the learning rate changes within a stage" + shown("schedule"),
    )
    add_setting(
        parser,
        "--weight_decay",
        type=float,
        help="decoupled weight decay: share of each kernel that a step removes, times the learning rate"
        + shown("weight_decay"),
    )
    add_setting(
        parser,
        "--ema",
        type=float,
        help="momentum of an exponential moving average of the weights, which is saved; 0 saves the last weights"
        + shown("ema"),
    )
    add(
        "--augmentation",
        metavar="NAME=VALUE,...|none",
        help=f"random changes to the {wording.images}, for instance {wording.augmentation}",
    )
    add("--seed", type=int, default=FitSettings().seed, help="seed of all random numbers")
    add(
        "--devices",
        type=count_or_all,
        default=1,
        metavar="N|all",
        help="devices that each batch is split over (JAX or TensorFlow); on several machines, all of them (JAX)",
    )
    add(
        "--steps_per_execution",
        type=int,
        default=1,
        metavar="N",
        help="training steps that run on the device at a time, which spares a fast one waiting (JAX or TensorFlow)",
    )
    add("--mixed_precision", action="store_true", help="compute in bfloat16, keep weights in float32")
    add(
        "--export",
        metavar="FORMAT,...",
        help=f"copies to write beside the model, some of {','.join(wording.formats)} (training always writes onnx); "
        "with -im and without -om, nothing is trained",
    )
    add("--resume", action="store_true", help="continue the interrupted run of this output model")


#: What a run is told beside its settings, each None or False unless it is given.
_OF_RUNS = (
    *("stages", "augmentation", "resume", "new_head", "teacher", "unlabelled", "tensorboard", "freezes"),
    *("network", "weights", "backbone", "backbone_pixels", "backbone_size", "hidden", "head_dropout"),
    *("crops", "card_confidence", "note"),
)


def only_exports(arguments: argparse.Namespace, settings: type[FitSettings]) -> bool:
    """Whether an existing model is to be exported, and nothing trained.

    Args:
        arguments: What was parsed.
        settings: What decides the result of a training.

    Raises:
        ValueError: If it is, and something is said of a training.
    """
    if arguments.export is None or arguments.input_model is None or arguments.output_model is not None:
        return False
    always = ("seed", "mixed_precision", "augmentation")
    given = [field.name for field in fields(settings) if field.name not in always and field.name in arguments]
    of_run = {name: getattr(arguments, name, None) for name in _OF_RUNS}
    given += [name for name, value in of_run.items() if value is not None and value is not False]
    if given:
        message = "export with an input model trains nothing unless the output is named; leave out what is for training"
        raise about(ValueError(message), "output_model", *given)
    return True


def lowers_rate(arguments: argparse.Namespace) -> bool:
    """Whether an input model is trained at a tenth of its own learning rate, because no other is given."""
    return "learning_rate" not in arguments and arguments.stages is None


def add_card_options(parser: argparse.ArgumentParser) -> None:
    """Adds what a person says in a face detector's card: ``--card_confidence`` and ``--note``."""
    parser.add_argument(
        "--card_confidence",
        type=float,
        metavar="SCORE",
        help="lowest score that counts as a face, 0..1, which the card states for detection (default: detection's own)",
    )
    parser.add_argument(
        "--note", metavar="TEXT", help="a sentence for the card, for instance on what terms the pictures were had"
    )


def stage_settings(
    arguments: argparse.Namespace, base: Settings, augmentation: Any, usual: tuple[tuple[float, int], ...] = ()
) -> list[Settings]:
    """The settings of every stage of a run.

    Args:
        arguments: What was parsed; whatever is given overrides ``base``.
        base: The settings that hold otherwise.
        augmentation: The random changes that hold where the option names only some.
        usual: Learning rate and most epochs of each stage of a whole run from scratch; empty for one stage.

    Raises:
        ValueError: If options contradict each other, or a value is out of range.
    """
    names = {field.name for field in fields(base)} - {"augmentation"}
    given: dict[str, Any] = {name: value for name, value in vars(arguments).items() if name in names}
    if arguments.augmentation is not None:
        given["augmentation"] = parse_augmentation(arguments.augmentation, augmentation)
    settings = replace(base, **given)
    one = "learning_rate" in arguments or "epochs" in arguments
    if arguments.stages is not None:
        if one:
            raise ValueError("--stages has the learning rates and epochs of all stages; leave out -lr and -epochs.")
        return in_stages(settings, parse_stages(arguments.stages))
    return in_stages(settings, usual) if usual and not one and arguments.input_model is None else [settings]


def training_run(arguments: argparse.Namespace, output: Path, **options: Any) -> TrainingRun:
    """The run that a command line asks for: a progress bar on a terminal, a line for each epoch elsewhere.

    Args:
        arguments: What was parsed.
        output: The model file to write.
        **options: More of the run's arguments.

    Raises:
        ValueError: If steps are to be executed fewer than one at a time.
    """
    return TrainingRun.beside(
        output,
        resume=arguments.resume,
        verbose=1 if sys.stdout.isatty() else 2,
        steps_per_execution=arguments.steps_per_execution,
        **options,
    )


def enter_devices(
    stack: contextlib.ExitStack, arguments: argparse.Namespace, stages: Sequence[FitSettings], output: Path
) -> Path:
    """Lets networks that are made from now on be trained on the devices that a command line asks for.

    Args:
        stack: Ends it.
        arguments: What was parsed.
        stages: The settings of the stages.
        output: The model file to write.

    Returns:
        The model file that this process writes. Of several machines' processes, which all do the same, the first one
        writes ``output``; the others write files that are deleted in the end, and say nothing more.

    Raises:
        ValueError: If there are not so many, or they cannot share a batch.
        OSError: If the other machines do not come.
    """
    from emotion_recognition.training.devices import join_machines, on_devices

    joined = join_machines()
    if arguments.devices == 1:
        if joined.count > 1:
            raise about(ValueError("On several machines, devices must be all of them. Received: 1"), "devices")
        return output
    devices = stack.enter_context(on_devices(arguments.devices, stages[0].batch_size))
    on_machines = f" of {joined.count} machines" if joined.count > 1 else ""
    print(f"each batch is split over {len(devices)} devices{on_machines}: {', '.join(devices)}", flush=True)
    if not joined.number:
        return output
    print(f"this is process {joined.number + 1} of {joined.count}; the first one writes the files", flush=True)
    own = Path(stack.enter_context(tempfile.TemporaryDirectory())) / output.name
    if arguments.resume and beside(output, RESUME_POINT).is_file():
        shutil.copy(beside(output, RESUME_POINT), beside(own, RESUME_POINT))
    stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
    return own


def add_setting(parser: argparse.ArgumentParser, *names: str, **options: Any) -> None:
    """Adds an option that has no entry in what is parsed unless it is given, so that it overrides nothing.

    Args:
        parser: Gets it.
        *names: Its names.
        **options: More of argparse's arguments.
    """
    parser.add_argument(*names, default=argparse.SUPPRESS, **options)


def _text_of(value: object) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
