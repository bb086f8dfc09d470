"""Compiled functions and loops whose every bit is the same in each process.

That asks something of the functions too: where three gradients or more meet in one place, TensorFlow's `AddN` begins
with the one whose memory is free first, so that the sum rounds one way or another. Two are the same in either order.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import tensorflow as tf

P = ParamSpec("P")
R = TypeVar("R")


def repeat(count: int | tf.Tensor, step: Callable[..., Any], *state: Any) -> Any:
    """`state = step(number, *state)` for each number below `count`; returns the last state, a tuple.

    One at a time: by itself `tf.while_loop` lets a step read weights that the one before has not written yet.
    """

    def body(number: tf.Tensor, *state: Any) -> Any:
        return (number + 1, *step(number, *state))

    _, *last = tf.while_loop(lambda number, *_: number < count, body, [tf.constant(0), *state], parallel_iterations=1)
    return tuple(last)


def compile_graph(function: Callable[P, R], **options: Any) -> Callable[P, R]:
    """`tf.function` without AutoGraph, which does not know Python 3.13, and without two optimizers of graphs.

    In TensorFlow 2.21 the remapper fails on gradients of leaky ReLUs, at another place in every process, and what the
    arithmetic optimizer rewrites adds its terms in an order that changes from call to call. Either way equal seeds end
    with different images. They gained no speed. On a GPU operations that sum in any order do so unless they are told.
    """
    tf.config.optimizer.set_experimental_options({"remapping": False, "arithmetic_optimization": False})
    if tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()
    return cast(Callable[P, R], tf.function(function, autograph=False, **options))
