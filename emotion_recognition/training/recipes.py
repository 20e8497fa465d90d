"""The recipes: named ways to train, each a set of defaults that any single option overrides.

Does not import Keras, so that a ``--help`` can show them at once.
"""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import ClassVar, TypeVar

from emotion_recognition.data.batches.augmentation import Augmentation
from emotion_recognition.error_about import about
from emotion_recognition.models.registry import DEFAULT_NETWORK
from emotion_recognition.training.settings import FitSettings, StageSettings

#: The settings of a stage, of whichever network.
Settings = TypeVar("Settings", bound=FitSettings)


@dataclass(frozen=True)
class Staged(StageSettings):
    """The classic run: Adam at one learning rate with early stopping, then fine-tuned at a tenth of it, and again.

    ``stages`` are the learning rate and the most epochs of each stage of a whole run.
    """

    summary: ClassVar[str] = "the classic run, each stage with early stopping"
    network: ClassVar[str] = DEFAULT_NETWORK
    stages: ClassVar[tuple[tuple[float, int], ...]] = ((1e-3, 60), (1e-4, 20), (1e-5, 10))


@dataclass(frozen=True)
class OneCycle(StageSettings):
    """Short and without choices: Adam's learning rate rises, falls, and decays to a thousandth within 20 epochs.

    Smith 2018, arXiv:1803.09820.
    """

    summary: ClassVar[str] = "a short run of large batches, along one cycle of the learning rate"
    network: ClassVar[str] = DEFAULT_NETWORK
    stages: ClassVar[tuple[tuple[float, int], ...]] = ()

    learning_rate: float = 0.008
    schedule: str = "onecycle"
    epochs: int = 20
    patience: int | None = None
    batch_size: int = 256
    clean_statistics: bool = True


@dataclass(frozen=True)
class Record(StageSettings):
    """What gave the best validation accuracy; docs/training-log.md has the runs that chose these numbers."""

    summary: ClassVar[str] = "what gave the best validation accuracy"
    network: ClassVar[str] = "vggnet_wide"
    stages: ClassVar[tuple[tuple[float, int], ...]] = ()

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


RECIPES: dict[str, type[Staged] | type[OneCycle] | type[Record]] = {
    "staged": Staged,
    "onecycle": OneCycle,
    "record": Record,
    "photographs": Photographs,
}


def recipes_help() -> str:
    """Lines for each recipe, for the end of a help text: what it is for, its network, and what it sets otherwise."""
    lines = []
    for name, recipe in RECIPES.items():
        lines += [f"  {name:<12} {recipe.summary}", f"  {'':<12} {', '.join(_choices_of(recipe))}"]
    return "\n".join(lines)


def _choices_of(recipe: type[Staged] | type[OneCycle] | type[Record]) -> list[str]:
    own, usual = recipe(), StageSettings()
    if recipe.stages:
        text = ",".join(f"{rate:g}:{epochs}" for rate, epochs in recipe.stages)
        choices = [recipe.network, own.optimizer, f"stages {text}", f"patience {own.patience}"]
    else:
        choices = [recipe.network, own.optimizer, f"learning rate {own.learning_rate:g}", f"{own.epochs} epochs"]
    said = {"optimizer", "learning_rate", "epochs", "patience", "augmentation"}
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


def in_stages(settings: Settings, stages: tuple[tuple[float, int], ...]) -> list[Settings]:
    """The settings of each stage: the given ones with the stage's learning rate and epochs."""
    return [replace(settings, learning_rate=rate, epochs=epochs) for rate, epochs in stages]
