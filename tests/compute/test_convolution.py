"""Laws of the convolutions: outputs are TensorFlow's to the bit, first and second derivatives but for rounding."""

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from gan_core.compute.convolution import convolve, convolve_up, depth_to_space, space_to_depth

Convolution = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
CASES = [
    ((7, 7, 5), 6),  # small maps
    ((4, 8, 3), 2),  # small maps, few filters
    ((7, 5, 4), 4),  # few filters, sides that no blocks of 2x2 fill
    ((10, 14, 6), 4),  # few filters
    ((10, 14, 4), 6),  # neither, but few on the way back
]


def random(*shape: int) -> tf.Tensor:
    return tf.random.stateless_normal(shape, [sum(shape), 1])


def plainly(maps: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    return tf.nn.conv2d(maps, kernel, 1, "SAME")


def plainly_up(maps: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    count, height, width, _ = maps.shape
    return tf.nn.conv2d_transpose(maps, kernel, [count, 2 * height, 2 * width, kernel.shape[2]], strides=2)


def derivatives(convolution: Convolution, maps: tf.Tensor, kernel: tf.Tensor) -> list[tf.Tensor]:
    """Those of the sum of squared outputs, and those of the squared norm of its gradient in the maps."""
    with tf.GradientTape(persistent=True) as outer:
        outer.watch([maps, kernel])
        with tf.GradientTape() as inner:
            inner.watch(maps)
            loss = tf.reduce_sum(convolution(maps, kernel) ** 2)
        norm = tf.reduce_sum(inner.gradient(loss, maps) ** 2)
    return [derivative for value in (loss, norm) for derivative in outer.gradient(value, [maps, kernel])]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(("shape", "filters"), CASES)
def test_outputs_are_those_of_tensorflow_to_the_bit(shape: tuple[int, ...], filters: int, precision: str) -> None:
    maps, kernel = tf.cast(random(3, *shape), precision), tf.cast(random(3, 3, shape[-1], filters), precision)
    assert np.array_equal(convolve(maps, kernel), plainly(maps, kernel))
    kernel = tf.cast(random(4, 4, filters, shape[-1]), precision)
    assert np.array_equal(convolve_up(maps, kernel), plainly_up(maps, kernel))


@pytest.mark.parametrize(("shape", "filters"), CASES)
def test_derivatives_are_those_of_tensorflow(shape: tuple[int, ...], filters: int) -> None:
    maps, kernel = random(3, *shape), random(3, 3, shape[-1], filters)
    for own, other in zip(derivatives(convolve, maps, kernel), derivatives(plainly, maps, kernel), strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())
    kernel = random(4, 4, filters, shape[-1])
    for own, other in zip(derivatives(convolve_up, maps, kernel), derivatives(plainly_up, maps, kernel), strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())


@pytest.mark.parametrize("channels", [1, 3, 8])
def test_blocks_of_pixels_become_channels_and_again_pixels(channels: int) -> None:
    maps = random(3, 6, 4, channels)
    blocks = space_to_depth(maps)
    assert np.array_equal(blocks, tf.nn.space_to_depth(maps, 2))
    assert np.array_equal(depth_to_space(blocks), maps)
