"""The base path: where every file of the project lies and what it is called.

A base path goes in, paths come out; nothing else in the project spells a file name.
"""

import glob
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_BASE_PATH = Path("FacialExpressionRecognition")
DEFAULT_MODEL_NAME = "emotion_classification_final.keras"
DEFAULT_FACE_DETECTOR_NAME = "face_ssd_final.keras"
SPLITS = ("train", "val", "test")
#: Those of photographs with face boxes; a face detector is chosen and measured on val.
FACE_SPLITS = ("train", "val")
#: Where a data set's labels are from; its files' names start with it.
FER2013, FERPLUS, FERPLUS_PROBABILITY = "fer2013", "ferplus", "ferplus_probability"
LABELS = (FER2013, FERPLUS, FERPLUS_PROBABILITY)
#: The CSV that says what the photographs of its folder show.
LABELS_CSV = "labels.csv"
#: What FER2013 is called in ``fer2013/``; the first that is there is built.
FER2013_FILES = ("fer2013.csv", "fer2013.csv.gz", "fer2013.tar.gz", "icml_face_data.csv", "icml_face_data.csv.gz")
MODEL_SUFFIXES = (".keras", ".h5", ".hdf5")
#: What the files beside a model are called, after its name, see :func:`beside`: card, log of all stages, state of an
#: unfinished run, learning curves, drawing of the network (which gets a suffix), the folder for TensorBoard and,
#: until the run ends, what the teacher says of each training image.
CARD, LOG, RESUME_POINT, CURVES = ".json", "_log.csv", ".resume.h5", "_curves.png"
DRAWING, TENSORBOARD, TEACHER = "_network", "_tensorboard", "_teacher.npz"

_PACKAGE = Path(__file__).resolve().parent
#: The base path of the checkout that this package is in; of an installed package it is not there.
_CHECKOUT = _PACKAGE.parent / DEFAULT_BASE_PATH
#: The package's folder that an installation puts the ONNX copies of the released models into.
_INSTALLED_MODELS = "released"
#: Sides of images in pixels that data sets are built in, FER2013's own first, and numbers of their channels.
IMAGE_SIZES = (48, 64, 96, 224, 256, 280)
CHANNELS = (1, 3)


@dataclass(frozen=True)
class Variant:
    """What sets a build of a data set apart from the usual one, besides its number of classes.

    Args:
        own_classes: Whether the classes are the user's own, not emotions.
        image_size: Height and width of the images in pixels, one of :data:`IMAGE_SIZES`.
        channels: 1 for grey images, 3 for colour.
        labels: Where the labels of FER2013's images are from, one of :data:`LABELS`.

    Raises:
        ValueError: If there is no such size, number of channels or kind of labels.

    Example:
        >>> Variant(image_size=96, channels=3).file_name(7)
        'fer2013_7classes_96px_colour'
        >>> Variant(labels="ferplus").file_name(8)
        'ferplus_8classes'
    """

    own_classes: bool = False
    image_size: int = IMAGE_SIZES[0]
    channels: int = CHANNELS[0]
    labels: str = FER2013

    def __post_init__(self) -> None:
        if self.image_size not in IMAGE_SIZES:
            raise ValueError(f"image_size must be one of {list(IMAGE_SIZES)}. Received: {self.image_size}")
        if self.channels not in CHANNELS:
            raise ValueError(f"channels must be one of {list(CHANNELS)}. Received: {self.channels}")
        if self.labels not in LABELS:
            raise ValueError(f"labels must be one of {list(LABELS)}. Received: {self.labels!r}")

    def file_name(self, num_classes: int | None = None) -> str:
        """What the names of all files of a build start with; without a number of classes, of unlabelled images."""
        return "_".join(
            [
                "own" if self.own_classes else self.labels,
                "unlabelled" if num_classes is None else f"{num_classes}classes",
                *([] if self.image_size == IMAGE_SIZES[0] else [f"{self.image_size}px"]),
                *([] if self.channels == CHANNELS[0] else ["colour"]),
            ]
        )


USUAL = Variant()


