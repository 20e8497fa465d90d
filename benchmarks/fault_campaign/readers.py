"""The readers that the campaign feeds with damaged files, and how it is known that what they accept is right.

A row is a reader: the whole files of its kind (:mod:`benchmarks.fault_campaign.seeds`), and a function that reads one
file and compares what comes out with what another, simpler reader says, or with the whole file where damage must be
noticed. Next: :mod:`benchmarks.fault_campaign.worker` runs them.
"""

import csv
import functools
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from benchmarks.fault_campaign import seeds
from emotion_recognition.emotions import class_names
from emotion_recognition.workspace import Workspace


class WrongResultError(Exception):
    """A damaged file was accepted, and what came out is wrong."""


@dataclass(frozen=True)
class Reader:
    """A reader under test.

    Args:
        name: What it reads.
        suffix: Of the file's name.
        seeds: Makes whole files.
        read: Reads a file, given its path and its bytes; ``ValueError`` and ``OSError`` refuse it.
        share: About how many of 1,000 inputs are its own.
        text: Whether its files are text.
        exact: Whether what was accepted must be one of the whole files.
        slow: Whether it is left out of the suite, because it loads Keras or starts a process for each file.
    """

    name: str
    suffix: str
    seeds: Callable[[], list[bytes]]
    read: Callable[[Path, bytes], object]
    share: int
    text: bool = False
    exact: bool = False
    slow: bool = False


def _check(is_right: bool, what: str) -> None:
    if not is_right:
        raise WrongResultError(what)


def _read_picture(path: Path, content: bytes) -> None:
    from emotion_recognition.pictures.animation import count_images
    from emotion_recognition.pictures.image_file import read_image
    from emotion_recognition.pictures.image_header import MAX_PIXELS

    image = read_image(path)
    is_bgr = image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3 and image.size > 0
    _check(is_bgr and image.shape[0] * image.shape[1] <= MAX_PIXELS, f"an image of {image.dtype} {image.shape}")
    _check(count_images(content) >= 1, "less than an image")


def _read_video(path: Path, _: bytes) -> None:
    from emotion_recognition.detection.video.reader import VideoReader

    with VideoReader(path) as reader:
        before, count = 0.0, 0
        for frame in reader:
            _check(frame.image.dtype == np.uint8 and frame.image.ndim == 3, "a frame that is no BGR image")
            _check(frame.time >= before and frame.number == count, "frames out of order")
            before, count = frame.time, count + 1
            if count == 100:
                break
        _check(count > 0 and reader.lost >= 0 and reader.rate > 0, "a video without frames")


def _rows(content: bytes) -> list[dict[str, str]]:
    """A CSV's rows by Python's own reader."""
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    names = [name.strip() for name in lines[0]]
    return [dict(zip(names, (cell.strip() for cell in line), strict=True)) for line in lines[1:] if any(line)]


def _read_fer2013(path: Path, content: bytes) -> None:
    from emotion_recognition.data.sources.class_labels import ClassLabels
    from emotion_recognition.data.sources.registry import recognise
    from emotion_recognition.data.sources.source import SourceOptions

    found = []
    for chunk in recognise(path).open(path, SourceOptions(ClassLabels(class_names(7)))).chunks():
        labels = chunk.columns.get("labels", np.zeros(len(chunk.images), np.uint8)).tolist()
        found += [(chunk.split, label, image.tobytes()) for label, image in zip(labels, chunk.images, strict=True)]
    if not path.name.endswith(".csv"):
        content = seeds.csv_of_fer2013()  # the checksums of archives let nothing else through
    splits = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
    wanted = []
    for row in _rows(content):
        image = np.array(row["pixels"].split(), np.int64).astype(np.uint8).tobytes()
        wanted.append((splits[row["Usage"]] if "Usage" in row else "", int(row.get("emotion", 0)), image))
    if not all(split for split, _, _ in wanted):  # which image comes into which split is drawn by lot
        found = [("", label, image) for _, label, image in found]
    _check(sorted(found) == sorted(wanted), "other images or labels than are in the CSV")


