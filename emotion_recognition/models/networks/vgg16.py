"""``vgg16``: thirteen 3×3 convolutions in five blocks.

Simonyan and Zisserman 2015, arXiv:1409.1556; the backbone is that of ``keras.applications``, with a new
head.
"""

import keras

from emotion_recognition.models.networks.pixels_for_backbone import CAFFE
from emotion_recognition.models.networks.transfer import on_backbone

#: Builds the network; 15.2 million parameters, with the options of
#: :func:`~emotion_recognition.models.networks.transfer.on_backbone`.
vgg16 = on_backbone(keras.applications.VGG16, "vgg16", CAFFE)
