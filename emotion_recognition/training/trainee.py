"""What is fitted in place of a network: random changes before it, and beside it all that its loss needs.

A network with its heads comes in, from :mod:`emotion_recognition.training.extra_heads`; the result shares all of its
layers and is fitted by :mod:`emotion_recognition.training.stage`.
"""

import keras
from keras import layers

from emotion_recognition.data.batches.mixing import Mixup
from emotion_recognition.data.batches.random_changes import RandomChanges, with_random_changes
from emotion_recognition.training.settings import StageSettings
from emotion_recognition.training.teacher_layer import TeacherOnViews
from emotion_recognition.training.teacher_views import ViewsTeacher

#: What is added to the seed, so that shares are drawn by other random numbers than the changes.
_SHARES = 1


def trainee_of(
    network: keras.Model,
    settings: StageSettings,
    crop: tuple[int, int] | None = None,
    teacher: ViewsTeacher | None = None,
) -> keras.Model:
    """Returns what is fitted so that a network learns from changed and mixed images, and from teachers that see them.

    Args:
        network: Takes float32 pixels, 0..255, and gives the probabilities of all heads.
        settings: Of the stage: random changes, mixup, the teacher's temperature, the seed.
        crop: What the network cuts out of the middle of its images, see
            :class:`~emotion_recognition.data.batches.random_changes.RandomChanges`.
        teacher: Who looks at the same images; None for nobody, or one that has seen them before.

    Returns:
        A network that takes uint8 pixels of the same shape. Behind the probabilities of all heads come the teacher's
        (N, classes), and the image's own share of what the network saw (N, 1), where there are such.
    """
    if teacher is None and not settings.mixup:
        return with_random_changes(network, settings.augmentation, settings.seed, crop)
    pixels = keras.Input(network.input_shape[1:], dtype="uint8", name="stored_pixels")
    if settings.augmentation is None:
        seen = layers.Rescaling(1.0, dtype="float32", name="as_float")(pixels)
    else:
        seen = RandomChanges(settings.augmentation, settings.seed, crop)(pixels)
    behind = []
    if settings.mixup:
        seen, shares = Mixup(settings.mixup, settings.seed + _SHARES)(seen)
        behind.append(shares)
    if teacher is not None:
        behind.insert(0, TeacherOnViews(teacher.networks, settings.teacher_temperature)(seen))
    joined = layers.Concatenate(name="all_the_loss_needs", dtype="float32")([network(seen), *behind])
    return keras.Model(pixels, joined, name=network.name)