def _read_votes(path: Path, content: bytes) -> None:
    from emotion_recognition.data.sources.fer2013.ferplus_votes import VOTE_NAMES, read_votes

    counts = read_votes(path).counts
    wanted = [[int(row[name]) for name in VOTE_NAMES] for row in _rows(content)]
    _check(counts.tolist() == wanted, "other votes than are in the CSV")


def _read_annotation(path: Path, content: bytes) -> None:
    from emotion_recognition.data.sources.folders.voc_object import read_annotation

    faces = read_annotation(path).faces
    wanted = []
    for item in ElementTree.fromstring(content).findall("object"):
        box = item.find("bndbox")
        assert box is not None
        left, top, right, bottom = (round(float(box.findtext(n, ""))) for n in ("xmin", "ymin", "xmax", "ymax"))
        size = (max(1, right - left + 1), max(1, bottom - top + 1))
        wanted.append((item.findtext("name", "").strip(), (left - 1, top - 1, *size)))
    _check([(face.name, tuple(face.box)) for face in faces] == wanted, "other faces than are in the XML")


def _read_face_csv(path: Path, content: bytes) -> None:
    from emotion_recognition.data.face_pictures.sources.csv_source import read_face_csv

    found = sorted((picture.name, *box) for picture in read_face_csv(path).pictures for box in picture.boxes)
    rows = _rows(content)
    wanted = sorted((row["file"], *(float(row[name]) for name in "xywh")) for row in rows if row["x"])
    _check(found == wanted, "other boxes than are in the CSV")


def _read_wider(path: Path, content: bytes) -> None:
    from emotion_recognition.data.face_pictures.sources.wider_source import read_wider

    lines = {tuple(line.split()[:4]) for line in content.decode("utf-8-sig").splitlines()}
    numbers = {tuple(map(int, line)) for line in lines if all(cell.lstrip("+-").isdecimal() for cell in line)}
    for picture in read_wider(path, path.parent).pictures:
        _check(all(tuple(box) in numbers for box in picture.boxes), "a box that is not in the file")


def _read_labels(path: Path, content: bytes) -> None:
    from emotion_recognition.data.sources.class_labels import ClassLabels
    from emotion_recognition.evaluation.photographs.labels_csv import read_labels_csv

    names = class_names(7)
    found = {file: names[label] for file, label, _ in read_labels_csv(path, ClassLabels(names))[0]}
    for row in _rows(content):
        if row["label"].lower() in names:
            _check(found.get(row["file"]) == row["label"].lower(), "another label than is in the CSV")


def _read_split(path: Path, _: bytes) -> bytes:
    from emotion_recognition.data.files.hdf5 import read_split

    split = read_split(path)
    _check(len(split.images) == len(split.labels), "images without labels")
    return split.content_sha256().encode()


def _read_unlabelled(path: Path, _: bytes) -> bytes:
    from emotion_recognition.data.files.unlabelled import read_unlabelled

    return read_unlabelled(path).tobytes()


def _read_face_split(path: Path, _: bytes) -> bytes:
    from emotion_recognition.data.face_pictures.hdf5 import read_face_split

    split = read_face_split(path)
    pictures = hashlib.sha256(b"".join(picture.tobytes() for picture in split.pictures)).hexdigest()
    return (split.content_sha256() + pictures).encode()


def _card() -> dict[str, object]:
    return {
        "network": "vggnet",
        "class_names": list(class_names(7)),
        "input": {"pixels": "0..255", "interpolation": "auto", "colour": "grey"},
        "output": "probabilities",
        "calibration": {"temperature": 1.3},
        "prior": {"class_shares": [1 / 7] * 7, "power": 0.5},
        "stages": [{"epochs": 2}],
        "metrics": {"val": {"accuracy": 0.5}},
        "onnx": {"sha256": "0" * 64, "model_sha256": "1" * 64, "max_difference": 0.0, "image_size": 48, "channels": 1},
    }


