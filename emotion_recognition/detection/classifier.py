"""The emotion classifier: crops of faces go in, probabilities come out.

A model's ONNX copy is run by OpenCV or another runtime; a model without one needs Keras. Cropping comes before;
annotation comes next.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from emotion_recognition.detection.one_at_a_time import one_at_a_time
from emotion_recognition.emotions import class_names, class_order
from emotion_recognition.error_about import about
from emotion_recognition.models.conventions import Conventions, read_conventions, say
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.models.network_input import DEFAULT_SIZE, NetworkInput
from emotion_recognition.models.onnx_copy import SUFFIX, read_copy
from emotion_recognition.models.onnx_network import open_copy
from emotion_recognition.models.postprocessing import Postprocessing, average
from emotion_recognition.models.runtimes.registry import DEFAULT_RUNTIME, row_of
from emotion_recognition.quiet_start import import_keras
from emotion_recognition.workspace import MODEL_SUFFIXES

#: float32 (N, size, size, channels) in the network's pixel range -> float32 (N, classes).
_Network = Callable[[np.ndarray], np.ndarray]

_NO_OPTIONS = ModelOptions()


class EmotionClassifier:
    """Trained networks with the names of their classes; each is calibrated, their probabilities are averaged.

    What is assumed of a model, because neither its card nor the caller says it, is logged as a warning.

    Args:
        paths: The model file, or several; also ONNX copies whose model is not there.
        classes: The classes that each must have, or their number where they are emotions. The probabilities come in
            this order, whatever the models'. Names are also those of the outputs of a model without a card.
        options: What the caller says of the models beside their cards.
        mirrored: Whether the probabilities of each crop are averaged with those of its mirror image, which is a little
            more often right and takes twice as long.
        runtime: What runs ONNX copies, one of
            :data:`~emotion_recognition.models.runtimes.registry.RUNTIME_CHOICES`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If one is no classifier of square images with those classes, they take different crops, an ONNX
            file is not its model's copy, or the runtime is not installed.
    """

    def __init__(
        self,
        paths: Path | Sequence[Path],
        classes: int | Sequence[str],
        options: ModelOptions = _NO_OPTIONS,
        *,
        mirrored: bool = False,
        runtime: str = DEFAULT_RUNTIME,
    ) -> None:
        row_of(runtime)  # a mistake in it is told before any model is read
        paths = [paths] if isinstance(paths, Path) else list(paths)
        if not paths:
            raise ValueError("At least one model is needed. Received: none")
        self.class_names = class_names(classes) if isinstance(classes, int) else tuple(classes)
        if options.class_names is None and not isinstance(classes, int):
            options = replace(options, class_names=self.class_names)
        #: Whether the probabilities of each crop are averaged with those of its mirror image.
        self.mirrored = mirrored
        self._models = [_open(path, self.class_names, options, runtime) for path in paths]
        #: What runs the models, in words.
        self.runtime = ", ".join(dict.fromkeys(model.runtime for model in self._models))
        first = self._models[0]
        self.size = first.size
        #: What crops must have: 3, in the order RGB, if a network learned from colour, else 1.
        self.crop_channels = max(model.crop_channels for model in self._models)
        #: How crops are to be resized, one of :data:`~emotion_recognition.models.model_options.INTERPOLATIONS`.
        self.interpolation = first.interpolation
        for path, model in zip(paths, self._models, strict=True):
            if model.size != self.size:
                raise ValueError(
                    f"The models must take crops of one size, but {paths[0]} takes {self.size} and {path} {model.size}."
                )
            if model.crop_channels != self.crop_channels:
                raise ValueError(
                    f"The models must all have learned from grey images or all from colour; {path} differs."
                )
            if model.interpolation != self.interpolation:
                raise ValueError(
                    f"The models must take crops resized in one way, but {paths[0]} takes {self.interpolation} and "
                    f"{path} {model.interpolation}."
                )

    @one_at_a_time
    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """Classifies all crops.

        Args:
            crops: uint8 array (N, size, size, crop_channels), 0..255.

        Returns:
            float32 array (N, classes), 0..1; each row sums to 1.

        Raises:
            ValueError: If a network's outputs are not what its card or the caller says.
        """
        if len(crops) == 0:
            return np.empty((0, len(self.class_names)), np.float32)
        views = [crops, crops[:, :, ::-1]] if self.mirrored else [crops]
        return average([model.probabilities(view) for model in self._models for view in views])

    @one_at_a_time
    def with_features(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Classifies all crops and gives their feature vectors: what the last dense layer of the network sees of them.

        Args:
            crops: As for :meth:`probabilities`.

        Returns:
            The probabilities, and float32 array (N, features): those of several networks one after the other, those of
            mirrored crops averaged with the crops'.

        Raises:
            ValueError: As for :meth:`probabilities`, or if a network does not end in a dense layer.
        """
        if len(crops) == 0:
            return self.probabilities(crops), np.empty((0, 0), np.float32)
        views = [crops, crops[:, :, ::-1]] if self.mirrored else [crops]
        seen = [[model.with_features(view) for view in views] for model in self._models]
        probabilities = average([row for views in seen for row, _ in views])
        return probabilities, np.concatenate([average([row for _, row in views]) for views in seen], axis=1)

    def shown(self, crops: np.ndarray) -> list[np.ndarray]:
        """What each network is shown of crops: float32 arrays (N, size, size, channels) in its own pixel range.

        Args:
            crops: As for :meth:`probabilities`.
        """
        return [model.shown(crops) for model in self._models]

    def outputs_for(self, classes: Sequence[int]) -> list[list[int]]:
        """For each network the indices of its outputs that speak for some classes: it may have another order.

        Args:
            classes: Indices into :attr:`class_names`.
        """
        return [[model.output_for(index) for index in classes] for model in self._models]


