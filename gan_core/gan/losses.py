"""The losses of the adversarial game, each on logits; lower is better for the player it is named after."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf


class Losses(NamedTuple):
    generator: tf.Tensor  # float32 scalar
    discriminator: tf.Tensor  # float32 scalar


def relativistic(real: tf.Tensor, fake: tf.Tensor) -> Losses:
    """Softplus of the difference within each pair of logits [N] (Jolicoeur-Martineau 2018, arXiv:1807.00734; R3GAN)."""
    return Losses(
        generator=tf.reduce_mean(tf.nn.softplus(real - fake)),
        discriminator=tf.reduce_mean(tf.nn.softplus(fake - real)),
    )


def cross_entropy(real: tf.Tensor, fake: tf.Tensor) -> Losses:
    """The non-saturating loss of logits [N] (Goodfellow et al. 2014, arXiv:1406.2661)."""
    return Losses(
        generator=tf.reduce_mean(tf.nn.softplus(-fake)),
        discriminator=(tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(fake))) / 2,
    )


ADVERSARIAL = {"relativistic": relativistic, "cross-entropy": cross_entropy}


def class_loss(logits: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
    """Mean cross-entropy of logits [N, K] against one-hot classes, or probabilities of classes, [N, K]."""
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(classes, logits))


def gradient_penalty(critic: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor) -> tf.Tensor:
    """Mean over images [N, height, width, C] of the squared norm of the gradient of the critic's realness [N] in them.

    R1 on real, R2 on generated images (Mescheder et al. 2018, arXiv:1801.04406, equation 9, without its gamma / 2).
    """
    with tf.GradientTape() as tape:
        tape.watch(images)
        realness = tf.reduce_sum(critic(images))
    gradient = tape.gradient(realness, images)
    return tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=[1, 2, 3]))
