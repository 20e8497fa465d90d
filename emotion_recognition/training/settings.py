"""The numbers that decide the result of one stage of training; parsers take their defaults from here.

Does not import Keras, so that a ``--help`` can show them at once.
"""

from dataclasses import dataclass, field

from emotion_recognition.data.batches.augmentation import Augmentation
from emotion_recognition.error_about import about
from emotion_recognition.models.prior import check_power

OPTIMIZERS = ("adam", "sgd")
SCHEDULES = ("constant", "onecycle", "cosine")
BALANCES = ("none", "weights", "sampling")

#: How much of each target is the teacher's where there is one and nobody says how much.
USUAL_TEACHER_WEIGHT = 0.6
#: What a stage freezes: all layers of the backbone, that many of them, or none.
Freeze = int | str | None
ALL_FROZEN = "all"


#: What Keras takes for the start of random numbers.
_MOST_SEED = 2**32 - 1


@dataclass(frozen=True)
class FitSettings:
    """What every network's stage has.

    Args:
        learning_rate: The optimizer's; the highest one where a schedule changes it.
        schedule: How the learning rate goes, see :mod:`emotion_recognition.training.schedules`: "constant", "onecycle"
            or "cosine".
        epochs: Most epochs; under a schedule, exactly as many.
        patience: Epochs without a lower validation loss after which the stage ends, with the weights of its best
            epoch. None: every epoch is done and the last weights are kept, as schedules need it.
        optimizer: "adam" (Kingma and Ba 2015, arXiv:1412.6980) or "sgd", with Nesterov momentum 0.9.
        weight_decay: Share of each kernel that a step takes away, times the learning rate (Loshchilov and Hutter 2019,
            arXiv:1711.05101). With this optimizer and momentum 0.9, 5e-3 is what 5e-4 is as an L2 penalty.
        ema: Momentum of the moving average of the weights that is kept in place of the last ones, below 1; 0 keeps
            the last ones.
        batch_size: Images per step.
        seed: Start of all random numbers, 0..2³² − 1, as Keras takes them.
        mixed_precision: Whether layers compute in bfloat16 with float32 weights.

    Raises:
        ValueError: If a number is out of range, or settings contradict each other.
    """

    learning_rate: float = 1e-3
    schedule: str = "constant"
    epochs: int = 60
    patience: int | None = 8
    optimizer: str = "adam"
    weight_decay: float = 0.0
    ema: float = 0.0
    batch_size: int = 64
    seed: int = 0
    mixed_precision: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.learning_rate < 10:
            text = f"learning_rate must be above 0 and below 10. Received: {self.learning_rate}"
            raise about(ValueError(text), "learning_rate")
        for name, least in (("epochs", 1), ("patience", 1), ("batch_size", 1), ("seed", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise about(ValueError(f"{name} must be at least {least}. Received: {value}"), name)
        if self.seed > _MOST_SEED:
            raise about(ValueError(f"seed must be at most {_MOST_SEED}. Received: {self.seed}"), "seed")
        for name in ("weight_decay", "ema"):
            check_share(name, getattr(self, name))
        for name, choices in (("optimizer", OPTIMIZERS), ("schedule", SCHEDULES)):
            check_choice(name, getattr(self, name), choices)
        if self.patience is not None and (self.schedule != "constant" or self.ema):
            text = (
                "patience must be none with a schedule or a moving average of the weights: the last epochs are the "
                f"best ones there. Received: {self.patience} with {self.schedule}, ema {self.ema:g}"
            )
            raise about(ValueError(text), "patience")


def check_share(name: str, value: float) -> None:
    """Refuses what is not at least 0 and below 1.

    Raises:
        ValueError: If so.
    """
    if not 0 <= value < 1:
        raise about(ValueError(f"{name} must be at least 0 and below 1. Received: {value}"), name)


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuses what is none of the choices.

    Raises:
        ValueError: If so.
    """
    if value not in choices:
        raise about(ValueError(f"{name} must be one of {list(choices)}. Received: {value!r}"), name)


@dataclass(frozen=True)
class StageSettings(FitSettings):
    """What decides the result of one stage of an emotion network, beside what every stage has.

    Args:
        label_smoothing: Share of the target that is spread evenly over all classes, 0..1.
        votes_weight: Weight of a second loss, on predicting FER+'s votes, beside that of the labels; 0 for none. See
            :mod:`emotion_recognition.training.extra_heads`.
        ferplus_weight: Weight of a third loss, on predicting the distribution over the classes that FER+'s votes make;
            0 for none.
        ferplus_share: How much of that prediction becomes part of the saved model's own: its weight in a geometric
            mean with the labels' one, 0..1.
        teacher_weight: How much of each target is what a teacher says of the image, 0..1; 0 without a teacher. See
            :mod:`emotion_recognition.training.distillation`.
        teacher_temperature: What the logits behind the teacher's probabilities are divided by; above 1 softens them.
        teacher_views: Whether the teacher looks at each image as the network sees it, changed and mixed, in place of
            the image and its mirror image once. See :mod:`emotion_recognition.training.teacher_views`.
        mixup: How strongly pairs of images and their targets are mixed, 0..10; 0 for not at all. See
            :class:`~emotion_recognition.data.batches.mixing.Mixup`.
        prior_power: The power of the training split's class shares that the saved model's probabilities are divided by,
            0..2; goes into its card, see :mod:`emotion_recognition.models.prior`.
        balance: What is done for rare classes: "none"; "weights", each image weighs by how rare its class is;
            "sampling", each class is drawn equally often.
        clean_statistics: Whether the batch-normalization statistics are computed anew, after the last epoch, on images
            without random changes, and kept unless the network is worse on ``val`` with them.
        augmentation: Random changes to the training images; None for none.
        random_crop: Side that images are resized to, and side of the square that the network sees of them: at a random
            place in training, where there is any augmentation, and the middle everywhere else. None: all of the image.
        freeze: How many layers of the backbone stay as they are, counted from the pixels; "all" of them; or None. See
            :mod:`emotion_recognition.training.freezing`.

    Raises:
        ValueError: If a number is out of range, or settings contradict each other.
    """

    label_smoothing: float = 0.0
    votes_weight: float = 0.0
    ferplus_weight: float = 0.0
    ferplus_share: float = 0.0
    teacher_weight: float = 0.0
    teacher_temperature: float = 2.0
    teacher_views: bool = False
    mixup: float = 0.0
    prior_power: float = 0.0
    balance: str = "none"
    clean_statistics: bool = False
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    random_crop: tuple[int, int] | None = None
    freeze: Freeze = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share("label_smoothing", self.label_smoothing)
        for name in ("votes_weight", "ferplus_weight", "mixup"):
            if not 0 <= getattr(self, name) <= 10:
                raise about(ValueError(f"{name} must be 0..10. Received: {getattr(self, name)}"), name)
        if not 0 <= self.ferplus_share <= 1:
            raise about(ValueError(f"ferplus_share must be 0..1. Received: {self.ferplus_share}"), "ferplus_share")
        if self.ferplus_share and not self.ferplus_weight:
            raise about(
                ValueError(f"ferplus_share needs a ferplus_weight above 0. Received: {self.ferplus_weight}"),
                "ferplus_share",
                "ferplus_weight",
            )
        if not 0 <= self.teacher_weight <= 1:
            raise about(ValueError(f"teacher_weight must be 0..1. Received: {self.teacher_weight}"), "teacher_weight")
        if not 0.1 <= self.teacher_temperature <= 100:
            message = f"teacher_temperature must be 0.1..100. Received: {self.teacher_temperature}"
            raise about(ValueError(message), "teacher_temperature")
        check_power(self.prior_power)
        check_choice("balance", self.balance, BALANCES)
        if self.mixup and self.balance == "weights":
            message = "mixup mixes images that weigh differently; balance by sampling. Received: weights"
            raise about(ValueError(message), "mixup", "balance")
        if self.prior_power and self.balance != "none":
            message = (
                "prior_power and balance both take out the class shares, and together do it twice; leave out one. "
                f"Received: {self.prior_power:g} and {self.balance}"
            )
            raise about(ValueError(message), "prior_power", "balance")
        if self.random_crop is not None and not 1 <= self.random_crop[1] < self.random_crop[0]:
            resize, side = self.random_crop
            text = f"random_crop must cut a smaller square out of a larger one. Received: {resize}:{side}"
            raise about(ValueError(text), "random_crop")
        if self.freeze not in (None, ALL_FROZEN) and (not isinstance(self.freeze, int) or self.freeze < 0):
            raise about(ValueError(f"freeze must be all, none or at least 0. Received: {self.freeze}"), "freeze")
