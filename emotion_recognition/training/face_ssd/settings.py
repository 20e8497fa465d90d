"""The numbers that decide the result of one stage of training the face detector; parsers take their defaults from here.

Does not import Keras, so that a ``--help`` can show them at once.
"""

from dataclasses import dataclass, field

from emotion_recognition.data.face_pictures.augmentation import FaceAugmentation
from emotion_recognition.error_about import about
from emotion_recognition.training.face_ssd.matching import MatchingSettings
from emotion_recognition.training.settings import FitSettings

#: Pixels that the network's input must be a multiple of.
SIZE_STEP = 64


@dataclass(frozen=True)
class FaceStageSettings(FitSettings):
    """What decides the result of one stage of the face detector, beside what every stage has.

    Args:
        size: Height and width of a view in pixels, a multiple of 64.
        alpha: Weight of prior boxes on faces in the focal loss, 0..1.
        gamma: Its exponent, at least 1: below, the gradient at a prior box that is wholly right is NaN.
        box_weight: Weight of the boxes' loss beside that of the scores, at least 0.
        landmark_weight: Weight of the landmarks' loss beside that of the scores, at least 0. With a weight of 4 the
            network learned one shape for all faces, turned ones too; RetinaFace's (Deng et al. 2019, arXiv:1905.00641)
            is about 100 in these units.
        matching: Which prior boxes are responsible for a face.
        augmentation: Random changes to the training pictures; None for none.

    Raises:
        ValueError: If a number is out of range, or settings contradict each other.
    """

    learning_rate: float = 2e-3
    schedule: str = "cosine"
    patience: int | None = None
    weight_decay: float = 0.01
    batch_size: int = 32
    size: int = 320
    alpha: float = 0.25
    gamma: float = 2.0
    box_weight: float = 2.0
    landmark_weight: float = 50.0
    matching: MatchingSettings = field(default_factory=MatchingSettings)
    augmentation: FaceAugmentation | None = field(default_factory=FaceAugmentation)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.alpha <= 1:
            raise ValueError(f"alpha must be 0..1. Received: {self.alpha}")
        for name, least in (("gamma", 1), ("box_weight", 0), ("landmark_weight", 0)):
            if not least <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be at least {least}. Received: {getattr(self, name)}")
        if self.size < SIZE_STEP or self.size % SIZE_STEP:
            raise about(ValueError(f"size must be a multiple of {SIZE_STEP}. Received: {self.size}"), "size")