@dataclass(frozen=True)
class Workspace:
    """All paths below one base path.

    Args:
        base_path: The folder that holds ``fer2013/``, ``hdf5/`` and ``output/``; by default :func:`default_base_path`.

    Example:
        >>> Workspace(Path("base")).split_path("val", 6).as_posix()
        'base/hdf5/fer2013_6classes_val.hdf5'
    """

    base_path: Path = field(default_factory=lambda: default_base_path())

    @property
    def fer2013_folder(self) -> Path:
        """Where the Kaggle download goes."""
        return self.base_path / "fer2013"

    @property
    def hdf5_folder(self) -> Path:
        """Where data sets are written to, as HDF5 files."""
        return self.base_path / "hdf5"

    @property
    def output_folder(self) -> Path:
        """Models, reports and figures of runs, pre-trained models, the sample photograph."""
        return self.base_path / "output"

    @property
    def face_detector_folder(self) -> Path:
        """Where the files of other people's face detectors, OpenCV's SSD and YuNet, are looked for first."""
        return self.output_folder / "face_detector"

    @property
    def sample_photo(self) -> Path:
        """The photograph that ``make demo`` annotates."""
        return self.output_folder / "testImage.jpg"

    def annotated_photo(self, photo: Path) -> Path:
        """The default output for a photograph: beside it, ``testOutput.jpg`` for the sample, else NAME_emotions."""
        if photo == self.sample_photo:
            return photo.with_name("testOutput.jpg")
        return photo.with_name(f"{photo.stem}_emotions{photo.suffix}")

    def annotated_video(self, video: Path, suffix: str) -> Path:
        """The default output for a video: beside it, NAME_emotions with a suffix.

        Where that is not the video's own, the name keeps both: ``film.webm`` and ``film.mp4`` may lie side by side.
        """
        return video.with_name(f"{video.stem if suffix == video.suffix else video.name}_emotions{suffix}")

    def annotated_folder(self, folder: Path) -> Path:
        """The default output for several pictures: beside the folder that holds them, NAME_emotions.

        Nothing is beside the root: where that is all that they have in common, ``pictures_emotions`` in the working
        directory.
        """
        return folder.with_name(f"{folder.name}_emotions") if folder.name else Path("pictures_emotions")

    def timeline_figure(self, annotated: Path) -> Path:
        """The figure of who showed what when, beside an annotated video; every suffix but .mp4 stays in its name."""
        name = annotated.stem if annotated.suffix == ".mp4" else annotated.name
        return annotated.with_name(f"{name}_timeline.png")

    def create_folders(self) -> None:
        """Creates the base path's sub-folders where they are missing."""
        for folder in (self.fer2013_folder, self.hdf5_folder, self.output_folder):
            folder.mkdir(parents=True, exist_ok=True)

    def split_path(self, split: str, num_emotions: int, *, variant: Variant = USUAL) -> Path:
        """The HDF5 file of a split ("train", "val" or "test") in the build with that many classes."""
        if split not in SPLITS:
            raise ValueError(f"split must be one of {list(SPLITS)}. Received: {split!r}")
        return self.hdf5_folder / f"{variant.file_name(num_emotions)}_{split}.hdf5"

    def face_split_path(self, split: str) -> Path:
        """The HDF5 file of a split ("train" or "val") of photographs with face boxes."""
        if split not in FACE_SPLITS:
            raise ValueError(f"split must be one of {list(FACE_SPLITS)}. Received: {split!r}")
        return self.hdf5_folder / f"faces_{split}.hdf5"

    @property
    def unreadable_faces_report(self) -> Path:
        """The list of photographs that could not be read in the build with face boxes."""
        return self.output_folder / "faces_unreadable.txt"

    def unlabelled_path(self, *, variant: Variant = USUAL) -> Path:
        """The HDF5 file of images without labels, the competition's ``test.csv``."""
        return self.hdf5_folder / f"{variant.file_name()}.hdf5"

    def distribution_figure(self, num_emotions: int, *, variant: Variant = USUAL) -> Path:
        """The figure of the class distribution in the build with that many classes."""
        return self.output_folder / f"{variant.file_name(num_emotions)}_distribution.png"

    def samples_figure(self, num_emotions: int, *, variant: Variant = USUAL) -> Path:
        """The figure with some images of each class in the build with that many classes."""
        return self.output_folder / f"{variant.file_name(num_emotions)}_samples.png"

    def unreadable_report(self, num_emotions: int, *, variant: Variant = USUAL) -> Path:
        """The list of pictures that could not be read in the build with that many classes."""
        return self.output_folder / f"{variant.file_name(num_emotions)}_unreadable.txt"

    def no_face_report(self, num_emotions: int, *, variant: Variant = USUAL) -> Path:
        """The list of photographs on which no face was found in the build with that many classes."""
        return self.output_folder / f"{variant.file_name(num_emotions)}_no_face.txt"

    def audit_file(self, num_emotions: int, ending: str, *, variant: Variant = USUAL) -> Path:
        """A file of the audit of the build with that many classes; the ending has its suffix."""
        return self.output_folder / f"{variant.file_name(num_emotions)}_audit{ending}"

    def audit_files(self, num_emotions: int, *, variant: Variant = USUAL) -> list[Path]:
        """The files of an audit that are there, sorted."""
        name = self.audit_file(num_emotions, "", variant=variant).name
        return sorted(self.output_folder.glob(f"{glob.escape(name)}[._]*"))

    def released_photograph_model(self, num_emotions: int) -> Path:
        """The pre-trained model for people's photographs, which detection prefers where there is one."""
        return self.output_folder / f"emotion_classification_{num_emotions}classes_photographs.keras"

    def released_model(self, num_emotions: int) -> Path:
        """The pre-trained model for FER2013's own labels that comes with the project for that many classes."""
        return self.output_folder / f"emotion_classification_{num_emotions}classes.keras"

    def released_ferplus_model(self, num_emotions: int) -> Path:
        """The pre-trained model for FER+'s labels."""
        return self.output_folder / f"emotion_classification_{num_emotions}classes_ferplus.keras"

    @property
    def released_face_detector(self) -> Path:
        """The face detector that comes with the project; its ONNX copy, card and log lie beside it."""
        return self.output_folder / "face_ssd.keras"

    def find_model(self, name: str | Path) -> Path:
        """Finds an existing model file by its path or by its name in ``output/``.

        Raises:
            FileNotFoundError: If it is in neither place.
        """
        given, in_output = Path(name), self.output_folder / name
        for path in (given, in_output):
            if path.is_file():
                return path
        raise FileNotFoundError(f"There is no model {given} and none at {in_output}.")

    def new_model(self, name: str | Path) -> Path:
        """The path a model is written to: a bare name means a file in ``output/``, anything else is a path.

        Raises:
            ValueError: If the suffix is none that Keras writes, or a model of the same name but for it is there, whose
                card and log the new one would replace.
        """
        given = Path(name)
        if given.suffix not in MODEL_SUFFIXES:
            raise ValueError(f"A model's name must end in one of {', '.join(MODEL_SUFFIXES)}. Received: {given}")
        path = self.output_folder / given if given.parent == Path() else given
        for other in (path.with_suffix(suffix) for suffix in MODEL_SUFFIXES if suffix != path.suffix):
            if other.is_file():
                raise ValueError(f"{path} would replace the card and the log of {other.name}; choose another name.")
        return path


