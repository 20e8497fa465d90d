"""The recipes: named ways to train, each a set of defaults that any single option overrides.

Does not import Keras, so that a ``--help`` can show them at once.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import ClassVar, TypeVar

from emotion_recognition.data.batches.augmentation import Augmentation
from emotion_recognition.error_about import about
from emotion_recognition.models.registry import DEFAULT_NETWORK
from emotion_recognition.training.settings import ALL_FROZEN, FitSettings, Freeze, StageSettings

#: The settings of a stage, of whichever network.
Settings = TypeVar("Settings", bound=FitSettings)

#: Every other image mirrored and nothing else.
_FLIP = Augmentation(rotation=0.0, shift=0.0, zoom=0.0, brightness=0.0, contrast=0.0)


@dataclass(frozen=True)
class Staged(StageSettings):
    """The classic run: Adam at one learning rate with early stopping, then fine-tuned at a tenth of it, and again.

    ``stages`` are the learning rate and the most epochs of each stage of a whole run.
    """

    summary: ClassVar[str] = "the classic run, each stage with early stopping"
    network: ClassVar[str] = DEFAULT_NETWORK
    stages: ClassVar[tuple[tuple[float, int], ...]] = ((1e-3, 60), (1e-4, 20), (1e-5, 10))
    freezes: ClassVar[tuple[Freeze, ...]] = (None,)


@dataclass(frozen=True)
class OneCycle(StageSettings):
    """Short and without choices: Adam's learning rate rises, falls, and decays to a thousandth within 20 epochs.

    Smith 2018, arXiv:1803.09820. The numbers are those with which the field's projects train ``shallow_cnn``,
    ``deep_cnn`` and ``resnet9``: batches of 256, a highest learning rate of 0.008, flips, and random crops of 48 pixels
    out of images with a reflected border of 4, which is a shift of up to 4 pixels.
    """

    summary: ClassVar[str] = "a short run of large batches, along one cycle of the learning rate"
    network: ClassVar[str] = "resnet9"
    stages: ClassVar[tuple[tuple[float, int], ...]] = ()
    freezes: ClassVar[tuple[Freeze, ...]] = (None,)

    learning_rate: float = 0.008
    schedule: str = "onecycle"
    epochs: int = 20
    patience: int | None = None
    batch_size: int = 256
    clean_statistics: bool = True
    augmentation: Augmentation | None = field(default_factory=lambda: replace(_FLIP, shift=4 / 48))


@dataclass(frozen=True)
class Record(StageSettings):
    """What gave the best validation accuracy; docs/training-log.md has the runs that chose these numbers."""

    summary: ClassVar[str] = "what gave the best validation accuracy"
    network: ClassVar[str] = "vggnet_wide"
    stages: ClassVar[tuple[tuple[float, int], ...]] = ()
    freezes: ClassVar[tuple[Freeze, ...]] = (None,)

    learning_rate: float = 0.1
    schedule: str = "cosine"
    epochs: int = 45
    patience: int | None = None
    optimizer: str = "sgd"
    weight_decay: float = 5e-3
    label_smoothing: float = 0.05
    batch_size: int = 128
    clean_statistics: bool = True
    augmentation: Augmentation | None = field(default_factory=lambda: Augmentation(shift=0.1, zoom=0.12, erase=0.2))


@dataclass(frozen=True)
class Photographs(Record):
    """For faces of other cameras than FER2013's: wider changes, and FER+'s votes as labels beside FER2013's.

    docs/training-log.md has the runs that chose these numbers.
    """

    summary: ClassVar[str] = "like record, for people's own photographs: wider changes, FER+'s votes as labels too"

    votes_weight: float = 0.5
    ferplus_weight: float = 1.0
    ferplus_share: float = 0.6
    prior_power: float = 0.75
    augmentation: Augmentation | None = field(
        default_factory=lambda: Augmentation(
            rotation=15.0,
            shift=0.12,
            zoom=0.2,
            contrast=0.3,
            stretch=0.1,
            sharpness=0.45,
            gamma=0.6,
            side_light=0.3,
            noise=0.03,
            erase=0.25,
        )
    )


@dataclass(frozen=True)
class FineTune(StageSettings):
    """Transfer learning: a new head on a frozen backbone, then all of the network at a tenth of the learning rate.

    The second stage is the transfer-learning projects' of the field: Adam at 1e-4, batches of 64, 25 epochs, a head of
    1,024 hidden units with dropout. The first keeps the random head's gradients out of the backbone (Kumar et al. 2022,
    arXiv:2202.10054, "Fine-tuning can distort pretrained features").
    """

    summary: ClassVar[str] = "transfer learning: a new head on a frozen backbone, then all of it"
    network: ClassVar[str] = "mobilenet_v2"
    stages: ClassVar[tuple[tuple[float, int], ...]] = ((1e-3, 5), (1e-4, 25))
    freezes: ClassVar[tuple[Freeze, ...]] = (ALL_FROZEN, None)


@dataclass(frozen=True)
class FiveClasses(StageSettings):
    """Five classes of faces in colour, from boxes in Pascal VOC's XML: the settings of the field's MobileNet project.

    Neutral, anger, surprise, smile and sad; turns of up to 10 degrees, flips, crops of 256 pixels from random places of
    280; MobileNet-V2 (Sandler et al. 2018, arXiv:1801.04381) at a learning rate of 3e-5 in batches of 200; the best
    epoch is kept. How many epochs there were is not published.
    """

    summary: ClassVar[str] = "five classes of one's own, in colour and in crops of 256 out of 280 pixels"
    network: ClassVar[str] = "mobilenet_v2"
    stages: ClassVar[tuple[tuple[float, int], ...]] = ()
    freezes: ClassVar[tuple[Freeze, ...]] = (None,)

    learning_rate: float = 3e-5
    epochs: int = 100
    patience: int | None = 15
    batch_size: int = 200
    augmentation: Augmentation | None = field(default_factory=lambda: replace(_FLIP, rotation=10.0))
    random_crop: tuple[int, int] | None = (280, 256)


Recipe = Staged | OneCycle | Record | FineTune | FiveClasses

RECIPES: dict[str, type[Recipe]] = {
    "staged": Staged,
    "onecycle": OneCycle,
    "record": Record,
    "photographs": Photographs,
    "finetune": FineTune,
    "five_classes": FiveClasses,
}


def recipes_help() -> str:
    """Lines for each recipe, for the end of a help text: what it is for, its network, and what it sets otherwise."""
    lines = []
    for name, recipe in RECIPES.items():
        lines += [f"  {name:<12} {recipe.summary}", f"  {'':<12} {', '.join(_choices_of(recipe))}"]
    return "\n".join(lines)


def _choices_of(recipe: type[Recipe]) -> list[str]:
    own, usual = recipe(), StageSettings()
    if recipe.stages:
        text = ",".join(f"{rate:g}:{epochs}" for rate, epochs in recipe.stages)
        choices = [recipe.network, own.optimizer, f"stages {text}", f"patience {own.patience}"]
    else:
        choices = [recipe.network, own.optimizer, f"learning rate {own.learning_rate:g}", f"{own.epochs} epochs"]
        choices += [] if own.patience is None else [f"patience {own.patience}"]
    if recipe.freezes != (None,):
        choices.append(f"freeze {','.join('none' if freeze is None else str(freeze) for freeze in recipe.freezes)}")
    if own.random_crop is not None:
        choices.append(f"random_crop {own.random_crop[0]}:{own.random_crop[1]}")
    said = {"random_crop", "optimizer", "learning_rate", "epochs", "patience", "augmentation"}
    for each in fields(StageSettings):
        value = getattr(own, each.name)
        if each.name not in said and value != getattr(usual, each.name):
            choices.append(each.name if value is True else f"{each.name} {value}")
    if own.augmentation is not None and own.augmentation != usual.augmentation:
        changed = asdict(own.augmentation).items() - asdict(Augmentation()).items()
        choices.append("augmentation " + ",".join(f"{name}={value:g}" for name, value in sorted(changed)))
    return choices


def parse_stages(text: str) -> tuple[tuple[float, int], ...]:
    """Reads pairs of a learning rate and a number of epochs, with commas between them.

    Raises:
        ValueError: If the text is not of that form.

    Example:
        >>> parse_stages("1e-3:60,1e-4:20")
        ((0.001, 60), (0.0001, 20))
    """
    stages = []
    for part in text.split(","):
        rate, colon, epochs = part.partition(":")
        try:
            if not colon:
                raise ValueError
            stages.append((float(rate), int(epochs)))
        except ValueError:
            message = f"stages must be rate:epochs pairs such as 1e-3:60,1e-4:20. Received: {text}"
            raise about(ValueError(message), "stages") from None
    return tuple(stages)


def parse_crop(text: str) -> tuple[int, int] | None:
    """Reads the two sides of a random crop, or ``none``.

    Raises:
        ValueError: If the text is not of that form.

    Example:
        >>> parse_crop("280:256")
        (280, 256)
    """
    if text == "none":
        return None
    resize, colon, side = text.partition(":")
    if not (colon and resize.isdecimal() and side.isdecimal()):
        message = f"random_crop must be none or RESIZE:CROP in pixels, such as 280:256. Received: {text}"
        raise about(ValueError(message), "random_crop")
    return int(resize), int(side)


def parse_freezes(text: str) -> tuple[Freeze, ...]:
    """Reads what each stage freezes, with commas between them.

    Raises:
        ValueError: If the text is not of that form.

    Example:
        >>> parse_freezes("all,100,none")
        ('all', 100, None)
    """
    freezes: list[Freeze] = []
    for part in text.split(","):
        if part not in (ALL_FROZEN, "none") and not part.isdecimal():
            message = f"freeze must be all, none or a number of layers, one for each stage. Received: {text}"
            raise about(ValueError(message), "freeze")
        freezes.append(part if part == ALL_FROZEN else None if part == "none" else int(part))
    return tuple(freezes)


def with_freezes(stages: Sequence[StageSettings], freezes: tuple[Freeze, ...]) -> list[StageSettings]:
    """The settings of each stage with what it freezes: one for all stages, or one for each.

    Raises:
        ValueError: If there are neither one nor as many as stages.
    """
    if len(freezes) not in (1, len(stages)):
        message = f"freeze must be given once or for each of the {len(stages)} stages. Received: {len(freezes)}"
        raise about(ValueError(message), "freeze")
    each = freezes * len(stages) if len(freezes) == 1 else freezes
    return [replace(stage, freeze=freeze) for stage, freeze in zip(stages, each, strict=True)]


def in_stages(settings: Settings, stages: tuple[tuple[float, int], ...]) -> list[Settings]:
    """The settings of each stage: the given ones with the stage's learning rate and epochs."""
    return [replace(settings, learning_rate=rate, epochs=epochs) for rate, epochs in stages]
