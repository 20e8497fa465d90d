"""The numbers that decide the result of training the second stage; parsers take their defaults from here.

Does not import Keras, so that a ``--help`` can show them at once.
"""

from dataclasses import dataclass, field

from emotion_recognition.data.face_pictures.patch_views import PatchAugmentation
from emotion_recognition.error_about import about
from emotion_recognition.models.face_refiner.outputs import FaceView
from emotion_recognition.training.settings import FitSettings


@dataclass(frozen=True)
class RefinerSettings(FitSettings):
    """What decides the result of one stage of training, beside what every stage has.

    Args:
        views: Views of an epoch, half of them of faces, at least 2.
        box_weight: Weight of the boxes' loss beside that of the logits, at least 0.
        landmark_weight: The same of the landmarks.
        view: What the network sees of a face.
        augmentation: Random changes to what it sees, of which shift and zoom are needed: a first stage's boxes are not
            the true ones.

    Raises:
        ValueError: If a number is out of range, or settings contradict each other.
    """

    learning_rate: float = 2e-3
    schedule: str = "cosine"
    epochs: int = 40
    patience: int | None = None
    weight_decay: float = 0.02
    batch_size: int = 128
    views: int = 20_000
    box_weight: float = 4.0
    landmark_weight: float = 20.0
    view: FaceView = field(default_factory=FaceView)
    augmentation: PatchAugmentation | None = field(default_factory=PatchAugmentation)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.views < 2:
            raise about(ValueError(f"views must be at least 2. Received: {self.views}"), "views")
        for name in ("box_weight", "landmark_weight"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be at least 0. Received: {getattr(self, name)}")
        if self.augmentation is None:
            message = "augmentation cannot be none: views that are not shifted teach nothing about boxes"
            raise about(ValueError(message), "augmentation")

    @property
    def changes(self) -> PatchAugmentation:
        """The random changes, which are never none."""
        assert self.augmentation is not None
        return self.augmentation
