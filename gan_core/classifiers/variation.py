"""Images that are moved, turned and maybe mirrored each time that a classifier learns from them."""

import math
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

SHIFT = 2.0  # pixels at most, along either axis
ANGLE = math.radians(10)  # at most, to either side
NUMBERS = 4  # random numbers from 0 to 1 for the view of an image


@dataclass(frozen=True)
class Variation:
    """How the images of a teaching set change each time that they are shown."""

    flips: bool  # whether half of them are mirrored


def vary_images(images: tf.Tensor, numbers: tf.Tensor, variation: Variation) -> tf.Tensor:
    """Images float32 [N, height, width, C], each moved, turned and maybe mirrored by its numbers [N, 4] from 0 to 1.

    What comes in at an edge looks as the edge does.
    """
    height, width = images.shape[1:3]
    right, down, turn, side = tf.unstack(2 * numbers - 1, axis=1)
    if variation.flips:
        images = tf.where(side[:, None, None, None] < 0, tf.reverse(images, axis=[2]), images)
    cosine, sine = tf.cos(ANGLE * turn), tf.sin(ANGLE * turn)
    middle = (width - 1) / 2, (height - 1) / 2
    x, y = middle[0] + SHIFT * right, middle[1] + SHIFT * down  # where the middle goes
    nothing = tf.zeros_like(turn)
    rows = [cosine, -sine, middle[0] - cosine * x + sine * y, sine, cosine, middle[1] - sine * x - cosine * y]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([*rows, nothing, nothing], axis=1),
        output_shape=[height, width],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )


def draw_numbers(random: np.random.Generator, shape: tuple[int, ...], variation: Variation | None) -> np.ndarray:
    """Random numbers for the views of images [steps, batch], float32 [steps, batch, 4]; none where nothing varies."""
    return random.random((*shape, NUMBERS if variation else 0), np.float32)
