"""Convolutions, TensorFlow's own but for rounding, in forms that are fast on a CPU.

oneDNN finds the gradient in a kernel slowly where maps are small: the same sum, written as a convolution in which
channels and images change places, takes two thirds of the time. It makes 16 channels at once, so of four it makes those
of 2x2 pixels in half the time. GPUs, where that is not measured, keep TensorFlow's.
"""

from collections.abc import Callable

import tensorflow as tf

SMALL = 8  # pixels: the longer side of small maps
TOGETHER = 16  # channels
BORDER = [(0, 0), (1, 1), (1, 1), (0, 0)]  # around maps that keep their sides

Gradient = Callable[[tf.Tensor], tuple[tf.Tensor, ...]]


def convolve(maps: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | None = None) -> tf.Tensor:
    """The convolution of maps [N, height, width, C] with a kernel [3, 3, C, filters], over a border of zeros."""
    if bias is not None and _on_cpu() and _few(maps, kernel):
        return _convolve_to_few(maps, kernel, bias)
    convolved = _convolve(maps, kernel) if _on_cpu() and _small(maps) else tf.nn.conv2d(maps, kernel, 1, "SAME")
    return convolved if bias is None else tf.nn.bias_add(convolved, bias)


def convolve_up(maps: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """The transposed convolution of stride 2 with a kernel [4, 4, filters, C], to maps of twice the sides."""
    return _convolve_up(maps, kernel) if _on_cpu() and _small(maps) else _transposed(maps, kernel)


def space_to_depth(maps: tf.Tensor) -> tf.Tensor:
    """TensorFlow's, by blocks of 2x2 pixels, which with few channels is slow."""
    _, height, width, channels = maps.shape
    pairs = tf.transpose(tf.reshape(maps, [-1, 2, width // 2, 2 * channels]), [0, 2, 1, 3])
    return tf.reshape(pairs, [-1, height // 2, width // 2, 4 * channels])


def depth_to_space(maps: tf.Tensor) -> tf.Tensor:
    """The inverse of `space_to_depth`."""
    _, height, width, channels = maps.shape
    pairs = tf.transpose(tf.reshape(maps, [-1, width, 2, channels // 2]), [0, 2, 1, 3])
    return tf.reshape(pairs, [-1, 2 * height, 2 * width, channels // 4])


@tf.custom_gradient
def _convolve(maps: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
    def gradient(above: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return convolve(above, _turn(kernel)), _kernel_gradient(maps, above)

    return tf.nn.conv2d(maps, kernel, 1, "SAME"), gradient


@tf.custom_gradient
def _convolve_to_few(maps: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
    def gradient(above: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        of_kernel = _turn(_kernel_gradient(above, maps))
        return convolve(above, _turn(kernel)), of_kernel, tf.raw_ops.BiasAddGrad(out_backprop=above)

    places = [(row, column) for row in (0, 1) for column in (0, 1)]
    kernels = [tf.pad(kernel, [(row, 1 - row), (column, 1 - column), (0, 0), (0, 0)]) for row, column in places]
    blocks = tf.nn.bias_add(tf.nn.conv2d(maps, tf.concat(kernels, axis=3), 2, "SAME"), tf.tile(bias, [4]))
    return depth_to_space(blocks), gradient


@tf.custom_gradient
def _convolve_up(maps: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
    def gradient(above: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.nn.conv2d(above, kernel, 2, "SAME"), _kernel_gradient(above, maps, stride=2)

    return _transposed(maps, kernel), gradient


def _transposed(maps: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    count, height, width, _ = tf.unstack(tf.shape(maps))
    return tf.nn.conv2d_transpose(maps, kernel, [count, 2 * height, 2 * width, kernel.shape[2]], strides=2)


def _kernel_gradient(fine: tf.Tensor, coarse: tf.Tensor, stride: int = 1) -> tf.Tensor:
    """The gradient in a kernel that read maps [N, ..., C] and whose outputs have the gradient [N, ..., K]."""
    images, kernel = tf.transpose(fine, [3, 1, 2, 0]), tf.transpose(coarse, [1, 2, 0, 3])
    return tf.transpose(tf.nn.conv2d(images, kernel, 1, BORDER, dilations=stride), [1, 2, 0, 3])


def _turn(kernel: tf.Tensor) -> tf.Tensor:
    """The kernel of the way back: half a turn, and inputs for outputs."""
    return tf.transpose(tf.reverse(kernel, axis=[0, 1]), [0, 1, 3, 2])


def _on_cpu() -> bool:
    return not tf.config.list_physical_devices("GPU")


def _small(maps: tf.Tensor) -> bool:
    return max(maps.shape[1:3]) <= SMALL


def _few(maps: tf.Tensor, kernel: tf.Tensor) -> bool:
    return 4 * kernel.shape[3] <= TOGETHER and not any(side % 2 for side in maps.shape[1:3])
