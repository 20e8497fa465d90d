"""Classifiers and images -> calibrated probabilities, averaged over the classifiers: the one road to them.

Model files or networks in memory come in. The report, the submission, the audit's likely label errors and training's
final figures start here; detection reads outputs by the same
:class:`~emotion_recognition.models.postprocessing.Postprocessing`.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from emotion_recognition.emotions import class_order
from emotion_recognition.error_about import about
from emotion_recognition.evaluation.prediction_settings import PredictionSettings
from emotion_recognition.evaluation.predictions import Run, predict
from emotion_recognition.models.conventions import Conventions, read_conventions
from emotion_recognition.models.files import conventions_of, load_network
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.models.network_input import NetworkInput, as_stated, input_of
from emotion_recognition.models.onnx_copy import SUFFIX, read_copy
from emotion_recognition.models.onnx_network import OnnxNetwork, open_copy
from emotion_recognition.models.postprocessing import Postprocessing, average
from emotion_recognition.models.prior import Prior
from emotion_recognition.models.runtimes.registry import AUTO

_NO_OPTIONS = ModelOptions()
_DEFAULT = PredictionSettings()


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network with all that is known of it.

    Args:
        name: What messages call it.
        network: The network, or what runs its ONNX copy.
        network_input: How images are fitted to it.
        postprocessing: How its outputs are read, in the ensemble's order of classes.
        conventions: What its card or the caller says of it.
    """

    name: str
    network: keras.Model | Run
    network_input: NetworkInput
    postprocessing: Postprocessing
    conventions: Conventions


@dataclass(frozen=True, eq=False)
class EnsemblePredictions:
    """What an ensemble says about every image.

    Args:
        probabilities: float32 array (N, classes), 0..1: calibrated, then averaged over the classifiers.
        uncalibrated: The same without the temperatures.
        notes: What was told from the outputs, a sentence each.
    """

    probabilities: np.ndarray
    uncalibrated: np.ndarray
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """One classifier or several of the same classes.

    Args:
        class_names: The classes, in the order of the probabilities.
        classifiers: At least one.

    Example:
        >>> from emotion_recognition.models import build_network
        >>> ensemble = Ensemble.from_network(build_network("vggnet", num_classes=2), ("happy", "sad"))
        >>> ensemble.predict(np.zeros((3, 48, 48, 1), np.uint8)).probabilities.shape
        (3, 2)
    """

    class_names: tuple[str, ...]
    classifiers: tuple[Classifier, ...]

    def __post_init__(self) -> None:
        if not self.classifiers:
            raise ValueError("There must be at least one model. Received: none")

    @classmethod
    def from_files(
        cls,
        paths: Sequence[Path],
        class_names: Sequence[str],
        options: ModelOptions = _NO_OPTIONS,
        *,
        named_by: str = "the data set",
        runtime: str | None = None,
    ) -> "Ensemble":
        """Loads models; all are checked before the first one predicts.

        Args:
            paths: At least one model file.
            class_names: The classes that every model must have, in whatever order its outputs are; the probabilities
                come in this one.
            options: What the caller says of the models beside their cards.
            named_by: Whose classes these are, for messages.
            runtime: What runs the models' ONNX copies in place of Keras, one of
                :data:`~emotion_recognition.models.runtimes.registry.RUNTIME_CHOICES`; None for Keras, and "auto" for an
                ONNX file.

        Raises:
            FileNotFoundError: If a model is missing, or the ONNX copy that a runtime would run.
            ValueError: If a model cannot be read, is no classifier of square images or has other classes; the message
                names the file.
        """
        return cls(tuple(class_names), tuple(_load(path, class_names, options, named_by, runtime) for path in paths))

    @classmethod
    def from_network(cls, network: keras.Model, class_names: Sequence[str], prior: Prior | None = None) -> "Ensemble":
        """Wraps a network in memory that has these classes in this order, takes 0..255 and has no temperature.

        Args:
            network: The network.
            class_names: Its classes.
            prior: The class prior that is taken out of its probabilities.

        Raises:
            ValueError: If it is no classifier of square images with as many outputs.
        """
        found = input_of(network)
        if network.output_shape[-1] != len(class_names):
            raise ValueError(
                f"the network must have an output for each of {len(class_names)} classes. "
                f"Received: {network.output_shape[-1]} outputs"
            )
        conventions = Conventions(tuple(class_names))
        return cls(
            tuple(class_names), (Classifier(network.name, network, found, Postprocessing(prior=prior), conventions),)
        )

    @property
    def assumed(self) -> tuple[str, ...]:
        """What nobody has stated of the models, a sentence each."""
        return tuple(note for classifier in self.classifiers for note in classifier.conventions.assumed)

    @property
    def runtimes(self) -> tuple[str, ...]:
        """What runs those that Keras does not run, in words."""
        networks = (classifier.network for classifier in self.classifiers)
        return tuple(dict.fromkeys(network.runtime for network in networks if isinstance(network, OnnxNetwork)))

    def predict(
        self, images: np.ndarray, settings: PredictionSettings = _DEFAULT, *, progress: bool = False
    ) -> EnsemblePredictions:
        """Shows every image to every classifier.

        Args:
            images: uint8 array (N, height, width, 1 or 3), 0..255, grey or RGB, with N at least 1.
            settings: Batch size, views.
            progress: Whether to show on standard error how far it is.

        Raises:
            ValueError: If there are no images, or a classifier cannot take them or gives no such outputs; the message
                names it.
        """
        calibrated, uncalibrated, notes = [], [], []
        for classifier in self.classifiers:
            post = classifier.postprocessing
            with _naming(classifier.name):
                predictions = predict(
                    classifier.network,
                    images,
                    settings,
                    network_input=classifier.network_input,
                    postprocessing=post,
                    progress=progress,
                )
            note = post.note_on(predictions.kind)
            if note:
                notes.append(f"{Path(classifier.name).name} {note}")
            uncalibrated.append(predictions.probabilities)
            calibrated.append(post.calibrated(predictions.probabilities))
        return EnsemblePredictions(average(calibrated), average(uncalibrated), tuple(notes))


def _load(
    path: Path, class_names: Sequence[str], options: ModelOptions, named_by: str, runtime: str | None
) -> Classifier:
    network: keras.Model | Run
    if runtime is None and path.suffix != SUFFIX:
        network = load_network(path)
        with _naming(str(path)):
            found = input_of(network)
        conventions = conventions_of(path, network, options)
    else:
        copy = read_copy(path)
        if copy is None:
            raise about(
                FileNotFoundError(f"{path} has no ONNX copy beside it, which a runtime would run"), "export_onnx"
            )
        network = open_copy(copy, runtime or AUTO)
        found = NetworkInput(copy.entry.image_size, copy.entry.channels)
        conventions = read_conventions(path, len(copy.card["class_names"]), options, card=copy.card)
    order = class_order(class_names, named_by, conventions.class_names, f"the model {path}")
    post = Postprocessing(conventions.output, conventions.temperature, order, conventions.prior)
    return Classifier(str(path), network, as_stated(found, conventions), post, conventions)


@contextlib.contextmanager
def _naming(name: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name} cannot be evaluated: {error}") from error
