"""The release is the classes' mean embedding and noise of a known size; the distance to it is unbiased."""

import numpy as np
import pytest
import tensorflow as tf

from gan_core.compute.graphs import compile_graph
from gan_core.privacy.ledger import Ledger
from gan_core.privacy.mean_embedding import MEANS, Embedding, Release, release, squared_distance, sum_classes
from gan_core.privacy.reader import Reader

EMBEDDING = Embedding(fourier=600, bandwidth=0.8, plain=0.3)
CLASSES = 3


def unit_vectors(count: int, seed: int, size: int = 12) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


FEATURES, LABELS = unit_vectors(700, 0), (np.arange(700) ** 2 % CLASSES).astype(np.uint8)  # none of class 2
EMBEDDED = EMBEDDING.embed(tf.constant(FEATURES)).numpy()


def read_release(sigma: float, **options: object) -> Release:
    read = Reader(Ledger(1e30, 1e-5, noise_seed=5), lambda ledger: None)
    released = release(FEATURES, LABELS, EMBEDDING, classes=CLASSES, sigma=sigma, read=read, **options)  # type: ignore[arg-type]
    assert read.ledger.count() == read.ledger.count(MEANS) == 1
    assert read.ledger.readings[0].sensitivity == 1
    return released


def test_embeddings_have_length_one_and_the_kernel_as_their_inner_product() -> None:
    assert np.allclose(np.linalg.norm(EMBEDDED, axis=1), 1, atol=1e-5)
    wide = Embedding(fourier=20_000, bandwidth=0.8, plain=0.3)
    few = FEATURES[:8]
    embedded = wide.embed(tf.constant(few)).numpy()
    products = few @ few.T
    kernel = 0.3 * products + 0.7 * np.exp(-(2 - 2 * products) / (2 * 0.8**2))
    assert np.allclose(embedded @ embedded.T, kernel, atol=0.03)


@pytest.mark.parametrize("counting", [0.0, 0.2])
def test_no_picture_moves_the_sums_by_more_than_one(counting: float) -> None:
    random, largest = np.random.default_rng(0), 0.0
    for scale in (1e-3, 1.0, 1.0, 50.0):  # features that break their promise too
        features = unit_vectors(30, 1) * np.float32(scale)
        whole = sum_classes(features, LABELS[:30], EMBEDDING, classes=CLASSES, counting=counting)
        for gone in random.permutation(30)[:10]:
            kept = np.arange(30) != gone
            rest = sum_classes(features[kept], LABELS[:30][kept], EMBEDDING, classes=CLASSES, counting=counting)
            assert np.count_nonzero(np.abs(whole - rest).max(axis=1) > 1e-9) == 1
            largest = max(largest, float(np.linalg.norm(whole - rest)))
    assert 0.999 < largest < 1 + 1e-6


@pytest.mark.parametrize("counts", [None, np.array([234.0, 466.0, 1.0])])
def test_without_noise_the_release_is_the_mean_of_each_class(counts: np.ndarray | None) -> None:
    released = read_release(1e-6, counts=counts)
    for label in (0, 1):
        assert np.allclose(released.means[label], EMBEDDED[label == LABELS].mean(axis=0), atol=1e-5)
    assert np.allclose(released.counts, [np.sum(LABELS == 0), np.sum(LABELS == 1), 1], atol=1e-3)
    assert np.abs(released.means[2]).max() < 1e-4


def test_the_noise_is_as_large_as_the_release_says() -> None:
    counts = np.array([234.0, 466.0, 100.0])
    noisy, exact = read_release(4.0, counts=counts), read_release(1e-9, counts=counts)
    errors = (noisy.means - exact.means).astype(np.float64)
    assert np.allclose(errors.std(axis=1), noisy.deviations, rtol=0.15)
    assert np.mean(np.sum(errors**2, axis=1)) == pytest.approx(noisy.noise, rel=0.1)
    counted = read_release(4.0, counting=0.5)
    assert np.allclose(counted.counts[:2], counts[:2], atol=30)
    errors = (counted.means - exact.means)[:2].astype(np.float64)
    assert np.allclose(errors.std(axis=1), counted.deviations[:2], rtol=0.15)


def test_a_release_survives_as_arrays() -> None:
    released = read_release(2.0)
    again = Release.from_arrays(released.to_arrays())
    assert all(np.array_equal(value, again.to_arrays()[name]) for name, value in released.to_arrays().items())


def test_the_distance_of_small_batches_is_that_of_many_pictures_on_average() -> None:
    means = tf.constant(EMBEDDED[:CLASSES])
    embedded, labels = tf.constant(EMBEDDED), np.arange(700) % CLASSES
    centres = np.stack([EMBEDDED[labels == label].mean(axis=0) for label in range(CLASSES)])
    true = np.mean(np.sum((centres - means) ** 2, axis=1))
    random, distances, measure = np.random.default_rng(0), list[float](), compile_graph(squared_distance)
    for _ in range(400):
        chosen = np.concatenate([random.choice(np.flatnonzero(labels == label), 4) for label in (0, 1, 2)])
        chosen = chosen.reshape(3, 2, 2).transpose(1, 0, 2).ravel()  # two of each class in either half
        distances.append(float(measure(tf.gather(embedded, chosen), tf.constant(labels[chosen]), means)))
    error = np.std(distances) / np.sqrt(len(distances))
    assert np.mean(distances) == pytest.approx(true, abs=4 * error)
    biased = np.mean([np.mean(np.var(EMBEDDED[labels == label], axis=0).sum()) / 4 for label in range(CLASSES)])
    assert biased > 8 * error  # which the variance of four pictures would have added


def test_a_class_that_a_half_lacks_does_not_count() -> None:
    embedded, means = tf.constant(EMBEDDED[:4]), tf.constant(EMBEDDED[4:7])
    both = squared_distance(embedded, tf.constant([0, 1, 0, 2]), means)
    one = np.sum((EMBEDDED[0] - EMBEDDED[4]) * (EMBEDDED[2] - EMBEDDED[4]))
    assert float(both) == pytest.approx(one, rel=1e-5)
    assert float(squared_distance(embedded, tf.constant([0, 0, 1, 1]), means)) == 0


def test_descending_the_distance_brings_pictures_to_the_release() -> None:
    released = read_release(1.0)
    labels = tf.constant(np.tile([0, 1], 20))
    moved = tf.Variable(unit_vectors(40, 9))
    before = float(squared_distance(EMBEDDING.embed(moved), labels, tf.constant(released.means[:2])))
    for _ in range(30):
        with tf.GradientTape() as tape:
            distance = squared_distance(EMBEDDING.embed(moved), labels, tf.constant(released.means[:2]))
        moved.assign_sub(4 * tape.gradient(distance, moved))
    assert float(distance) < before / 2
