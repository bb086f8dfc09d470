"""The mean of each class among fixed features, released once: what a private generator may imitate for ever.

The idea is DP-MERF's (Harder, Adamczewski and Park 2021, arXiv:2002.11603): the distance of two mean embeddings is a
maximum mean discrepancy, and noise on one of them is all that privacy costs. Here scattering features stand beside
random Fourier features of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import tensorflow as tf

from gan_core.privacy.ledger import Reading
from gan_core.privacy.reader import Read, blocks, clip

MEANS = "sums of the classes' features"
FEWEST = 1.0  # pictures of a class, where noise counts less


@dataclass(frozen=True)
class Embedding:
    """Which vector, of length one, stands for a picture."""

    fourier: int = 8_192  # random Fourier features, an even number
    bandwidth: float = 0.5  # of their Gaussian kernel, where the features of all pictures have length one
    plain: float = 0.5  # the share of the squared length that the features themselves have
    seed: int = 0  # of the random frequencies, which are no secret

    def embed(self, features: tf.Tensor) -> tf.Tensor:
        """The embeddings float32 [N, D + fourier] of features [N, D]; gradients pass through.

        The features, and cosine and sine of random projections of them (Rahimi and Recht 2007): two embeddings have the
        inner product plain x.y + (1 - plain) exp(-|x - y|^2 / (2 bandwidth^2)), about.
        """
        phases = tf.matmul(features, _frequencies(self, features.shape[1]))
        scale = np.sqrt((1 - self.plain) / (self.fourier // 2))
        return tf.concat([np.sqrt(self.plain) * features, scale * tf.cos(phases), scale * tf.sin(phases)], axis=1)


@cache
def _frequencies(embedding: Embedding, features: int) -> tf.Tensor:
    """Frequencies float32 [D, fourier / 2], normal with a standard deviation of 1 / bandwidth."""
    random = np.random.default_rng(embedding.seed)
    frequencies = random.standard_normal((features, embedding.fourier // 2), np.float32) / embedding.bandwidth
    with tf.init_scope():
        return tf.constant(frequencies, tf.float32)


@dataclass(frozen=True)
class Release:
    """What was read of the classes, with noise; all that is computed from it is free."""

    means: np.ndarray  # float32 [K, D + fourier], of the embeddings
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
    labels: np.ndarray,
    embedding: Embedding,
    *,
    classes: int,
    sigma: float,
    read: Read,
    counts: np.ndarray | None = None,
    counting: float = 0.1,
) -> Release:
    """The mean embedding of each class of features float32 [N, D] with labels [N], by one reading.

    Where no `counts` are given, the reading counts the pictures too: `counting` is the share of each picture's squared
    length, which is one in all, that its one has among the numbers of its class.
    """
    counting = counting if counts is None else 0.0
    reading = Reading(MEANS, 1.0, sigma, images=len(features))
    summed = read(reading, partial(sum_classes, features, labels, embedding, classes=classes, counting=counting))
    shown = np.maximum(FEWEST, summed[:, -1] / np.sqrt(counting) if counts is None else counts)
    divisors = np.sqrt(1 - counting) * shown
    return Release((summed[:, :-1] / divisors[:, None]).astype(np.float32), shown, sigma / divisors)


def sum_classes(
    features: np.ndarray, labels: np.ndarray, embedding: Embedding, *, classes: int, counting: float
) -> np.ndarray:
    """The sum of each class's embeddings, with a number beside them that counts; float64 [K, D + fourier + 1].

    Each picture moves one row, by at most one.
    """
    total = np.zeros((classes, features.shape[1] + embedding.fourier + 1))
    for part in blocks(len(features), total.shape[1]):
        block = embedding.embed(tf.constant(features[part])).numpy()
        ones = np.full((len(block), 1), np.sqrt(counting))
        members = np.eye(classes)[labels[part]]
        total += members.T @ clip(np.concatenate([np.sqrt(1 - counting) * block, ones], axis=1), 1.0)
    return total


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
