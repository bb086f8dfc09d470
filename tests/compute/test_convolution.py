"""Laws of the convolutions: outputs are TensorFlow's to the bit, first and second derivatives but for rounding."""

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from gan_core.compute.convolution import convolve, convolve_up, depth_to_space, space_to_depth

Convolution = Callable[..., tf.Tensor]
CASES = [
    ((7, 7, 5), 6),  # small maps
    ((4, 8, 3), 2),  # small maps, few filters
    ((7, 5, 4), 4),  # few filters, sides that no blocks of 2x2 fill
    ((10, 14, 6), 4),  # few filters
    ((10, 14, 4), 6),  # neither, but few on the way back
]


def random(*shape: int) -> tf.Tensor:
    return tf.random.stateless_normal(shape, [sum(shape), 1])


def plainly(maps: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | None = None) -> tf.Tensor:
    convolved = tf.nn.conv2d(maps, kernel, 1, "SAME")
    return convolved if bias is None else tf.nn.bias_add(convolved, bias)


def plainly_up(maps: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    count, height, width, _ = maps.shape
    return tf.nn.conv2d_transpose(maps, kernel, [count, 2 * height, 2 * width, kernel.shape[2]], strides=2)


def inputs(shape: tuple[int, ...], filters: int) -> list[tuple[Convolution, Convolution, tuple[tf.Tensor, ...]]]:
    """Each convolution, TensorFlow's, and what both take."""
    maps, kernel, bias = random(3, *shape), random(3, 3, shape[-1], filters), random(filters)
    up = convolve_up, plainly_up, (maps, random(4, 4, filters, shape[-1]))
    return [(convolve, plainly, (maps, kernel)), (convolve, plainly, (maps, kernel, bias)), up]


def derivatives(convolution: Convolution, *given: tf.Tensor) -> list[tf.Tensor]:
    """Those of the sum of squared outputs, and those of the squared norm of its gradient in the maps."""
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(given)
        with tf.GradientTape() as inner:
            inner.watch(given)
            loss = tf.reduce_sum(convolution(*given) ** 2)
        norm = tf.reduce_sum(inner.gradient(loss, given[0]) ** 2)
    return [derivative for value in (loss, norm) for derivative in outer.gradient(value, given)]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(("shape", "filters"), CASES)
def test_outputs_are_those_of_tensorflow_to_the_bit(shape: tuple[int, ...], filters: int, precision: str) -> None:
    for own, other, given in inputs(shape, filters):
        low = [tf.cast(tensor, precision) for tensor in given]
        assert np.array_equal(tf.function(own)(*low), tf.function(other)(*low))  # graphs fuse what makes the maps


@pytest.mark.parametrize(("shape", "filters"), CASES)
def test_derivatives_are_those_of_tensorflow(shape: tuple[int, ...], filters: int) -> None:
    for own, other, given in inputs(shape, filters):
        for found, expected in zip(derivatives(own, *given), derivatives(other, *given), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("channels", [1, 3, 8])
def test_blocks_of_pixels_become_channels_and_again_pixels(channels: int) -> None:
    maps = random(3, 6, 4, channels)
    blocks = space_to_depth(maps)
    assert np.array_equal(blocks, tf.nn.space_to_depth(maps, 2))
    assert np.array_equal(depth_to_space(blocks), maps)
