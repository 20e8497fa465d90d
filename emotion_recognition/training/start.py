"""What a stage of training starts from: a new network, or a trained one and its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras

from emotion_recognition.data.files.hdf5 import Split
from emotion_recognition.emotions import class_order
from emotion_recognition.error_about import about
from emotion_recognition.models.building import build_network, name_of
from emotion_recognition.models.card import builds_of, read_card, sha256_of
from emotion_recognition.models.conventions import say
from emotion_recognition.models.files import conventions_of, load_network
from emotion_recognition.models.model_options import DEFAULT_PIXEL_RANGE
from emotion_recognition.models.networks.centre_crop import centre_crop_of, with_centre_crop
from emotion_recognition.models.new_head import with_new_head
from emotion_recognition.models.output_order import reorder_outputs
from emotion_recognition.models.precision import with_precision
from emotion_recognition.models.registry import DEFAULT_NETWORK, BuildFunction
from emotion_recognition.models.with_probabilities import with_probabilities
from emotion_recognition.training.compiling import fuses_normalization
from emotion_recognition.training.log_file import read_log
from emotion_recognition.training.run import log_path
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.training.stage import next_learning_rate


@dataclass(frozen=True, eq=False)
class Start:
    """A network that is ready to be fitted.

    Args:
        network: The network, in the precision that it trains in.
        network_name: Its architecture; "unknown" for an input model without a card.
        learning_rate: That of the stage.
        description: What this start is, for a person.
        input_name: File name of the input model; None from scratch.
        new_head: Whether the input model's last layer was replaced.
        stages: Entries of the stages that the input model went through, earliest first.
        rows: The log's rows of these stages, as far as a log lies beside the input model.
        backbone: Where the weights of its backbone came from, for the card; empty of a network without one.
        more_identity: What else a resumed run must share with the interrupted one, as JSON values.
        builds: Which builds of which source the input model has learned from, oldest first.
    """

    network: keras.Model
    network_name: str
    learning_rate: float
    description: str
    input_name: str | None = None
    new_head: bool = False
    stages: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    backbone: dict[str, Any] = field(default_factory=dict)
    more_identity: dict[str, Any] = field(default_factory=dict)
    builds: list[dict[str, str]] = field(default_factory=list)

    @property
    def identity(self) -> dict[str, Any]:
        """What a resumed run must share with the interrupted one."""
        of_backbone = {"backbone": self.backbone} if self.backbone and self.input_name is None else {}
        return {
            "network": self.network_name,
            "input_model": self.input_name,
            "new_head": self.new_head,
            **of_backbone,
            **self.more_identity,
        }


def open_start(
    train: Split,
    settings: StageSettings,
    *,
    network: str | BuildFunction | keras.Model | None = None,
    network_options: Mapping[str, Any] | None = None,
    backbone: Mapping[str, Any] | None = None,
    input_model: Path | None = None,
    new_head: bool = False,
    lower_rate: bool = False,
) -> Start:
    """Builds a new network, or loads a trained one, for a training split.

    Args:
        train: Its image shape and classes are those of the network.
        settings: Of the stage: learning rate, precision, and the seed that a new network's weights are drawn from.
        network: A new network: its name, a function that builds it, or the network itself, from wherever; None for the
            default one.
        network_options: More arguments of the function that builds it, such as ``weights`` of a network on a backbone.
        backbone: Where the weights of its backbone come from, as JSON values for the card; None: what
            ``network_options`` says.
        input_model: File of a trained model to continue from; None for a new network.
        new_head: Whether the trained model gets a new last layer for the split's classes.
        lower_rate: Whether a trained model is trained at a tenth of its own learning rate, in place of the
            settings'.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If arguments contradict each other, or model and split do not fit together.
    """
    keras.utils.set_random_seed(settings.seed)
    if input_model is None:
        if new_head:
            raise about(ValueError("new_head needs an input model"), "new_head", "input_model")
        options = dict(network_options or {})
        start = _from_scratch(train, DEFAULT_NETWORK if network is None else network, settings, options)
        origin = {"weights": str(options["weights"])} if "weights" in options else {}
        own = {name: str(value) for name, value in sorted(options.items()) if name != "weights"}
        start = replace(start, backbone=dict(backbone or origin), more_identity={"network_options": own})
    else:
        if network is not None or network_options:
            message = "network is for new networks; an input model keeps its own architecture"
            raise about(ValueError(message), "network", "input_model")
        start = _from_model(train, input_model, new_head, settings, lower_rate)
    policy = "mixed_bfloat16" if settings.mixed_precision else "float32"
    return replace(start, network=with_precision(start.network, policy, fused_normalization=fuses_normalization()))


def tensorboard(folder: Path) -> Sequence[keras.callbacks.Callback]:
    """The callback that logs to TensorBoard.

    Raises:
        ValueError: If the package is missing.
    """
    if find_spec("tensorboard") is None:
        raise about(ValueError("TensorBoard's logs need its package: pip install tensorboard"), "tensorboard")
    return [keras.callbacks.TensorBoard(folder)]


def _from_scratch(
    train: Split, network: str | BuildFunction | keras.Model, settings: StageSettings, options: dict[str, Any]
) -> Start:
    if isinstance(network, keras.Model):
        name, built = network.name, _cropping(with_probabilities(network), train, settings)
        _check_input(f"The network {name}", built, train)
        if built.output_shape[-1] != len(train.class_names):
            raise ValueError(
                f"The network {name} has {built.output_shape[-1]} outputs, but the training split has "
                f"{len(train.class_names)} classes: {', '.join(train.class_names)}."
            )
    else:
        name, (_, height, _, channels) = name_of(network), train.images.shape
        built = build_network(
            network,
            num_classes=len(train.class_names),
            image_size=height,
            channels=channels,
            random_crop=settings.random_crop,
            **options,
        )
    rate = settings.learning_rate
    text = f"New network {name} with {built.count_params():,} parameters; learning rate {rate:g}"
    return Start(built, name, rate, text)


def _cropping(network: keras.Model, train: Split, settings: StageSettings) -> keras.Model:
    """The network with the settings' crop before it, unless it has that one already."""
    if settings.random_crop is None:
        return network
    own = centre_crop_of(network)
    if own is None:
        return with_centre_crop(network, train.images.shape[1], settings.random_crop)
    if own != tuple(settings.random_crop):
        (resize, side), (has_resize, has_side) = settings.random_crop, own
        message = f"random_crop must be that of the input model, {has_resize}:{has_side}. Received: {resize}:{side}"
        raise about(ValueError(message), "random_crop", "input_model")
    return network


