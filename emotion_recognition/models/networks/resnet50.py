"""``resnet50``: sixteen residual blocks of three convolutions.

He et al. 2015, arXiv:1512.03385; the backbone is that of ``keras.applications``, with a new
head.
"""

import keras

from emotion_recognition.models.networks.pixels_for_backbone import CAFFE
from emotion_recognition.models.networks.transfer import on_backbone

#: Builds the network; 25.7 million parameters, with the options of
#: :func:`~emotion_recognition.models.networks.transfer.on_backbone`.
resnet50 = on_backbone(keras.applications.ResNet50, "resnet50", CAFFE)
