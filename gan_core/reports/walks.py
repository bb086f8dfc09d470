"""Walks through a generator's latents: does it change smoothly, or does it jump from one learned image to the next?"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from PIL import Image

from gan_core.gan.networks import Generator
from gan_core.images.labelled_images import to_pixels
from gan_core.reports.pictures import grid, side_by_side

STEPS = 9  # images of a walk, both ends included
MOST_ROWS = 20  # classes that are walked through, the first ones
WITHIN, BETWEEN_CLASSES, ANYWHERE = "from one latent to another", "one latent, to the next class", "between two latents"


def walk(generator: Generator, latents: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Images uint8 [N, height, width, C] of latents float [N, L] and weights of the classes float [N, K]."""
    images = generator(tf.constant(latents, tf.float32), tf.constant(classes, tf.float32), training=False)
    return to_pixels(images.numpy())


def interpolate(start: np.ndarray, end: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Latents float [steps, L] on the arc from `start` to `end`, which keeps the length that the generator knows.

    White 2016, arXiv:1609.04468, section 2.1. Latents in one direction have a straight line between them.
    """
    shares = np.linspace(0, 1, steps)[:, np.newaxis]
    cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return (1 - shares) * start + shares * end
    return (np.sin((1 - shares) * angle) * start + np.sin(shares * angle) * end) / np.sin(angle)


def walk_within(generator: Generator, seed: int) -> np.ndarray:
    """A row of images for each class, between two latents of its own; uint8 [rows * STEPS, height, width, C]."""
    ends = np.random.default_rng(seed).normal(size=(_rows(generator), 2, generator.latent_size))
    latents = np.concatenate([interpolate(start, end) for start, end in ends])
    classes = np.eye(generator.classes)[: len(ends)]
    return walk(generator, latents, classes.repeat(STEPS, axis=0))


def walk_between(generator: Generator, seed: int) -> np.ndarray:
    """A row of images from each class to the next, all with one latent; uint8 [rows * STEPS, height, width, C]."""
    latent = np.random.default_rng(seed).normal(size=(1, generator.latent_size))
    starts = np.eye(generator.classes)[: _rows(generator)]
    shares = np.linspace(0, 1, STEPS)[:, np.newaxis]
    classes = np.concatenate([(1 - shares) * start + shares * np.roll(start, 1) for start in starts])
    return walk(generator, latent.repeat(len(classes), axis=0), classes)


def draw_walks(generator: Generator, class_names: Sequence[str], seed: int) -> Image.Image:
    """Both kinds of walks beside each other, one row a class; a generator that is not told classes has but one kind."""
    within = grid(walk_within(generator, seed), STEPS)
    rows = class_names[: _rows(generator)]
    if generator.embedding is None:
        return side_by_side({ANYWHERE: within}, [str(number + 1) for number in range(len(rows))], generator.shape)
    between = grid(walk_between(generator, seed), STEPS)
    return side_by_side({WITHIN: within, BETWEEN_CLASSES: between}, rows, generator.shape)


def _rows(generator: Generator) -> int:
    return min(generator.classes, MOST_ROWS)
