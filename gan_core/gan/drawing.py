"""Drawing labelled images from a trained generator, and the file that holds one."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import tensorflow as tf

from gan_core.compute.graphs import compile_graph
from gan_core.compute.weights import assign, values
from gan_core.config import STORED
from gan_core.files import Place, load_arrays, save_arrays
from gan_core.gan.generator_card import GeneratorCard
from gan_core.gan.networks import Generator
from gan_core.images.labelled_images import to_pixels

BLOCK = 250  # images the network draws at once, always: other shapes may round differently


def save_generator(path: Place, generator: Generator, card: GeneratorCard) -> None:
    """Write the weights and the card in one NPZ file, whole or not at all."""
    save_arrays(path, values(generator.variables) | {"card": np.array(card.model_dump_json())})


def load_generator(path: Place) -> tuple[Generator, GeneratorCard]:
    """Read what `save_generator` wrote; no training image is needed."""
    arrays = load_arrays(path)
    card = GeneratorCard.model_validate_json(str(arrays["card"]), context=STORED)
    generator = Generator(card.gan, shape=card.shape, classes=len(card.class_names), seed=0)
    assign(generator.variables, arrays)
    return generator, card


def plan_labels(counts: dict[int, int], seed: int) -> np.ndarray:
    """Each class as often as `counts` says, in an order drawn from the seed; uint8 [N]."""
    labels = np.repeat(np.fromiter(counts, np.uint8), list(counts.values()))
    return np.random.default_rng(seed).permutation(labels)


def draw(
    generator: Generator,
    labels: np.ndarray,
    seed: int,
    batch_size: int = BLOCK,
    *,
    std: float = 1.0,
    first_block: int = 0,
) -> Iterator[np.ndarray]:
    """Draw an image for each label [N]; yields uint8 [batch, height, width, C], the last batch the rest.

    `std` is the standard deviation of the latents, 1 in training; more of it gives bolder images.
    The latents of a block of images, never those of training, depend on the seed and the block's number alone, so
    that the bytes do not depend on the batch size, nor the first images on how many follow. With `first_block` the
    images are those that would come after so many blocks.
    """
    waiting = np.empty((0, *generator.shape), np.uint8)
    for block, start in enumerate(range(0, len(labels), BLOCK), start=first_block):
        drawn = _draw_block(generator, labels[start : start + BLOCK], seed, block, std)
        waiting = np.concatenate([waiting, drawn])
        while len(waiting) >= batch_size:
            yield waiting[:batch_size]
            waiting = waiting[batch_size:]
    if len(waiting):
        yield waiting


def draw_fixed(generator: Generator, columns: int, seed: int) -> np.ndarray:
    """The grid of columns x columns images whose latents never change, by class; uint8 [N, height, width, C]."""
    labels = np.arange(columns**2) * generator.classes // columns**2
    return np.concatenate(list(draw(generator, labels.astype(np.uint8), seed)))


def _draw_block(generator: Generator, labels: np.ndarray, seed: int, block: int, std: float) -> np.ndarray:
    padded = np.resize(labels, BLOCK) if len(labels) else np.zeros(BLOCK, np.uint8)
    latents = tf.random.stateless_normal([BLOCK, generator.latent_size], seed=[2 * seed + 1, block], stddev=std)
    images = _call(generator, latents, tf.one_hot(padded, generator.classes))
    return to_pixels(images.numpy()[: len(labels)])


@partial(compile_graph, reduce_retracing=True)
def _call(generator: Generator, latents: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
    return generator(latents, classes, training=False)
