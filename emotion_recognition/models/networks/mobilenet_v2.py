"""``mobilenet_v2``: seventeen inverted residual blocks, made for phones.

Sandler et al. 2018, arXiv:1801.04381; the backbone is that of ``keras.applications``, with a new
head.
"""

import keras

from emotion_recognition.models.networks.pixels_for_backbone import SYMMETRIC
from emotion_recognition.models.networks.transfer import on_backbone

#: Builds the network; 3.6 million parameters, with the options of
#: :func:`~emotion_recognition.models.networks.transfer.on_backbone`.
mobilenet_v2 = on_backbone(keras.applications.MobileNetV2, "mobilenet_v2", SYMMETRIC)