class _Model:
    """One of the networks, whatever runs it."""

    def __init__(
        self,
        path: Path,
        network: _Network,
        taken: NetworkInput,
        conventions: Conventions,
        wanted: Sequence[str],
        runtime: str,
    ) -> None:
        self.size = taken.size
        self.runtime = runtime
        self.crop_channels = 3 if taken.channels == 3 and conventions.colour in ("RGB", "BGR") else 1
        self.interpolation = conventions.interpolation
        self._path, self._network = path, network
        self._input = replace(taken, pixel_range=conventions.pixel_range, blue_first=conventions.colour == "BGR")
        order = class_order(
            wanted, f"the choice of {len(wanted)} classes", conventions.class_names, f"The model {path}"
        )
        self._postprocessing = Postprocessing(conventions.output, conventions.temperature, order, conventions.prior)
        self._noted: set[str] = set()
        say(conventions.assumed)

    def shown(self, crops: np.ndarray) -> np.ndarray:
        """float32 (N, size, size, channels) of uint8 crops (N, size, size, crop_channels)."""
        return self._input.prepare(crops)

    def output_for(self, index: int) -> int:
        """The index of the network's output for a class."""
        return index if self._postprocessing.order is None else self._postprocessing.order[index]

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """float32 (N, classes), calibrated, of uint8 crops (N, size, size, crop_channels)."""
        return self._read(self._network(self.shown(crops)))

    def with_features(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same with the feature vectors, float32 (N, features)."""
        if not hasattr(self._network, "with_features"):
            raise about(ValueError(f"What runs {self._path} gives no feature vectors."), "embeddings")
        outputs, features = self._network.with_features(self.shown(crops))
        return self._read(outputs), features

    def _read(self, outputs: np.ndarray) -> np.ndarray:
        try:
            kind = self._postprocessing.kind_of(outputs)
        except ValueError as error:
            raise ValueError(f"{self._path}: {error}") from error
        note = self._postprocessing.note_on(kind)
        if note and kind not in self._noted:
            self._noted.add(kind)
            say([f"{self._path.name} {note}"])
        return self._postprocessing.calibrated(self._postprocessing.uncalibrated(outputs, kind))


def _open(path: Path, wanted: Sequence[str], options: ModelOptions, runtime: str) -> _Model:
    copy = read_copy(path)
    if copy is None:
        return _open_keras(path, wanted, options)
    conventions = read_conventions(path, len(copy.card["class_names"]), options, card=copy.card)
    taken = NetworkInput(copy.entry.image_size, copy.entry.channels)
    network = open_copy(copy, runtime)
    return _Model(path, network, taken, conventions, wanted, network.runtime)


def _open_keras(path: Path, wanted: Sequence[str], options: ModelOptions) -> _Model:
    if path.suffix == SUFFIX or not path.is_file():
        raise FileNotFoundError(f"There is no model {path}.")
    if path.suffix not in MODEL_SUFFIXES:
        raise ValueError(f"A model file must end in {', '.join((*MODEL_SUFFIXES, SUFFIX))}. Received: {path}")
    try:
        import_keras()
    except ModuleNotFoundError as error:
        raise about(
            ValueError(
                f"{path} has no ONNX copy beside it, and {error.name}, which would run it, is not installed; install "
                f"requirements.txt, or write the copy of {path.name} where it is"
            ),
            "export_onnx",
        ) from error
    import keras

    from emotion_recognition.models.files import conventions_of, load_network
    from emotion_recognition.models.keras_features import KerasNetwork

    network = load_network(path)
    conventions = conventions_of(path, network, options)
    taken = _square_input(path, network.input_shape)
    return _Model(path, KerasNetwork(network, str(path)), taken, conventions, wanted, f"Keras {keras.__version__}")


def _square_input(path: Path, shape: object) -> NetworkInput:
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[1] != shape[2] or shape[3] not in (1, 3):
        raise ValueError(f"{path} must take square images (N, size, size, 1 or 3), but takes {shape}.")
    return NetworkInput(DEFAULT_SIZE if shape[1] is None else int(shape[1]), int(shape[3]))
