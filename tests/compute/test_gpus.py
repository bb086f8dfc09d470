"""Laws of GPUs that can be seen without one: TensorFlow's register of kernels says what it has for them."""

import pytest
import tensorflow as tf
from tensorflow.python.framework import kernels

from gan_core.config import GanSettings
from gan_core.gan.training_loop import Game
from gan_core.images.shape import ImageShape

ELSEWHERE = {"GPU", "DEFAULT"}  # the kinds of devices whose kernels run beside a GPU's

needs_cuda = pytest.mark.skipif(not tf.test.is_built_with_cuda(), reason="needs a TensorFlow that was built for GPUs")


def without_kernel(graph: tf.compat.v1.GraphDef) -> set[str]:
    """The operations of a graph and its functions that a GPU does not do with numbers of their types."""
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    return {node.op for node in nodes if not has_kernel(node)}


def has_kernel(node: tf.compat.v1.NodeDef) -> bool:
    registered = kernels.get_registered_kernels_for_op(node.op).kernel
    return any(
        all(node.attr[each.name].type in each.allowed_values.list.type for each in kernel.constraint)
        for kernel in registered
        if kernel.device_type in ELSEWHERE
    )


@needs_cuda
def test_what_a_gpu_cannot_do_is_found() -> None:
    decode = tf.function(tf.io.decode_png, input_signature=[tf.TensorSpec([], tf.string)])
    assert without_kernel(decode.get_concrete_function().graph.as_graph_def()) == {"DecodePng"}


@needs_cuda
def test_a_gpu_does_every_operation_of_a_round_in_bfloat16() -> None:
    settings = GanSettings(
        generator_width=8,
        discriminator_width=8,
        latent_size=8,
        precision="mixed_bfloat16",
        penalty_interval=1,
        shift=2,
        flip=True,
        tint=0.1,
        cutout=0.2,
    )
    shape, steps = ImageShape(20, 16, 3), [settings.penalty_interval, settings.batch_size]
    game = Game(settings, images=2_000, shape=shape, classes=10, seed=0)
    kinds = tf.TensorSpec([*steps, *shape], tf.uint8), tf.TensorSpec(steps, tf.int32), tf.TensorSpec([], tf.int32)
    play = game._play_round.get_concrete_function(*kinds)  # type: ignore[attr-defined]
    assert without_kernel(play.graph.as_graph_def()) == set()
