"""The mean of each class among fixed features, released once: what a private generator may imitate for ever.

The idea is DP-MERF's (Harder, Adamczewski and Park 2021, arXiv:2002.11603): the distance of two mean embeddings is a
maximum mean discrepancy, and noise on one of them is all that privacy costs. Here scattering features stand beside
random Fourier features of them, and beside small pictures.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import tensorflow as tf

from gan_core.compute.graphs import compile_graph
from gan_core.images.labelled_images import LabelledImages, to_signed
from gan_core.images.shape import ImageShape
from gan_core.privacy.ledger import Reading
from gan_core.privacy.reader import Read, blocks, clip
from gan_core.privacy.scattering import count_features

MEANS = "sums of the classes' features"
FEWEST = 1.0  # pictures of a class, where noise counts less


@dataclass(frozen=True)
class Embedding:
    """Which vector, no longer than one, stands for a picture: its features, Fourier features of them, and its pixels.

    Two embeddings have the inner product features x.y + fourier k(x, y) + pixels p.q, about: k is the mean of Gaussian
    kernels exp(-|x - y|^2 / (2 bandwidth^2)), p and q are pictures of half the size (Rahimi and Recht 2007).
    """

    features: float = 0.4  # shares of the squared length, one in all
    fourier: float = 0.5
    pixels: float = 0.1  # features are normalised and do not tell how bright a picture is
    projected: int = 512  # numbers that the features are projected to before their Fourier features
    frequencies: int = 1_024  # of each bandwidth
    bandwidths: tuple[float, ...] = (0.7, 0.35)
    seed: int = 0  # of what is random here, which is no secret

    def count(self, shape: ImageShape) -> int:
        """How many numbers stand for a picture of this shape."""
        pixels = (shape.height // 2) * (shape.width // 2) * shape.channels
        return count_features(shape) + 2 * self.frequencies * len(self.bandwidths) + pixels

    def embed(self, features: tf.Tensor, pictures: tf.Tensor) -> tf.Tensor:
        """The embeddings float32 [N, count] of pictures float32 [N, height, width, C] in [-1, 1] with features [N, D].

        Gradients pass through.
        """
        phases = tf.matmul(tf.matmul(features, _projection(self, features.shape[1])), _frequencies(self))
        waves = tf.concat([tf.cos(phases), tf.sin(phases)], axis=1) / np.sqrt(phases.shape[1])
        small = tf.nn.avg_pool2d((pictures + 1) / 2, 2, 2, "VALID")
        pixels = tf.reshape(small, [-1, math.prod(small.shape[1:])]) / np.sqrt(math.prod(small.shape[1:]))
        parts = zip((self.features, self.fourier, self.pixels), (features, waves, pixels), strict=True)
        return tf.concat([np.sqrt(share).astype(np.float32) * part for share, part in parts], axis=1)

    def find_centre(self, released: "Release", features: int) -> np.ndarray:
        """The mean of the features [D] of all pictures, as far as the release tells it."""
        weights = released.counts / released.counts.sum()
        return weights @ released.means[:, :features].astype(np.float64) / np.sqrt(self.features)


@cache
def _projection(embedding: Embedding, features: int) -> tf.Tensor:
    """A random matrix float32 [D, projected] that keeps lengths, about (Johnson and Lindenstrauss 1984)."""
    random = np.random.default_rng([embedding.seed, 0])
    matrix = random.standard_normal((features, embedding.projected), np.float32) / np.sqrt(embedding.projected)
    with tf.init_scope():
        return tf.constant(matrix, tf.float32)


@cache
def _frequencies(embedding: Embedding) -> tf.Tensor:
    """Frequencies float32 [projected, F], normal with a standard deviation of 1 / bandwidth."""
    random = np.random.default_rng([embedding.seed, 1])
    shape = embedding.projected, embedding.frequencies
    drawn = [random.standard_normal(shape, np.float32) / bandwidth for bandwidth in embedding.bandwidths]
    with tf.init_scope():
        return tf.constant(np.concatenate(drawn, axis=1), tf.float32)


@dataclass(frozen=True)
class Release:
    """What was read of the classes, with noise; all that is computed from it is free."""

    means: np.ndarray  # float32 [K, E], of the embeddings
    counts: np.ndarray  # float64 [K], of the images, as given or read
    deviations: np.ndarray  # float64 [K], standard deviation of the noise in each number of a mean

    @property
    def noise(self) -> float:
        """What the noise adds to the squared distance of the true means, on average over the classes."""
        return float(self.means.shape[1] * np.mean(self.deviations**2))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The release as arrays that one file can hold."""
        return dict(vars(self))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Release":
        """What `to_arrays` made arrays of."""
        return cls(**arrays)


