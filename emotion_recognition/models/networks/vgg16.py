"""``vgg16``: thirteen 3×3 convolutions in five blocks.

Simonyan and Zisserman 2015, arXiv:1409.1556; the backbone is that of ``keras.applications``,
with a new head.
"""

import keras

from emotion_recognition.models.networks.pixels_for_backbone import CAFFE
from emotion_recognition.models.networks.transfer import HEAD_DROPOUT, HIDDEN, applications_network
from emotion_recognition.models.networks.weights import NONE


def vgg16(
    *,
    num_classes: int,
    image_size: int = 48,
    channels: int = 1,
    weights: str = NONE,
    backbone_size: int | None = None,
    hidden: int = HIDDEN,
    head_dropout: float = HEAD_DROPOUT,
) -> keras.Model:
    """Builds the network; 15.2 million parameters.

    Args:
        num_classes: Number of outputs.
        image_size: Height and width of the input in pixels, at least 32.
        channels: 1 for grey, 3 for colour.
        weights: The backbone's: "none" for random ones, "imagenet", or the path of a file.
        backbone_size: Height and width in pixels that images are resized to for the backbone, at least 32; None
            enlarges images below 96 to 96.
        hidden: Hidden units of the head; 0 leaves the layer out.
        head_dropout: Share dropped before the last layer, 0..1.

    Raises:
        FileNotFoundError: If there is no such file of weights.
        OSError: If ImageNet's weights are not there and cannot be downloaded.
        ValueError: If the weights are of another architecture, or the size is too small.
    """
    return applications_network(
        keras.applications.VGG16,
        "vgg16",
        CAFFE,
        num_classes=num_classes,
        image_size=image_size,
        channels=channels,
        weights=weights,
        backbone_size=backbone_size,
        hidden=hidden,
        head_dropout=head_dropout,
    )
