"""The scripts that are killed: what they start from, how they are called, and what must come out."""

import csv
import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fault_campaign import seeds
from emotion_recognition.emotions import class_names
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace

_RELEASED = Workspace(Path(__file__).resolve().parents[2] / DEFAULT_BASE_PATH)


@dataclass(frozen=True)
class Scenario:
    """One script, called in one way.

    Args:
        script: Its module.
        prepare: Makes what it starts from, in a folder.
        arguments: Its options, given the folder.
        again: What is called after a kill, the first that ends well counts.
        grows: Files that grow while it runs, and so are in between after a kill.
        rewritten: Files of which a run writes several versions, each of them whole; after a kill any may be there.
        imports: Modules that are imported once, for all runs.
    """

    script: str
    prepare: Callable[[Path], None]
    arguments: Callable[[Path], list[str]]
    again: Callable[[Path], list[list[str]]]
    grows: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


def results_of(folder: Path) -> dict[str, str]:
    """What each file of a folder holds, but temporary ones: equal texts where runs must give equal files."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): _digest(path) for path in paths}


def _digest(path: Path) -> str:
    """A file's SHA-256; of files that state when they were made, that of all the rest."""
    content = path.read_bytes()
    if path.suffix == ".keras" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            content = b"".join(archive.read(name) for name in sorted(archive.namelist()) if name != "metadata.json")
    elif path.suffix == ".json":
        card = json.loads(content)
        if isinstance(card, dict):
            content = json.dumps(_without_times(card), sort_keys=True).encode()
    elif path.suffix == ".onnx":
        import onnx

        # The converter names nodes anew each time.
        graph = onnx.load_from_string(content).graph
        weights = sorted(hashlib.sha256(tensor.SerializeToString()).hexdigest() for tensor in _without_names(graph))
        content = json.dumps([sorted(node.op_type for node in graph.node), weights]).encode()
    elif path.name.endswith("_log.csv"):
        rows = list(csv.DictReader(content.decode().splitlines()))
        content = json.dumps([{key: row[key] for key in row if key != "seconds"} for row in rows]).encode()
    elif path.suffix == ".png" and not content.endswith(b"IEND\xaeB`\x82"):
        return "cut"
    return hashlib.sha256(content).hexdigest()


def _without_names(graph: Any) -> list[Any]:
    """The weights of an ONNX graph, without their names."""
    for tensor in graph.initializer:
        tensor.name = ""
    return list(graph.initializer)


def _without_times(value: Any) -> Any:
    """A card without what differs between two equal runs: hashes of files that state when they were made, seconds."""
    if isinstance(value, dict):
        changing = ("sha256", "model_sha256", "seconds", "epoch_seconds", "created")
        return {key: _without_times(item) for key, item in value.items() if key not in changing}
    return [_without_times(item) for item in value] if isinstance(value, list) else value


def _prepare_build(folder: Path) -> None:
    (folder / "fer2013.csv").write_bytes(seeds.csv_of_fer2013())
    (folder / "base").mkdir()


def _build(folder: Path) -> list[str]:
    return ["--input", str(folder / "fer2013.csv"), "-b", str(folder / "base"), "-n", "7"]


def _prepare_rebuild(folder: Path) -> None:
    """Splits of another source are there already."""
    import BuildDataset

    (folder / "fer2013.csv").write_bytes(seeds.csv_of_fer2013(end="\r\n").replace(b"0 ", b"3 "))
    if BuildDataset.main(_build(folder)):
        raise RuntimeError("the first build failed")
    (folder / "fer2013.csv").write_bytes(seeds.csv_of_fer2013())


def _prepare_faces(folder: Path) -> None:
    import cv2

    (folder / "faces").mkdir()
    for number in range(6):
        cv2.imwrite(str(folder / "faces" / f"{number}.png"), seeds.painting(48, 64, number))
    rows = "".join(f"{number}.png,{5 + number},6,20,24\n" for number in range(6))
    (folder / "faces.csv").write_text("file,x,y,w,h\n" + rows, encoding="utf-8")


def _build_faces(folder: Path) -> list[str]:
    return ["--input", str(folder / "faces.csv"), "-b", str(folder / "base")]


def _prepare_splits(folder: Path) -> None:
    from emotion_recognition.data.files.hdf5 import Split, write_split

    base, random = Workspace(folder / "base"), np.random.default_rng(0)
    base.create_folders()
    for split, count in (("train", 14), ("val", 7), ("test", 7)):
        images = random.integers(0, 256, (count, 48, 48, 1), dtype=np.uint8)
        labels = (np.arange(count) % 7).astype(np.uint8)
        write_split(base.split_path(split, 7), Split(images, labels, class_names(7), split, "fer2013.csv", "0" * 64))