def _read_card(path: Path, _: bytes) -> None:
    from emotion_recognition.models.card import record_metrics
    from emotion_recognition.models.conventions import read_conventions
    from emotion_recognition.models.model_options import ModelOptions
    from emotion_recognition.models.onnx_copy import read_copy

    model = path.with_suffix(".keras")
    conventions = read_conventions(model, 7, ModelOptions())
    _check(len(conventions.class_names) == 7 and 1e-3 < conventions.temperature < 1e3, "bounds of a card")
    model.with_suffix(".onnx").write_bytes(b"")
    try:
        read_copy(model)
    except ValueError:
        pass  # the copy is none; what counts is how it is said
    finally:
        model.with_suffix(".onnx").unlink()
    record_metrics(model, "test", {"accuracy": 0.5})


def _read_face_card(path: Path, content: bytes) -> None:
    from emotion_recognition.detection.face_detectors.face_ssd.card import is_face_ssd, read_face_ssd

    path.with_suffix(".onnx").write_bytes(b"onnx")
    is_face_ssd(path.with_suffix(".onnx"))
    read_face_ssd(path.with_suffix(".onnx"))


def _face_card(network: bytes = b"onnx") -> bytes:
    """The released face detector's card, for another network."""
    card = json.loads(Workspace().released_face_detector.with_suffix(".json").read_bytes())
    card["onnx"]["sha256"] = hashlib.sha256(network).hexdigest()
    return json.dumps(card).encode()


@functools.cache
def _network_bytes(suffix: str) -> bytes:
    """A small classifier."""
    import keras

    keras.utils.set_random_seed(0)
    pixels = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(2, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(pixels))
    logits = keras.layers.Dense(7, name="logits")(keras.layers.GlobalAveragePooling2D()(x))
    network = keras.Model(pixels, keras.layers.Softmax()(logits))
    return seeds.of_file(lambda path: network.save(path), f"a{suffix}")


def _read_network(path: Path, _: bytes) -> None:
    """A model without a card, of which nothing says what it was."""
    from emotion_recognition.models.files import load_network

    _check(len(load_network(path).outputs) > 0, "a network without outputs")


