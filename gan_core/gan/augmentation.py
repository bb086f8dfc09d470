"""What the discriminator sees of the images, so that it cannot learn a small set by heart."""

import tensorflow as tf


def shift_images(images: tf.Tensor, offsets: tf.Tensor) -> tf.Tensor:
    """Images float32 [N, height, width, C] in [-1, 1], each moved up and left by its `offsets` int32 [N, 2] over black.

    Done to real and generated images alike, it does not teach the generator to move its own; gradients pass through
    (Zhao et al. 2020, arXiv:2006.10738).
    """
    rows, columns = (
        tf.one_hot(tf.range(side) + offsets[:, axis, tf.newaxis], side)[:, tf.newaxis]
        for axis, side in enumerate(images.shape[1:3])
    )
    planes = tf.transpose(images + 1, [0, 3, 1, 2])
    return tf.transpose(rows @ planes @ tf.linalg.matrix_transpose(columns), [0, 2, 3, 1]) - 1
