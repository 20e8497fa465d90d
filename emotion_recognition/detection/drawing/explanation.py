"""Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391): where on a face the network saw its emotion.

Faces with emotions go in, a picture with a heat map on each comes out. Needs Keras with TensorFlow, whose gradients
it takes; nothing else of detection does.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np

from emotion_recognition.detection.emotion_detector import EmotionDetector
from emotion_recognition.detection.seen_face import Sight
from emotion_recognition.models.files import load_network
from emotion_recognition.models.nested import output_in
from emotion_recognition.models.networks.centre_crop import centre_crop_of
from emotion_recognition.models.postprocessing import Postprocessing
from emotion_recognition.pictures.crop import crop_square, crop_transform
from emotion_recognition.pictures.upright import turn_of

#: Fewest positions along each side of the feature maps that are looked at: fewer make no map.
_LEAST_SIDE = 5

#: How strongly the hottest place covers the face, 0..1.
_STRENGTH = 0.6


class Explanation:
    """Draws heat maps: the mean of those of several networks.

    Args:
        models: The model files of the detector, which Keras reads.
        detector: Finds and classifies the faces: the maps are of the very crops that it classifies.

    Raises:
        ValueError: If a model has no feature maps, or Keras runs on another backend than TensorFlow.
    """

    def __init__(self, models: Sequence[Path], detector: EmotionDetector) -> None:
        if keras.backend.backend() != "tensorflow":
            raise ValueError(f"explain needs Keras with TensorFlow. Received: {keras.backend.backend()}")
        self._heat = [_Heat.of(path) for path in models]
        self._detector = detector

    def heat_maps(self, crops: np.ndarray, classes: Sequence[int]) -> np.ndarray:
        """Says which places speak for a class.

        Args:
            crops: uint8 array (N, size, size, 1 or 3), 0..255, grey or RGB, with N at least 1.
            classes: Index of the class of each crop, in the detector's order.

        Returns:
            float32 array (N, size, size), 0..1, the hottest place of each map is 1; all 0 where nothing speaks for
            the class.
        """
        classifier = self._detector.classifier
        seen = zip(self._heat, classifier.shown(crops), classifier.outputs_for(classes), strict=True)
        size = crops.shape[1]
        maps = np.mean([heat.placed(heat(pixels, outputs), size) for heat, pixels, outputs in seen], axis=0)
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
        names, framing = self._detector.classifier.class_names, self._detector.face_detector.framing
        maps = self.heat_maps(self._detector.crops(image, faces), [names.index(face.emotion) for face in faces])
        for face, heat in zip(faces, maps, strict=True):
            side = crop_square(face.box, framing)[2]
            _blend(drawn, heat, crop_transform(face.box, framing, side, turn_of(face.landmarks, face.direction)), side)
        return drawn


def _with_features(path: Path, network: keras.Model) -> keras.Model:
    """The network with two outputs: its last feature maps (N, H, W, C) and what it says of the classes (N, outputs)."""
    if isinstance(network, keras.Sequential):
        # Keras calls its layers more than once when it loads it, and layer.output may not lead to its output.
        tensors = network.inputs[:]
        for layer in network.layers:
            tensors.append(layer(tensors[-1]))
        said = tensors[-1]
    else:
        # A border of zeros is no place on the face.
        shown = (layer for layer in network.layers if not isinstance(layer, keras.layers.ZeroPadding2D))
        tensors, said = [output_in(network, layer) for layer in shown], network.outputs[0]
    for tensor in reversed(tensors):
        shape: Sequence[int | None] = getattr(tensor, "shape", ())
        if len(shape) == 4 and min(shape[1] or 0, shape[2] or 0) >= _LEAST_SIDE:
            return keras.Model(network.inputs, [tensor, said])
    raise ValueError(f"{path} has no feature maps that a heat map could show.")


class _Heat:
    """Where a network's feature maps speak for one of its outputs."""

    def __init__(self, network: keras.Model, visible: float = 1.0) -> None:
        """Takes a network with two outputs, and the share of a crop's side, in the middle, that its maps are of."""
        import tensorflow as tf

        self._network = network
        self._visible = visible
        self._is_logits: bool | None = None  # not known before the first faces

        # As a graph, from which TensorFlow takes out what nobody asked for: one by one, it would also compute the
        # gradients of all weights, and crashes with those of some small convolutions. It is made once, for any number
        # of faces.
        @tf.function(
            input_signature=(
                tf.TensorSpec((None, *network.input_shape[1:]), tf.float32),
                tf.TensorSpec((None,), tf.int32),
                tf.TensorSpec((), tf.bool),
            )
        )  # type: ignore[untyped-decorator]
        def gradients(pixels: Any, outputs: Any, is_logits: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                tape.watch(pixels)  # so that everything after it is recorded, whether its weights are frozen or not
                features, said = network(pixels, training=False)
                shares = tf.cond(is_logits, lambda: tf.nn.softmax(said), lambda: said)
                chosen = tf.gather(shares, outputs, axis=1, batch_dims=1)
                # The logarithm has a slope even where the network is sure; below float32's range it has none.
                score = tf.reduce_sum(tf.math.log(chosen + 1e-30))
            return features, tape.gradient(score, features)

        self._gradients = gradients.get_concrete_function()

    @classmethod
    def of(cls, path: Path) -> "_Heat":
        """That of a model file."""
        network = load_network(path)
        crop = centre_crop_of(network)
        return cls(_with_features(path, network), 1.0 if crop is None else crop[1] / crop[0])

    def placed(self, heat: np.ndarray, size: int) -> np.ndarray:
        """Maps (N, H, W) where they lie in crops: float32 (N, size, size), 0 where the network does not look."""
        side = max(1, round(size * self._visible))
        before = (size - side) // 2
        after = size - side - before
        maps = np.stack([cv2.resize(each, (side, side), interpolation=cv2.INTER_CUBIC) for each in heat])
        return np.pad(maps, ((0, 0), (before, after), (before, after)))

    def __call__(self, shown: np.ndarray, outputs: Sequence[int]) -> np.ndarray:
        """Heat, float32 (N, H, W), at least 0, of pixels as the network takes them, for one of its outputs each."""
        import tensorflow as tf

        pixels = tf.constant(shown)
        if self._is_logits is None:
            said = np.asarray(self._network(pixels, training=False)[1])
            self._is_logits = Postprocessing().kind_of(said) == "logits"
        features, gradients = self._gradients(pixels, tf.constant(outputs, tf.int32), tf.constant(self._is_logits))
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
