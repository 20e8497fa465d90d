"""The numbers that decide the result of one stage of training the face detector; parsers take their defaults from here.

Does not import Keras, so that a ``--help`` can show them at once.
"""

from dataclasses import dataclass, field

from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation
from emotion_recognition.training.face_ssd.matching import MatchingSettings
from emotion_recognition.training.settings import OPTIMIZERS, SCHEDULES

#: Pixels that the network's input must be a multiple of.
SIZE_STEP = 64


@dataclass(frozen=True)
class FaceStageSettings:
    """What decides the result of one stage.

    Args:
        learning_rate: The optimizer's rate; the highest one where a schedule changes it.
        schedule: How the rate goes, see :mod:`emotion_recognition.training.schedules`.
        epochs: Most epochs; under a schedule, exactly as many.
        patience: Epochs without a lower validation loss after which the stage ends, with the weights of its best
            epoch. None: every epoch is done and the last weights are kept, as schedules need it.
        optimizer: "adam" or "sgd", with Nesterov momentum 0.9.
        weight_decay: Share of each kernel that a step takes away, times the rate.
        ema: Momentum of the moving average of the weights that is kept in place of the last ones, below 1; 0 keeps
            the last ones.
        batch_size: Views per step.
        size: Height and width of a view in pixels, a multiple of 64.
        alpha: Weight of prior boxes on faces in the focal loss, 0..1.
        gamma: Its exponent, at least 1: below, the gradient at a prior box that is wholly right is no number.
        box_weight: Weight of the boxes' loss beside that of the scores, at least 0.
        matching: Which prior boxes are responsible for a face.
        seed: Start of all random numbers, at least 0.
        mixed_precision: Whether layers compute in bfloat16 with float32 weights.
        augmentation: Random changes to the training pictures; None for none.

    Raises:
        ValueError: If a number is out of range, or settings contradict each other.
    """

    learning_rate: float = 2e-3
    schedule: str = "cosine"
    epochs: int = 60
    patience: int | None = None
    optimizer: str = "adam"
    weight_decay: float = 0.01
    ema: float = 0.0
    batch_size: int = 32
    size: int = 320
    alpha: float = 0.25
    gamma: float = 2.0
    box_weight: float = 2.0
    matching: MatchingSettings = field(default_factory=MatchingSettings)
    seed: int = 0
    mixed_precision: bool = False
    augmentation: FaceAugmentation | None = field(default_factory=FaceAugmentation)

    def __post_init__(self) -> None:
        if not 0 < self.learning_rate < 10:
            raise ValueError(f"learning_rate must be above 0 and below 10. Received: {self.learning_rate}")
        for name, least in (("epochs", 1), ("patience", 1), ("batch_size", 1), ("seed", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ValueError(f"{name} must be at least {least}. Received: {value}")
        for name in ("weight_decay", "ema"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1. Received: {getattr(self, name)}")
        if not 0 <= self.alpha <= 1:
            raise ValueError(f"alpha must be 0..1. Received: {self.alpha}")
        for name, least in (("gamma", 1), ("box_weight", 0)):
            if not least <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be at least {least}. Received: {getattr(self, name)}")
        for name, choices in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {list(choices)}. Received: {getattr(self, name)!r}")
        if self.size < SIZE_STEP or self.size % SIZE_STEP:
            raise ValueError(f"size must be a multiple of {SIZE_STEP}. Received: {self.size}")
        if self.patience is not None and (self.schedule != "constant" or self.ema):
            raise ValueError(
                "patience must be none with a schedule or a moving average of the weights: the last epochs are the "
                f"best. Received: {self.patience} with {self.schedule}, ema {self.ema:g}"
            )
