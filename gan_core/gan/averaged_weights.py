"""The averaged weights (EMA) of the generator, which draw better images than those of the last step."""

from collections.abc import Sequence

import tensorflow as tf

from gan_core.compute.keras_settings import keras


def update_averages(
    averages: Sequence[keras.Variable], current: Sequence[keras.Variable], *, decay: float, step: tf.Tensor
) -> None:
    """Move the averages towards the current weights; the horizon grows with the steps played (float32, from 0).

    Exponential moving average with a warm-up, as in `tf.train.ExponentialMovingAverage` with its number of updates.
    """
    decay = tf.minimum(decay, (1 + step) / (10 + step))
    share = 1 - decay
    for average, weight in zip(averages, current, strict=True):
        average.assign(decay * average + share * weight)
