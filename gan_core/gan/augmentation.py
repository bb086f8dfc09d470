"""What the discriminator sees of the images, so that it cannot learn a small set by heart."""

import tensorflow as tf


def shift_images(images: tf.Tensor, offsets: tf.Tensor) -> tf.Tensor:
    """Images float32 [N, side, side] in [-1, 1], each moved up and left by its own `offsets` int32 [N, 2] over black.

    Done to real and generated images alike, it does not teach the generator to move its own; gradients pass through
    (Zhao et al. 2020, arXiv:2006.10738).
    """
    places, side = tf.range(images.shape[1]), images.shape[1]
    rows, columns = (tf.one_hot(places + offsets[:, axis, tf.newaxis], side) for axis in (0, 1))
    return rows @ (images + 1) @ tf.linalg.matrix_transpose(columns) - 1