def _check_input(what: str, network: keras.Model, train: Split) -> None:
    if network.input_shape[1:] != train.images.shape[1:]:
        raise ValueError(
            f"{what} takes images of shape {network.input_shape[1:]}, "
            f"but the training split has {train.images.shape[1:]}."
        )


def _with_end(network: keras.Model, path: Path) -> keras.Model:
    """The network of a file with probabilities, of which the loss is; logits get a softmax behind them."""
    try:
        return with_probabilities(network)
    except ValueError as error:
        raise about(ValueError(f"{path} cannot be trained further: {error}"), "input_model") from error


def _from_model(train: Split, path: Path, new_head: bool, settings: StageSettings, lower_rate: bool) -> Start:
    network = load_network(path, compiled=True)
    conventions = conventions_of(path, network)
    say(conventions.assumed)
    fitted = _cropping(network, train, settings)
    _check_input(str(path), fitted, train)
    if conventions.pixel_range != DEFAULT_PIXEL_RANGE:
        raise ValueError(
            f"{path} expects pixels of {conventions.pixel_range}, but training shows {DEFAULT_PIXEL_RANGE}; save it "
            "with a layer before it that scales them."
        )
    card = read_card(path) or {}
    name = card.get("network", "unknown")
    rate, own_text = settings.learning_rate, "unknown or another optimizer's"
    try:
        own, tenth = next_learning_rate(network, settings.optimizer)
    except ValueError:
        if lower_rate:
            raise
    else:
        own_text = f"{own:g}"
        rate = tenth if lower_rate else rate
    network = fitted
    if new_head:
        network = _with_end(with_new_head(network, name, len(train.class_names)), path)
    else:
        by = f"The input model {path}"
        order = class_order(train.class_names, "the training split", conventions.class_names, by)
        if order is not None:
            reorder_outputs(network, order)
        network = _with_end(network, path)
    text = f"Input model {path}; its learning rate {own_text}, now {rate:g}"
    stages = list(card.get("stages", []))
    rows = [row for row in read_log(log_path(path)) if row["stage"] <= len(stages)]
    return Start(
        network,
        name,
        rate,
        text,
        path.name,
        new_head,
        stages,
        rows,
        dict(card.get("backbone", {})),
        {"input_sha256": sha256_of(path)},
        builds_of(card),
    )
