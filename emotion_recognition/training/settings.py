"""The numbers that decide the result of one stage of training; parsers take their defaults from here.

Does not import Keras, so that a ``--help`` can show them at once.
"""

from dataclasses import dataclass, field

from emotion_recognition.data.augmentation import Augmentation

#: The rate of a first stage, from scratch.
FIRST_LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class StageSettings:
    """What decides the result of one stage.

    Args:
        learning_rate: Adam's rate (Kingma and Ba 2015, arXiv:1412.6980), constant over the stage.
        epochs: Most epochs.
        patience: Epochs without a lower validation loss after which the stage ends.
        batch_size: Images per step.
        seed: Start of all random numbers, at least 0.
        mixed_precision: Whether layers compute in bfloat16 with float32 weights.
        augmentation: Random changes to the training images; None for none.

    Raises:
        ValueError: If a number is out of range.
    """

    learning_rate: float = FIRST_LEARNING_RATE
    epochs: int = 60
    patience: int = 8
    batch_size: int = 64
    seed: int = 0
    mixed_precision: bool = False
    augmentation: Augmentation | None = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        if not 0 < self.learning_rate < 10:
            raise ValueError(f"learning_rate must be above 0 and below 10. Received: {self.learning_rate}")
        for name, least in (("epochs", 1), ("patience", 1), ("batch_size", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}. Received: {getattr(self, name)}")
