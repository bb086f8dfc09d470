"""What the discriminator sees of the images, so that it cannot learn a small set by heart.

Done to real and generated images alike, it does not teach the generator to move, tint or cut its own; gradients pass
through (Zhao et al. 2020, arXiv:2006.10738).
"""

import tensorflow as tf

NUMBERS = 6  # random numbers from 0 to 1 for the view of an image


def shift_images(images: tf.Tensor, offsets: tf.Tensor) -> tf.Tensor:
    """Images [N, height, width, C] in [-1, 1], each moved up and left by its `offsets` int32 [N, 2] over black."""
    rows, columns = (
        tf.one_hot(tf.range(side) + offsets[:, axis, tf.newaxis], side)[:, tf.newaxis]
        for axis, side in enumerate(images.shape[1:3])
    )
    planes = tf.transpose(images + 1, [0, 3, 1, 2])
    return tf.transpose(rows @ planes @ tf.linalg.matrix_transpose(columns), [0, 2, 3, 1]) - 1


def flip_images(images: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """The images [N, height, width, C], left for right where the number [N] is below a half."""
    return tf.where(numbers[:, None, None, None] < 0.5, tf.reverse(images, axis=[2]), images)


def tint_images(images: tf.Tensor, numbers: tf.Tensor, strength: float) -> tf.Tensor:
    """The images [N, height, width, C] with another brightness, saturation and contrast by numbers [N, 3] from 0 to 1.

    With a strength of 1, brightness moves by up to a quarter of the range, and the others change by up to all of it
    and up to a half.
    """
    brightness, saturation, contrast = tf.split((2 * numbers - 1)[:, None, None] * strength, 3, axis=3)
    images += brightness / 2
    images = _spread(images, 1 + saturation, axes=[3]) if images.shape[3] > 1 else images
    return _spread(images, 1 + contrast / 2, axes=[1, 2, 3])


def cut_out(images: tf.Tensor, numbers: tf.Tensor, share: float) -> tf.Tensor:
    """The images [N, height, width, C] without a box of `share` of their sides, whose middle is at numbers [N, 2]."""
    outside = tf.zeros([1, 1, 1, 1], tf.bool)
    for axis, side in ((1, images.shape[1]), (2, images.shape[2])):
        shape = [1, 1, 1, 1]
        shape[axis] = side
        places = tf.reshape((tf.range(side, dtype=tf.float32) + 0.5) / side, shape)
        outside |= tf.abs(places - numbers[:, axis - 1, None, None, None]) > share / 2
    return tf.where(outside, images, 0.0)


def _spread(images: tf.Tensor, factor: tf.Tensor, axes: list[int]) -> tf.Tensor:
    """The images with their distances from their means along the axes multiplied."""
    return images * factor + tf.reduce_mean(images, axis=axes, keepdims=True) * (1 - factor)
