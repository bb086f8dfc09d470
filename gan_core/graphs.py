"""Compiled functions, without the graph optimizer that gives each process other bits."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def compiled(function: Callable[..., Any], **options: Any) -> Any:
    """`tf.function` without AutoGraph, which does not know Python 3.13, and without the remapper of graphs.

    In TensorFlow 2.21 the remapper fails on gradients of leaky ReLUs, at another place in every process; what it has
    fused until then rounds differently, so that equal seeds end with different images. It gained no speed.
    """
    tf.config.optimizer.set_experimental_options({"remapping": False})
    return tf.function(function, autograph=False, **options)
