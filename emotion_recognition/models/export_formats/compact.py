"""A ``.keras`` file of a quarter of the size: kernels are rounded to multiples of a step; Keras computes in float32.

The copy is another model with other figures, by very little, and has a card of its own.
"""

import functools

from emotion_recognition.models.export_formats.float16 import write_rounded
from emotion_recognition.models.half_storage import in_steps

write_copy = functools.partial(write_rounded, rounded=in_steps, entry="rounded_to_steps")
