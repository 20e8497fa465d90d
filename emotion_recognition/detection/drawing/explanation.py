"""Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391): where on a face the network saw its emotion.

Faces with emotions go in, a picture with a heat map on each comes out. Needs Keras with TensorFlow, whose gradients
it takes; nothing else of detection does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import keras
import numpy as np

from emotion_recognition.detection.face_emotion import FaceEmotion
from emotion_recognition.detection.seen_face import Sight
from emotion_recognition.emotions import class_order
from emotion_recognition.models.files import conventions_of, load_network
from emotion_recognition.models.model_options import ModelOptions
from emotion_recognition.models.network_input import NetworkInput, input_of
from emotion_recognition.models.postprocessing import Postprocessing
from emotion_recognition.pictures.crop import Framing, crop_square, crop_transform
from emotion_recognition.pictures.upright import turn_of

#: Takes a picture, BGR uint8 (height, width, 3), and faces; gives uint8 (N, size, size, 1 or 3), grey or RGB.
FaceCrops = Callable[[np.ndarray, Sequence[FaceEmotion]], np.ndarray]

#: Fewest positions along each side of the feature maps that are looked at: fewer make no map.
_LEAST_SIDE = 5

#: How strongly the hottest place covers the face, 0..1.
_STRENGTH = 0.6

_NO_OPTIONS = ModelOptions()


class Explanation:
    """Draws heat maps: the mean of those of several networks.

    Args:
        models: Model files that Keras reads.
        class_names: The emotions in label order.
        framing: That of the face detector.
        crops: Gives the very crops that are classified, see
            :meth:`~emotion_recognition.detection.emotion_detector.EmotionDetector.crops`.
        options: What the caller says of the models beside their cards, the same as for the classifier.

    Raises:
        ValueError: If a model has no feature maps, or Keras runs on another backend than TensorFlow.
    """

    def __init__(
        self,
        models: Sequence[Path],
        class_names: Sequence[str],
        framing: Framing,
        crops: FaceCrops,
        options: ModelOptions = _NO_OPTIONS,
    ) -> None:
        if keras.backend.backend() != "tensorflow":
            raise ValueError(f"explain needs Keras with TensorFlow. Received: {keras.backend.backend()}")
        options = replace(options, class_names=options.class_names or tuple(class_names))
        self._explained = [_open(path, class_names, options) for path in models]
        self._names = list(class_names)
        self._framing, self._crops = framing, crops

    def heat_maps(self, crops: np.ndarray, classes: Sequence[int]) -> np.ndarray:
        """Says which places speak for a class.

        Args:
            crops: uint8 array (N, size, size, 1 or 3), 0..255, grey or RGB, with N at least 1.
            classes: Index of the class of each crop.

        Returns:
            float32 array (N, size, size), 0..1, the hottest place of each map is 1; all 0 where nothing speaks for
            the class.
        """
        mean = np.mean([_heat(explained, crops, classes) for explained in self._explained], axis=0)
        size = crops.shape[1]
        maps = np.stack([cv2.resize(heat, (size, size), interpolation=cv2.INTER_CUBIC) for heat in mean])
        maps = np.maximum(maps, 0)
        return np.asarray(maps / np.maximum(maps.max(axis=(1, 2), keepdims=True), 1e-12), np.float32)

    def __call__(self, image: np.ndarray, sight: Sight) -> np.ndarray:
        """Draws the heat map of each face's emotion.

        Args:
            image: BGR uint8 array (height, width, 3), 0..255.
            sight: The faces.

        Returns:
            A copy of the picture with the heat maps.
        """
        drawn = image.copy()
        if not sight.faces:
            return drawn
        faces = [face.emotion for face in sight.faces]
        maps = self.heat_maps(self._crops(image, faces), [self._names.index(face.emotion) for face in faces])
        for face, heat in zip(faces, maps, strict=True):
            side = crop_square(face.box, self._framing)[2]
            _blend(drawn, heat, crop_transform(face.box, self._framing, side, turn_of(face.landmarks)), side)
        return drawn


@dataclass(frozen=True, eq=False)
class _Explained:
    """A network with its last feature maps and its outputs, what it takes, and how its outputs are read."""

    network: keras.Model
    network_input: NetworkInput
    postprocessing: Postprocessing


def _open(path: Path, class_names: Sequence[str], options: ModelOptions) -> _Explained:
    network = load_network(path)
    conventions = conventions_of(path, network, options)
    taken = replace(input_of(network), pixel_range=conventions.pixel_range, blue_first=conventions.colour == "BGR")
    order = class_order(class_names, "the choice of classes", conventions.class_names, f"The model {path}")
    return _Explained(_with_features(path, network), taken, Postprocessing(conventions.output, order=order))


def _with_features(path: Path, network: keras.Model) -> keras.Model:
    """The network with two outputs: its last feature maps (N, H, W, C) and its own output."""
    for layer in reversed(network.layers):
        shape: Sequence[int | None] = getattr(layer.output, "shape", ())
        if len(shape) == 4 and min(shape[1] or 0, shape[2] or 0) >= _LEAST_SIDE:
            return keras.Model(network.inputs, [layer.output, network.outputs[0]])
    raise ValueError(f"{path} has no feature maps that a heat map could show.")


def _heat(explained: _Explained, crops: np.ndarray, classes: Sequence[int]) -> np.ndarray:
    import tensorflow as tf

    post = explained.postprocessing
    outputs_of = [index if post.order is None else post.order[index] for index in classes]
    pixels = tf.constant(explained.network_input.prepare(crops))
    with tf.GradientTape() as tape:
        tape.watch(pixels)  # so that everything after it is recorded, whether its weights are frozen or not
        features, outputs = explained.network(pixels, training=False)
        if post.kind_of(outputs.numpy()) == "logits":
            outputs = tf.nn.softmax(outputs)
        chosen = tf.gather(outputs, outputs_of, axis=1, batch_dims=0)
        # The logarithm has a slope even where the network is sure; below float32's range it has none.
        score = tf.linalg.trace(tf.math.log(chosen + 1e-30))
    gradients = tape.gradient(score, features)
    weights = tf.reduce_mean(gradients, axis=(1, 2), keepdims=True)
    return np.asarray(tf.nn.relu(tf.reduce_sum(weights * features, axis=-1)), np.float32)


def _blend(image: np.ndarray, heat: np.ndarray, transform: np.ndarray, side: int) -> None:
    """Lays a heat map (size, size), 0..1, over the crop's place in the picture itself."""
    size = image.shape[1], image.shape[0]
    enlarged = cv2.resize(heat, (side, side), interpolation=cv2.INTER_LINEAR)
    placed = cv2.warpAffine(enlarged, transform, size, flags=cv2.INTER_LINEAR)
    colours = cv2.applyColorMap(np.rint(255 * placed).astype(np.uint8), cv2.COLORMAP_JET)
    share = (_STRENGTH * placed)[:, :, np.newaxis]
    image[:] = np.rint((1 - share) * image + share * colours).astype(np.uint8)