def release(
    features: np.ndarray,
    real: LabelledImages,
    embedding: Embedding,
    *,
    sigma: float,
    read: Read,
    counts: np.ndarray | None = None,
    counting: float = 0.02,
) -> Release:
    """The mean embedding of each class of images with features float32 [N, D], by one reading.

    The sum is computed before it is charged, which takes long and tells nobody anything. Where no `counts` are given,
    the reading counts the pictures too: `counting` is the share of each picture's squared length, which is one in all,
    that its one has among the numbers of its class.
    """
    counting = counting if counts is None else 0.0
    reading = Reading(MEANS, 1.0, sigma, images=len(features))
    total = sum_classes(features, real, embedding, counting=counting)
    summed = read(reading, lambda: total)
    shown = np.maximum(FEWEST, summed[:, -1] / np.sqrt(counting) if counts is None else counts)
    divisors = np.sqrt(1 - counting) * shown
    return Release((summed[:, :-1] / divisors[:, None]).astype(np.float32), shown, sigma / divisors)


def sum_classes(features: np.ndarray, real: LabelledImages, embedding: Embedding, *, counting: float) -> np.ndarray:
    """The sum of each class's embeddings, with a number beside them that counts; float64 [K, E + 1].

    Each picture moves one row, by at most one.
    """
    classes, length = len(real.class_names), embedding.count(real.shape) + 1
    total, embed = np.zeros((classes, length)), compile_graph(embedding.embed)
    for part in blocks(len(features), length):
        block = _embed_block(embed, features[part], real.images[part], rows=part.stop - part.start)
        ones = np.full((len(block), 1), np.sqrt(counting))
        members = np.eye(classes)[real.labels[part]]
        total += members.T @ clip(np.concatenate([np.sqrt(1 - counting) * block, ones], axis=1), 1.0)
    return total


def _embed_block(
    embed: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], features: np.ndarray, images: np.ndarray, *, rows: int
) -> np.ndarray:
    """The embeddings of some pictures, filled up to so many: other shapes would round otherwise."""
    lacking = rows - len(images)
    signed = to_signed(np.pad(images, [(0, lacking), (0, 0), (0, 0), (0, 0)]).astype(np.float32))
    return embed(tf.constant(np.pad(features, [(0, lacking), (0, 0)])), tf.constant(signed)).numpy()[: len(images)]


def squared_distance(embedded: tf.Tensor, labels: tf.Tensor, means: tf.Tensor) -> tf.Tensor:
    """The squared distance of the classes' mean embeddings to `means` [K, D'], averaged over the classes; a scalar.

    The embeddings [N, D'] are of generated pictures with labels [N]. Both halves of the batch have means of their own,
    (first - m)(second - m): the expectation is that of infinitely many pictures, without the variance of so few
    (as the unbiased one of Gretton et al. 2012, JMLR 13). Classes that a half lacks do not count.
    """
    half = tf.shape(embedded)[0] // 2
    first, first_has = _class_differences(embedded[:half], labels[:half], means)
    second, second_has = _class_differences(embedded[half:], labels[half:], means)
    both = first_has * second_has
    return tf.reduce_sum(both * tf.reduce_sum(first * second, axis=1)) / tf.maximum(tf.reduce_sum(both), 1.0)


def _class_differences(embedded: tf.Tensor, labels: tf.Tensor, means: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """How far the mean of each class is from where it should be [K, D'], and whether the class is there [K]."""
    members = tf.one_hot(labels, means.shape[0])
    counts = tf.reduce_sum(members, axis=0)
    averages = tf.matmul(members, embedded, transpose_a=True) / tf.maximum(counts, 1.0)[:, None]
    return averages - means, tf.minimum(counts, 1.0)