def _read_known_network(path: Path, _: bytes) -> bytes:
    """A model with its card: only the model that the card is of is accepted."""
    from emotion_recognition.models.conventions import read_conventions
    from emotion_recognition.models.model_options import ModelOptions

    card = {**_card(), "model_sha256": hashlib.sha256(_network_bytes(".keras")).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    read_conventions(path, 7, ModelOptions())
    return path.read_bytes()


def _resume_point() -> bytes:
    import keras

    from emotion_recognition.training.early_stopping import ResumableEarlyStopping
    from emotion_recognition.training.epoch_log import EpochLog
    from emotion_recognition.training.resume_point import SaveResumePoint

    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    network.compile("adam", "mse")
    network.optimizer.build(network.trainable_variables)
    stopping = ResumableEarlyStopping(patience=3)
    stopping.set_model(network)
    stopping.on_train_begin()
    stopping.on_epoch_end(0, {"val_loss": 1.0})

    def write(path: Path) -> None:
        log = EpochLog(path.with_suffix(".csv"))
        saver = SaveResumePoint(path, {"seed": 0}, stopping, log, {"position": 0, "entries": [], "rows": []})
        saver.set_model(network)
        saver.on_epoch_end(0)

    return seeds.of_file(write, "a.resume.h5")


def _read_resume_point(path: Path, _: bytes) -> bytes:
    from emotion_recognition.training.resume_point import read_history, read_resume_point

    point = read_resume_point(path, {"seed": 0})
    arrays = b"".join(array.tobytes() for array in (*point.best_weights, *point.network, *point.optimizer))
    return json.dumps([read_history(path), point.rows, point.counted]).encode() + arrays


def _detector_network() -> list[bytes]:
    return [Workspace().released_face_detector.with_suffix(".onnx").read_bytes()]


def _read_detector(path: Path, content: bytes) -> None:
    """A face detector's network from elsewhere, whose card has the hash of the damaged file."""
    from emotion_recognition.detection import open_detector

    path.with_suffix(".json").write_bytes(_face_card(content))
    open_detector("ssd", model=path).detect(seeds.painting(64, 64))


def _face_csv() -> list[bytes]:
    rows = [
        "file,x,y,w,h,source,mask",
        "a.jpg,1,2,30,40,web,",
        "a.jpg,50.5,2,30,40,web,",
        "b/c.jpg,,,,,,",
        "d.jpg,0,0,9,8,,",
    ]
    return ["\n".join(rows).encode(), "\r\n".join(rows).encode()]


def _wider() -> list[bytes]:
    return [b"0--Parade/a.jpg\n2\n78 221 7 8 2 0 0 0 0 0\n1 2 30 40 0 0 0 1 0 0\nb.jpg\n0\n0 0 0 0 0 0 0 0 0 0\n"]


def _labels() -> list[bytes]:
    return [b"file,label,source\na.jpg,happy,x\nb.jpg,sad,x\nc/d.jpg,anger,y\n", b"label,file\nfear,a.png\nneutral,b\n"]


def _csvs() -> list[bytes]:
    plain = seeds.csv_of_fer2013()
    train = seeds.csv_of_fer2013("emotion,pixels")
    return [plain, seeds.csv_of_fer2013(" Usage, emotion, pixels", "\r\n"), train, seeds.csv_of_fer2013("pixels")]


READERS: tuple[Reader, ...] = (
    Reader("pictures", ".jpg", seeds.pictures, _read_picture, 380),
    Reader("videos", ".mp4", seeds.videos, _read_video, 25),
    Reader("FER2013's CSVs", ".csv", _csvs, _read_fer2013, 120, text=True),
    Reader("archives of CSVs", ".csv.gz", seeds.archives, _read_fer2013, 60),
    Reader("FER+'s votes", ".csv", seeds.votes, _read_votes, 80, text=True),
    Reader("Pascal VOC annotations", ".xml", lambda: [seeds.annotation()], _read_annotation, 80, text=True),
    Reader("CSVs of face boxes", ".csv", _face_csv, _read_face_csv, 70, text=True),
    Reader("WIDER FACE's boxes", ".txt", _wider, _read_wider, 40, text=True),
    Reader("CSVs of labels", ".csv", _labels, _read_labels, 40, text=True),
    Reader("models' cards", ".json", lambda: [json.dumps(_card()).encode()], _read_card, 40, text=True),
    Reader("face detectors' cards", ".json", lambda: [_face_card()], _read_face_card, 20, text=True),
    Reader("splits", ".hdf5", lambda: [seeds.split()], _read_split, 10, exact=True),
    Reader("images without labels", ".hdf5", lambda: [seeds.unlabelled()], _read_unlabelled, 5, exact=True),
    Reader("face pictures", ".hdf5", lambda: [seeds.face_split()], _read_face_split, 5, exact=True),
    Reader("earlier splits", ".hdf5", lambda: [seeds.earlier(seeds.split())], _read_split, 3, slow=True),
    Reader("resume points", ".h5", lambda: [_resume_point()], _read_resume_point, 8, exact=True, slow=True),
    Reader(
        "models with a card",
        ".keras",
        lambda: [_network_bytes(".keras")],
        _read_known_network,
        8,
        exact=True,
        slow=True,
    ),
    Reader("models (.keras)", ".keras", lambda: [_network_bytes(".keras")], _read_network, 5, slow=True),
    Reader("models (.h5)", ".h5", lambda: [_network_bytes(".h5")], _read_network, 3, slow=True),
    Reader("detectors' networks", ".onnx", _detector_network, _read_detector, 3, slow=True),
)
