"""Compiled functions that give the same bits in every process."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def compiled(function: Callable[..., Any], **options: Any) -> Any:
    """`tf.function` without the remapper, for all functions of this process.

    In TensorFlow 2.21 the remapper fails on gradients of leaky ReLUs, at another place in every process; what it has
    fused until then rounds differently, so that equal seeds end with different images. It gained no speed.
    """
    tf.config.optimizer.set_experimental_options({"remapping": False})
    return tf.function(function, **options)