def default_base_path() -> Path:
    """The base path without a choice: that of the working directory, or else the checkout's, if there is one.

    Where there is neither, that of the working directory, for whoever creates it.
    """
    return _CHECKOUT if not DEFAULT_BASE_PATH.is_dir() and _CHECKOUT.is_dir() else DEFAULT_BASE_PATH


def find_released_model(num_emotions: int, workspace: Workspace | None = None) -> Path:
    """The pre-trained model that detection takes for that many classes, wherever the project is.

    In each place, the one for photographs comes before the one for FER2013's own labels, and that before the one for
    FER+'s, which alone knows eight.

    Args:
        num_emotions: The number of its classes.
        workspace: Looked in first, where it was chosen. Then come the checkout and the installed package's own files,
            where it is the ONNX copy with its card; a folder of the same name in the working directory is last.

    Raises:
        FileNotFoundError: If it is nowhere.
    """
    base = Workspace(DEFAULT_BASE_PATH)
    models = base.released_photograph_model, base.released_model, base.released_ferplus_model
    names = [model(num_emotions).name for model in models]
    return _find_released(workspace, names, "model", named=1)


def find_released_face_detector(workspace: Workspace | None = None) -> Path:
    """The face detector that comes with the project, wherever the project is.

    Args:
        workspace: As for :func:`find_released_model`.

    Raises:
        FileNotFoundError: If it is nowhere.
    """
    name = Workspace(DEFAULT_BASE_PATH).released_face_detector.name
    return _find_released(workspace, [name], "face detector", needs_onnx=True)


def comes_with_project(path: Path) -> bool:
    """Whether a file lies in the checkout's folder of models, or among the files of the installed package."""
    place = path.resolve()
    return place.is_relative_to(Workspace(_CHECKOUT).output_folder) or place.is_relative_to(_PACKAGE)


def _find_released(
    workspace: Workspace | None, names: Sequence[str], what: str, *, named: int = 0, needs_onnx: bool = False
) -> Path:
    """Looks into one folder after the other for the files of these names, the best first; one of them is named."""
    checkout = Workspace(_CHECKOUT).output_folder
    near = (workspace or Workspace(DEFAULT_BASE_PATH)).output_folder
    # An installation holds nothing but ONNX copies.
    places = [[(_PACKAGE / _INSTALLED_MODELS / name).with_suffix(".onnx") for name in names]]
    places.insert(0, [checkout / name for name in names])
    places.insert(2 if workspace is None else 0, [near / name for name in names])
    for path in (path for place in places for path in place):
        if (path.is_file() and not needs_onnx) or path.with_suffix(".onnx").is_file():
            return path
    looked: dict[Path, Path] = {}  # each once, as it is written first
    for place in places:
        looked.setdefault(place[named].absolute(), place[named])
    first, *others = looked.values()
    *before, last = [f"There is no {what} {first}", *(f"none at {path}" for path in others)]
    raise FileNotFoundError(f"{', '.join(before)}{',' * (len(before) > 1)} and {last}.")


def beside(model_path: Path, ending: str) -> Path:
    """The path of a file that belongs to a model and lies beside it.

    Example:
        >>> beside(Path("output/a.keras"), LOG).as_posix()
        'output/a_log.csv'
    """
    return model_path.with_name(model_path.stem + ending)


def card_path(model_path: Path) -> Path:
    """The JSON card beside a model, see :mod:`emotion_recognition.models.card`."""
    return beside(model_path, CARD)
