"""The recipes: named ways to train, each a set of defaults that any single option overrides.

Does not import Keras, so that a ``--help`` can show them at once.
"""

from dataclasses import dataclass, field, replace
from typing import ClassVar, TypeVar

from emotion_recognition.data.batches.augmentation import Augmentation
from emotion_recognition.training.settings import FitSettings, StageSettings

#: The settings of a stage, of whichever network.
Settings = TypeVar("Settings", bound=FitSettings)


@dataclass(frozen=True)
class Staged(StageSettings):
    """The classic run: Adam at one rate with early stopping, then fine-tuned at a tenth of it, and again.

    ``stages`` are the rate and the most epochs of each stage of a whole run.
    """

    summary: ClassVar[str] = "Adam at 1e-3, then 1e-4, then 1e-5, each stage with early stopping"
    network: ClassVar[str] = "vggnet"
    stages: ClassVar[tuple[tuple[float, int], ...]] = ((1e-3, 60), (1e-4, 20), (1e-5, 10))


@dataclass(frozen=True)
class OneCycle(StageSettings):
    """Short and without choices: Adam's rate rises, falls and is annihilated within 20 epochs.

    Smith 2018, arXiv:1803.09820.
    """

    summary: ClassVar[str] = "Adam, the rate rises to 0.008 and falls again within 20 epochs of large batches"
    network: ClassVar[str] = "vggnet"
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

    summary: ClassVar[str] = "SGD along a cosine; what gave the best validation accuracy"
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

    votes: float = 0.5
    ferplus_weight: float = 1.0
    ferplus_share: float = 0.7
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


def parse_stages(text: str) -> tuple[tuple[float, int], ...]:
    """Reads ``rate:epochs`` pairs with commas between them.

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
            raise ValueError(f"--stages must be rate:epochs pairs such as 1e-3:60,1e-4:20. Received: {text}") from None
    return tuple(stages)


def in_stages(settings: Settings, stages: tuple[tuple[float, int], ...]) -> list[Settings]:
    """The settings of each stage: the given ones with the stage's rate and epochs."""
    return [replace(settings, learning_rate=rate, epochs=epochs) for rate, epochs in stages]
