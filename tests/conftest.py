"""Fixtures that several test folders use; the real data's place is found here."""

import contextlib
import gc
import os
import resource
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

import h5py
import numpy as np
import pytest

from emotion_recognition.data.building.build import build
from emotion_recognition.data.files.hdf5 import Split, write_split
from emotion_recognition.data.sources.class_labels import ClassLabels
from emotion_recognition.data.sources.registry import recognise
from emotion_recognition.data.sources.source import SourceOptions
from emotion_recognition.emotions import FER2013_CLASS_COUNTS, class_names, labels_from_fer2013
from emotion_recognition.workspace import DEFAULT_BASE_PATH, Workspace

REPOSITORY = Path(__file__).resolve().parent.parent

# TensorFlow reads them when it is first imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if "PYTEST_XDIST_WORKER" in os.environ:
    # Each worker has a core; more threads would only wait for each other.
    for threads in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(threads, "1")


@pytest.fixture(scope="module")
def generated_code_goes() -> Iterator[None]:
    """After the module, what SQLAlchemy has generated is collected: later, it could vanish while a doctest lists it."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real data: $EMOTION_DATA, or shared/data beside the checkout."""
    folder = Path(os.environ.get("EMOTION_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "fer2013" / "fer2013.csv.gz").is_file():
        pytest.skip(f"the real data is not at {folder}; set EMOTION_DATA to its folder")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With $REQUIRE_REAL_DATA or $REQUIRE_BROWSER set, as in CI, a test of that kind that is skipped has failed."""
    report = yield
    for marker, variable in (("real_data", "REQUIRE_REAL_DATA"), ("browser", "REQUIRE_BROWSER")):
        if report.skipped and item.get_closest_marker(marker) and os.environ.get(variable):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} must not be skipped where {variable} is set: {report.longrepr}"
    return report


@contextlib.contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """Inside the block no file can grow beyond ``limit`` bytes: writing fails as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def edited_hdf5(path: Path) -> Iterator[h5py.File]:
    """Opens a file of the project's own for changes, as one without a checksum."""
    with h5py.File(path, "r+") as file:
        file.attrs.pop("sealed", None)
        yield file


def write_splits(splits: Mapping[Path, Split]) -> None:
    """Writes each split to its path."""
    for path, split in splits.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_split(path, split)


def without_released_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes it as if the project's own face detector were in no place but where a test puts it."""
    from emotion_recognition.detection.face_detectors import opening

    released = Workspace(REPOSITORY / DEFAULT_BASE_PATH).released_face_detector

    def only_near(workspace: Workspace | None = None) -> Path:
        near = (workspace or Workspace()).released_face_detector
        if near.resolve() == released.resolve() or not near.with_suffix(".onnx").is_file():
            raise FileNotFoundError(f"There is no face detector {near}.")
        return near

    monkeypatch.setattr(opening, "find_released_face_detector", only_near)


@pytest.fixture
def small_base(tmp_path: Path) -> Path:
    """A base path with both builds of a tiny data set: 20 training, 14 validation and 14 test images of noise.

    In the 7-class build image i has label i modulo 7; the images are the same in both.
    """
    base = Workspace(tmp_path / "base")
    base.create_folders()
    rng = np.random.default_rng(0)
    splits: dict[Path, Split] = {}
    for split, count in (("train", 20), ("val", 14), ("test", 14)):
        images = rng.integers(0, 256, (count, 48, 48, 1), dtype=np.uint8)
        for num_emotions in FER2013_CLASS_COUNTS:
            labels = labels_from_fer2013(num_emotions)[np.arange(count) % 7]
            path = base.split_path(split, num_emotions)
            splits[path] = Split(images, labels, class_names(num_emotions), split, "fer2013.csv", "0" * 64)
    write_splits(splits)
    return base.base_path


@pytest.fixture(scope="session")
def real_splits(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base path with both builds of the real FER2013."""
    base = tmp_path_factory.mktemp("real")
    for num_emotions in FER2013_CLASS_COUNTS:
        source = real_data / "fer2013" / "fer2013.csv.gz"
        options = SourceOptions(ClassLabels(class_names(num_emotions)))
        build(recognise(source).open(source, options), Workspace(base))
    return base


@pytest.fixture(scope="session")
def brightness_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 7-class model of 8×8 grey images that knows only how bright a face is: black is anger, white is neutral.

    The classes lie in label order and even steps between: class i is surest where the mean pixel is 255 · i / 6.
    """
    import keras

    from emotion_recognition.models.card import write_card
    from emotion_recognition.models.files import save_network

    # The logits −(mean − centre)², without the part that all classes share: 2 · centre · mean − centre².
    centres = np.linspace(0, 1, 7)
    pixels = keras.Input((8, 8, 1))
    mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(pixels))
    head = keras.layers.Dense(7, activation="softmax")
    network = keras.Model(pixels, head(mean))
    sharpness = 200.0
    head.set_weights([sharpness * 2 * centres[None, :], -sharpness * centres**2])
    path = tmp_path_factory.mktemp("models") / "brightness.keras"
    save_network(network, path)
    write_card(path, {"network": "brightness", "class_names": list(class_names(7)), "input": {"pixels": "0..255"}})
    return path
