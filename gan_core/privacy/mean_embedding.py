"""The mean of each class among fixed features, released once: what a private generator may imitate for ever.

The idea is DP-MERF's (Harder, Adamczewski and Park 2021, arXiv:2002.11603): the distance of two mean embeddings is a
maximum mean discrepancy, and noise on one of them is all that privacy costs. Here scattering features stand beside
random Fourier features of them, small pictures, and random Fourier features of these.
"""

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
HAAR = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]], np.float32) / 4  # of 2 x 2 pixels
EDGES = np.float32(1.5)  # the weight of edges beside pixels: with 1.52 some vectors were longer than one
SOFTNESS = 1e-6  # makes a modulus smooth at zero


@dataclass(frozen=True)
class Embedding:
    """Which vector, no longer than one, stands for a picture: its features, it itself when small, and waves of both.

    The inner product of two embeddings is features x.y + feature_waves k(x, y) + small p.q + small_waves k'(p, q).
    Here x and y are features and p and q small pictures with their edges, which say how bright a picture is, and how
    rough. k and k' are means of Gaussian kernels exp(-|x - y|^2 / (2 bandwidth^2)) (Rahimi and Recht 2007).
    """

    features: float = 0.25  # shares of the squared length, one in all
    feature_waves: float = 0.35
    small: float = 0.1
    small_waves: float = 0.3
    projected: int = 512  # numbers that the features are projected to before their waves
    frequencies: int = 512  # of each bandwidth
    bandwidths: tuple[float, ...] = (1.0, 0.7)
    small_bandwidths: tuple[float, ...] = (0.25, 0.12)
    seed: int = 0  # of what is random here, which is no secret

    def count(self, shape: ImageShape) -> int:
        """How many numbers stand for a picture of this shape."""
        waves = 2 * self.frequencies * (len(self.bandwidths) + len(self.small_bandwidths))
        return count_features(shape) + count_small(shape) + waves

    def embed(self, features: tf.Tensor, pictures: tf.Tensor) -> tf.Tensor:
        """The embeddings float32 [N, count] of pictures float32 [N, height, width, C] in [-1, 1] with features [N, D].

        Gradients pass through.
        """
        small = shrink(pictures)
        projected = tf.matmul(features, _projection(self, features.shape[1]))
        parts = (
            (self.features, features),
            (self.feature_waves, _waves(projected, _frequencies(self, self.projected, self.bandwidths))),
            (self.small, small),
            (self.small_waves, _waves(small, _frequencies(self, small.shape[1], self.small_bandwidths))),
        )
        return tf.concat([np.float32(np.sqrt(share)) * part for share, part in parts], axis=1)

    def find_centre(self, released: "Release", features: int) -> np.ndarray:
        """The mean of the features [D] of all pictures, as far as the release tells it."""
        weights = released.counts / released.counts.sum()
        return weights @ released.means[:, :features].astype(np.float64) / np.sqrt(self.features)


def count_small(shape: ImageShape) -> int:
    """How many numbers `shrink` makes of a picture of this shape."""
    return (4 + len(HAAR) - 1) * (shape.height // 4) * (shape.width // 4) * shape.channels


def shrink(pictures: tf.Tensor) -> tf.Tensor:
    """Pictures float32 [N, height, width, C] in [-1, 1] at half the size, and their edges; [N, count_small].

    Edges are the moduli of the finest Haar wavelets, of each direction, pooled. No vector is longer than one, but for
    what smooths the moduli, and gradients pass through.
    """
    _, height, width, channels = pictures.shape
    rows, columns = height // 4, width // 4
    fitted = (pictures[:, : 4 * rows, : 4 * columns] + 1) / 2
    quarters = tf.reshape(tf.nn.space_to_depth(fitted, 2), [-1, 4 * rows * columns, 4, channels])
    small, details = tf.split(tf.einsum("npqc,kq->npkc", quarters, tf.constant(HAAR)), [1, len(HAAR) - 1], axis=2)
    moduli = tf.reshape(tf.sqrt(tf.square(details) + SOFTNESS), [-1, 2 * rows, 2 * columns, 3 * channels])
    edges = tf.reshape(tf.nn.avg_pool2d(moduli, 2, 2, "VALID"), [-1, 3 * rows * columns * channels])
    pixels = tf.reshape(small, [-1, 4 * rows * columns * channels])
    scales = np.sqrt([4 * rows * columns * channels, rows * columns * channels]).astype(np.float32)
    return tf.concat([pixels / scales[0], EDGES * edges / scales[1]], axis=1)


def _waves(vectors: tf.Tensor, frequencies: tf.Tensor) -> tf.Tensor:
    """Random Fourier features of vectors [N, D], of length one: cosine and sine along the frequencies [D, F]."""
    phases = tf.matmul(vectors, frequencies)
    return tf.concat([tf.cos(phases), tf.sin(phases)], axis=1) / np.float32(np.sqrt(phases.shape[1]))


@cache
def _projection(embedding: Embedding, features: int) -> tf.Tensor:
    """A random matrix float32 [D, projected] that keeps lengths, about (Johnson and Lindenstrauss 1984)."""
    random = np.random.default_rng([embedding.seed, 0])
    matrix = random.standard_normal((features, embedding.projected), np.float32) / np.sqrt(embedding.projected)
    with tf.init_scope():
        return tf.constant(matrix, tf.float32)


@cache
def _frequencies(embedding: Embedding, length: int, bandwidths: tuple[float, ...]) -> tf.Tensor:
    """Frequencies float32 [length, F], normal with a standard deviation of 1 / bandwidth, as many of each."""
    random = np.random.default_rng([embedding.seed, 1, length])
    shape = length, embedding.frequencies
    drawn = [random.standard_normal(shape, np.float32) / bandwidth for bandwidth in bandwidths]
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
