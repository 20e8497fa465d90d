"""``densenet121``: four blocks whose layers see the maps of all layers before them.

Huang et al. 2017, arXiv:1608.06993; the backbone is that of ``keras.applications``, with a new
head.
"""

import keras

from emotion_recognition.models.networks.pixels_for_backbone import TORCH
from emotion_recognition.models.networks.transfer import on_backbone

#: Builds the network; 8.1 million parameters, with the options of
#: :func:`~emotion_recognition.models.networks.transfer.on_backbone`.
densenet121 = on_backbone(keras.applications.DenseNet121, "densenet121", TORCH)
