"""Finds the faces of millions of pictures and what they express, on all cores or on a cluster, as Parquet tables.

EmotionDetector.py does so for a folder and draws what it finds.
"""

import argparse
import functools
import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from emotion_recognition.command_line.detection_options import add_detector_options, add_input_models, add_mirrored
from emotion_recognition.command_line.detector_plans import plan_of
from emotion_recognition.command_line.exit_status import SOME_BAD, exit_status
from emotion_recognition.command_line.model_options import add_model_options, add_runtime_option, joined_ranges
from emotion_recognition.command_line.parsers import new_parser, path_text, place_text, workers_or_auto
from emotion_recognition.detection.face_detectors.settings import check_detector_size
from emotion_recognition.progress import Progress
from emotion_recognition.quantity import quantity
from emotion_recognition.workspace import Workspace, find_released_model

if TYPE_CHECKING:
    from emotion_recognition.collection.shard_work import ShardWork

EPILOG = """examples:
  AnnotateCollection.py photos/ --out annotated/              a folder and all below it, on all cores
  AnnotateCollection.py "shards/*.tar" list.parquet --out annotated/
  AnnotateCollection.py s3://bucket/photos/ --out annotated/  by fsspec, with s3fs installed
  AnnotateCollection.py --resume --out annotated/             only what is missing
  AnnotateCollection.py photos/ --out annotated/ --engine ray --address auto

OUT/faces/*.parquet has a row for each face, OUT/others/*.parquet one for each picture without a face or that cannot be
read; pandas.read_parquet("annotated/faces") reads all of them.

exit status: 0 all done; 1 some pictures could not be read, the others are done; 2 bad input; 70 a fault of the program
itself. After any of the last two, --resume does what is missing."""

#: Where the work can be done.
ENGINES = ("local", "ray")


def build_parser() -> argparse.ArgumentParser:
    """Returns the command line's parser."""
    parser = new_parser("Finds the faces and emotions of a whole collection and writes them as tables.", EPILOG)
    parser.add_argument(
        "input",
        type=place_text,
        nargs="*",
        metavar="INPUT",
        help="folders, patterns in quotes, .txt or .parquet lists of paths (or of bytes), tar shards (compressed or "
        "not), videos, pictures; paths or URLs that fsspec knows",
    )
    parser.add_argument(
        "-o", "--out", type=path_text, required=True, metavar="DIR", help="folder to write the tables to"
    )
    parser.add_argument("--resume", action="store_true", help="do what is missing in --out; starts it if it is new")
    parser.add_argument("--column", metavar="NAME", help="column of .parquet lists that has the paths or the bytes")
    parser.add_argument("--shard_size", type=int, default=500, metavar="N", help="pictures per shard")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="look at every N-th frame of videos")
    parser.add_argument(
        "--embeddings", action="store_true", help="add a column with the classifier's feature vector of each face"
    )
    engine = parser.add_argument_group("where the work is done")
    engine.add_argument("--engine", choices=ENGINES, default="local", help="this machine, or a Ray cluster")
    engine.add_argument(
        "--workers",
        type=workers_or_auto,
        default=None,
        metavar="N|auto",
        help="processes; auto, the default, is one for each core of the machine or the cluster",
    )
    engine.add_argument(
        "--address",
        metavar="auto|HOST:PORT",
        help="the Ray cluster; auto finds that of this machine (default: a new one on this machine)",
    )
    engine.add_argument(
        "--gpus_per_worker",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="GPUs that Ray reserves for each process, for models that run on one; 0.5 lets two processes share a GPU",
    )
    engine.add_argument(
        "--timeout",
        type=float,
        default=600.0,
        metavar="SECONDS",
        help="longest time for a shard, after which its process counts as hanging; a video may take a hundred times "
        "as long",
    )
    classifier = parser.add_argument_group("emotion classifier")
    add_input_models(classifier)
    add_model_options(classifier)
    add_mirrored(classifier)
    add_runtime_option(classifier)
    add_detector_options(parser.add_argument_group("face detector"))
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs the script; returns its exit status."""
    arguments = build_parser().parse_intermixed_args(joined_ranges(sys.argv[1:] if argv is None else argv))
    unreadable: list[int] = []
    return exit_status(lambda: unreadable.append(_annotate(arguments))) or (SOME_BAD if any(unreadable) else 0)


def _annotate(arguments: argparse.Namespace) -> int:
    """Runs the script; returns the number of pictures that could not be read."""
    from emotion_recognition.detection.results.parquet_file import check_parquet

    check_parquet()
    if arguments.engine == "local" and (arguments.address is not None or arguments.gpus_per_worker):
        raise ValueError("--address and --gpus_per_worker are for --engine ray.")
    if arguments.detector_size is not None:
        check_detector_size(arguments.detector_size)

    from emotion_recognition.collection import CollectionSettings, annotate_collection

    settings = CollectionSettings(
        arguments.shard_size, arguments.every, arguments.column, arguments.timeout, arguments.resume
    )
    workspace = Workspace(arguments.base_path)
    models = [workspace.find_model(name) for name in arguments.input_model or ()]
    models = models or [find_released_model(arguments.num_emotions, workspace)]
    plan = plan_of(arguments, models, workspace, embeddings=arguments.embeddings)
    bar = _Bar()
    try:
        counts = annotate_collection(
            arguments.input,
            arguments.out,
            plan,
            settings,
            engine=functools.partial(_engine, arguments=arguments),
            say=lambda text: print(text, flush=True),
            begin=bar.begin,
            step=bar.step,
        )
    finally:
        bar.end()
    frames = f" and {quantity(counts['frames'], 'frame')}" if counts["frames"] else ""
    print(f"{quantity(counts['pictures'], 'picture')}{frames}: {quantity(counts['faces'], 'face')}")
    print(f"{counts['without_face']:,} without a face, {counts['unreadable']:,} could not be read")
    print(f"Wrote {arguments.out / 'faces'} and {arguments.out / 'others'}")
    return counts["unreadable"]


def _engine(work: "ShardWork", arguments: argparse.Namespace) -> AbstractContextManager[Any]:
    if arguments.engine == "ray":
        from emotion_recognition.collection import RayEngine

        ray: AbstractContextManager[Any] = RayEngine(
            work, arguments.address, arguments.workers, gpus_per_worker=arguments.gpus_per_worker
        )
        return ray
    from emotion_recognition.collection import LocalEngine

    local: AbstractContextManager[Any] = LocalEngine(work, arguments.workers)
    return local


class _Bar:
    """The progress bar, once the number of pictures is known."""

    def __init__(self) -> None:
        self._progress: Progress | None = None

    def begin(self, total: int, done: int) -> None:
        more = f", {done:,} of them done" if done else ""
        print(f"{total:,} pictures and videos{more}", flush=True)
        self._progress = Progress("pictures", total - done)

    def step(self, count: int) -> None:
        if self._progress is not None:
            self._progress.step(count)

    def end(self) -> None:
        if self._progress is not None:
            self._progress.clear()


if __name__ == "__main__":
    sys.exit(main())
