"""Batch normalization as one operation, for training on a CPU; all that training calls TensorFlow itself for.

Keras composes batch normalization of a dozen elementwise operations. On a CPU these take more time than the
convolutions between them: with the fused operation a training step of ``vggnet`` is nearly twice as
fast (``benchmarks/training_speed.py``). Weights, results and gradients are the same.
"""

from typing import Any

import keras

_CHANNELS_LAST = (3, -1)


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras's layer with the same weights, computed by ``FusedBatchNormV3`` where that is possible.

    That is for images (N, H, W, C) with the channels last, under the TensorFlow backend. Everywhere else it is its
    parent. It never goes into a model file: :func:`~emotion_recognition.models.precision.with_precision` puts it
    into the copy that is trained and takes it out of the copy that is saved.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Scale, offset and the moving statistics stay float32, also between layers that compute in bfloat16.
        self.autocast = False

    def call(
        self, inputs: keras.KerasTensor, training: bool | None = None, mask: keras.KerasTensor | None = None
    ) -> keras.KerasTensor:
        """(N, ..., C) -> the same shape, in the layer's compute dtype."""
        inputs = keras.ops.cast(inputs, self.compute_dtype)
        if not self._can_fuse(inputs, mask):
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        learns = bool(training) and self.trainable
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=[] if learns else tf.convert_to_tensor(self.moving_mean),
            variance=[] if learns else tf.convert_to_tensor(self.moving_variance),
            epsilon=self.epsilon,
            is_training=learns,
        )
        if learns:
            # The operation gives the unbiased variance for the moving one; Keras keeps the biased one.
            count = tf.cast(tf.reduce_prod(tf.shape(inputs)[:-1]), tf.float32)
            _move(self.moving_mean, mean, self.momentum)
            _move(self.moving_variance, variance * (count - 1) / count, self.momentum)
        return outputs

    def _can_fuse(self, inputs: keras.KerasTensor, mask: keras.KerasTensor | None) -> bool:
        return (
            keras.backend.backend() == "tensorflow"
            and mask is None
            and len(inputs.shape) == 4
            and self.axis in _CHANNELS_LAST
            and self.scale
            and self.center
            and not self.renorm
        )


def _move(variable: keras.Variable, value: keras.KerasTensor, momentum: float) -> None:
    variable.assign(variable * momentum + value * (1.0 - momentum))
