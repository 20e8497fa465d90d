"""Annotates a collection from its inputs to its tables: the library's entrance; AnnotateCollection.py calls it."""

import collections
import contextlib
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from emotion_recognition import __version__
from emotion_recognition.collection.annotate import annotate_shards, summary_of
from emotion_recognition.collection.collection_files import CollectionFiles
from emotion_recognition.collection.fingerprint import fingerprint_of
from emotion_recognition.collection.inputs import items_of
from emotion_recognition.collection.local_engine import LocalEngine
from emotion_recognition.collection.places import shown_place
from emotion_recognition.collection.plan import Plan, write_plan
from emotion_recognition.collection.shard_work import ShardWork
from emotion_recognition.detection.detector_plan import DetectorPlan
from emotion_recognition.detection.results.parquet_file import check_parquet
from emotion_recognition.detection.results.whole_text_file import naming
from emotion_recognition.error_about import about
from emotion_recognition.pictures.shown_path import printed, shown_path
from emotion_recognition.quantity import quantity
from emotion_recognition.write_lock import write_lock


@dataclass(frozen=True)
class CollectionSettings:
    """How a collection is annotated.

    Args:
        shard_size: Pictures per shard: what a failure costs at most, and what one file of the tables holds.
        every: Every how many-th frame of a video is looked at.
        column: The column of Parquet lists with paths or bytes; None for a usual one.
        seconds: The longest that a shard may take before its process counts as hanging.
        resume: Whether to go on with what the folder holds.

    Raises:
        ValueError: If a number is out of range.
    """

    shard_size: int = 500
    every: int = 1
    column: str | None = None
    seconds: float = 600.0
    resume: bool = False

    def __post_init__(self) -> None:
        for name in ("shard_size", "every", "seconds"):
            if not 1 <= getattr(self, name) < math.inf:
                error = ValueError(f"{name} must be a number of at least 1. Received: {getattr(self, name)}")
                raise about(error, "shard_seconds" if name == "seconds" else name)


def annotate_collection(
    inputs: Sequence[str],
    out: Path,
    plan: DetectorPlan,
    settings: CollectionSettings | None = None,
    *,
    engine: Callable[[ShardWork], AbstractContextManager[Any]] = LocalEngine,
    say: Callable[[str], None] = lambda text: None,
    begin: Callable[[int, int], None] = lambda total, done: None,
    step: Callable[[int], None] = lambda count: None,
) -> dict[str, int]:
    """Finds the faces and emotions of a collection and writes them as Parquet, in shards.

    Args:
        inputs: Folders, patterns, lists, tar shards, videos, pictures, see
            :func:`~emotion_recognition.collection.inputs.items_of`; may be empty when resuming.
        out: The folder to write, see :mod:`~emotion_recognition.collection.collection_files`.
        plan: Opens the detector, in every process.
        settings: How it is done.
        engine: Where it is done: given the work, a context manager that gives an engine.
        say: Takes a line about what is going on.
        begin: Called with the number of pictures and videos, and with how many of them are done already.
        step: Called with the number of pictures and videos that have been written.

    Returns:
        Numbers of pictures, frames, faces, pictures and frames without a face, unreadable ones.

    Raises:
        FileNotFoundError: If an input or a model is missing.
        FileExistsError: If the folder holds a collection and is not to be resumed, or another process writes it.
        ValueError: If an input is damaged or leads to nothing, or the folder was annotated by another model.
        OSError: If something cannot be read or written; what is complete stays.
        ChildProcessError: If processes keep dying; the message names the shard.
    """
    settings = settings or CollectionSettings()
    check_parquet()
    files = CollectionFiles(out)
    if not inputs and not (settings.resume and files.manifest.is_file()):
        raise about(ValueError("At least one input is needed. Received: none"), "input")
    detector = plan.open()
    fingerprint = fingerprint_of(plan, detector)
    say(f"face detector: {detector.face_detector.description}")
    say(f"model: {', '.join(map(str, plan.models))}")
    manifest: dict[str, Any] = {
        "inputs": [shown_place(given) for given in inputs],
        "model": fingerprint.model,
        "model_files": [shown_path(path) for path in plan.models],
        "detector": fingerprint.detector,
        "detector_description": printed(detector.face_detector.description),
        "class_names": list(detector.classifier.class_names),
        "embeddings": plan.embeddings,
        "every": settings.every,
        "column": settings.column,
        "shard_size": settings.shard_size,
        "versions": {"emotion_recognition": __version__, "opencv": cv2.__version__, "numpy": np.__version__},
    }
    with contextlib.ExitStack() as stack:
        with naming(out):
            out.mkdir(parents=True, exist_ok=True)
        stack.enter_context(write_lock(files.manifest, "collection", options=("out",)))
        goes_on = files.start(manifest, resume=settings.resume)
        if goes_on:
            manifest = files.read_manifest()
        else:
            say("listing the pictures")
            left_out = collections.Counter[str]()
            items = items_of(inputs, settings.column, lambda place: left_out.update(["files"]))
            write_plan(files.plan, items, settings.shard_size)
            if left_out:
                say(f"left out what earlier runs have written, {quantity(left_out['files'], 'file')}")
            files.write_manifest(manifest)
        shards = stack.enter_context(Plan(files.plan))
        work = ShardWork(plan, fingerprint, detector.classifier.class_names, settings.every)
        missing = sum(shards.size(number) for number in files.missing(shards.shards))
        begin(shards.items, shards.items - missing)
        if missing:
            try:
                running = stack.enter_context(engine(work))
            except BaseException:
                if not goes_on:
                    files.forget()
                raise
            say(f"running in {running.description}")
            annotate_shards(
                files,
                shards,
                running,
                work,
                seconds=settings.seconds,
                shard_size=int(manifest["shard_size"]),
                step=step,
            )
        return summary_of(files, shards.shards)
