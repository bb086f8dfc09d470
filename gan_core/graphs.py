"""Compiled functions, without the graph optimizers that give each process other bits."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def compiled(function: Callable[..., Any], **options: Any) -> Any:
    """`tf.function` without AutoGraph, which does not know Python 3.13, and without two optimizers of graphs.

    In TensorFlow 2.21 the remapper fails on gradients of leaky ReLUs, at another place in every process, and what the
    arithmetic optimizer rewrites adds its terms in an order that changes from call to call. Either way equal seeds end
    with different images. They gained no speed.
    """
    tf.config.optimizer.set_experimental_options({"remapping": False, "arithmetic_optimization": False})
    return tf.function(function, autograph=False, **options)