def _prepare_model(folder: Path) -> None:
    """Splits, and a network of a hundred weights, so that a run takes a second."""
    import keras

    from emotion_recognition.models.card import write_card
    from emotion_recognition.models.files import save_network

    _prepare_splits(folder)
    keras.utils.set_random_seed(0)
    pixels = keras.Input((48, 48, 1))
    x = keras.layers.Conv2D(2, 5, strides=5, activation="relu")(keras.layers.Rescaling(1 / 255)(pixels))
    logits = keras.layers.Dense(7, name="logits")(keras.layers.GlobalAveragePooling2D()(x))
    path = folder / "base" / "output" / "small.keras"
    save_network(keras.Model(pixels, keras.layers.Softmax()(logits)), path)
    write_card(path, {"network": "small", "class_names": list(class_names(7)), "input": {"pixels": "0..255"}})


def _train(folder: Path) -> list[str]:
    base = ["-b", str(folder / "base"), "-n", "7", "-im", "small.keras", "-om", "trained.keras"]
    return [*base, "-lr", "0.01", "-epochs", "3", "--batch_size", "7", "--augmentation", "none", "--seed", "1"]


def _prepare_face_splits(folder: Path) -> None:
    import BuildFaceDataset

    _prepare_faces(folder)
    if BuildFaceDataset.main(_build_faces(folder)):
        raise RuntimeError("the face pictures were not built")


def _train_faces(folder: Path) -> list[str]:
    base = ["-b", str(folder / "base"), "-om", "faces.keras", "--size", "64", "--batch_size", "3"]
    return [*base, "-lr", "0.001", "-epochs", "2", "--seed", "1"]


def _test(folder: Path) -> list[str]:
    return ["-b", str(folder / "base"), "-n", "7", "-im", "small.keras", "--gallery"]


def _prepare_pictures(folder: Path) -> None:
    import cv2

    from emotion_recognition.pictures.image_file import read_image

    (folder / "photos").mkdir()
    photo = read_image(_RELEASED.sample_photo)
    for number, width in enumerate((320, 280)):
        small = cv2.resize(photo, (width, width * photo.shape[0] // photo.shape[1]), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / "photos" / f"{number}.jpg"), small)


def _detect(folder: Path) -> list[str]:
    outputs = ["-o", "out", "--json", "faces.json", "--csv", "faces.csv", "--crops", "crops"]
    placed = [str(folder / name) if not name.startswith("-") else name for name in outputs]
    return ["-b", str(_RELEASED.base_path), "-i", str(folder / "photos"), *placed]


def _prepare_video(folder: Path) -> None:
    import cv2

    from emotion_recognition.pictures.image_file import read_image

    photo = read_image(_RELEASED.sample_photo)
    small = cv2.resize(photo, (160, 160 * photo.shape[0] // photo.shape[1] // 2 * 2), interpolation=cv2.INTER_AREA)
    writer = cv2.VideoWriter(
        str(folder / "film.avi"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 10.0, small.shape[1::-1]
    )
    for _ in range(4):
        writer.write(small)
    writer.release()


def _detect_video(folder: Path) -> list[str]:
    places = ["-o", str(folder / "out.avi"), "--json", str(folder / "faces.json"), "--csv", str(folder / "faces.csv")]
    return ["-b", str(_RELEASED.base_path), "-i", str(folder / "film.avi"), *places]


def _same(arguments: Callable[[Path], list[str]], *more: str) -> Callable[[Path], list[list[str]]]:
    return lambda folder: [[*arguments(folder), *more]]


_KERAS = ("emotion_recognition.models.files", "emotion_recognition.evaluation.ensemble", "tensorflow")

SCENARIOS: dict[str, Scenario] = {
    "build": Scenario("BuildDataset", _prepare_build, _build, _same(_build, "--overwrite")),
    "build over an earlier one": Scenario(
        "BuildDataset",
        _prepare_rebuild,
        lambda folder: [*_build(folder), "--overwrite"],
        _same(_build, "--overwrite"),
    ),
    "build faces": Scenario("BuildFaceDataset", _prepare_faces, _build_faces, _same(_build_faces, "--overwrite")),
    "detect in pictures": Scenario("EmotionDetector", _prepare_pictures, _detect, _same(_detect)),
    "detect in a video": Scenario("EmotionDetector", _prepare_video, _detect_video, _same(_detect_video)),
    "train": Scenario(
        "TrainNetwork",
        _prepare_model,
        _train,
        lambda folder: [[*_train(folder), "--resume"], _train(folder)],
        grows=("base/output/trained_log.csv", "base/output/trained.resume.h5"),
        rewritten=("base/output/trained.json",),  # the ONNX copy is entered once it is there
        imports=_KERAS,
    ),
    "train faces": Scenario(
        "TrainFaceDetector",
        _prepare_face_splits,
        _train_faces,
        lambda folder: [[*_train_faces(folder), "--resume"], _train_faces(folder)],
        grows=("base/output/faces_log.csv", "base/output/faces.resume.h5"),
        imports=_KERAS,
    ),
    "test": Scenario("TestNetwork", _prepare_model, _test, _same(_test), imports=_KERAS),
}
