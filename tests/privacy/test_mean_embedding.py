"""The release is the classes' mean embedding and noise of a known size; the distance to it is unbiased."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

from gan_core.compute.graphs import compile_graph
from gan_core.images.labelled_images import LabelledImages, to_signed
from gan_core.privacy.ledger import Ledger
from gan_core.privacy.mean_embedding import MEANS, Embedding, Release, release, shrink, squared_distance, sum_classes
from gan_core.privacy.reader import Reader
from gan_core.privacy.scattering import features, read_features

EMBEDDING = Embedding(frequencies=75, projected=60)
CLASSES, COUNTS = 3, np.array([234.0, 466.0, 1.0])
PIXELS = (load_digits(return_X_y=True)[0][:700].reshape(-1, 8, 8, 1) * 15).astype(np.uint8)
REAL = LabelledImages(PIXELS, (np.arange(700) ** 2 % CLASSES).astype(np.uint8), ("a", "b", "c"))  # none of class c
FEATURES, PICTURES = read_features(PIXELS), tf.constant(to_signed(PIXELS.astype(np.float32)))
EMBEDDED = EMBEDDING.embed(tf.constant(FEATURES), PICTURES).numpy()


def unit_vectors(count: int, seed: int, size: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def read_release(sigma: float, **options: Any) -> Release:
    read = Reader(Ledger(1e30, 1e-5, noise_seed=5), lambda ledger: None)
    released = release(FEATURES, REAL, EMBEDDING, sigma=sigma, read=read, **options)
    assert read.ledger.count() == read.ledger.count(MEANS) == 1
    assert read.ledger.readings[0].sensitivity == 1
    return released


def test_embeddings_are_no_longer_than_one_and_have_the_kernel_as_their_inner_product() -> None:
    assert EMBEDDED.shape[1] == EMBEDDING.count(REAL.shape)
    assert np.linalg.norm(EMBEDDED, axis=1).max() < 1 + 1e-6
    wide = Embedding(frequencies=5_000, projected=3_000)
    features, pictures = FEATURES[:8], PICTURES[:8]
    embedded = wide.embed(tf.constant(features), pictures).numpy()
    small = shrink(pictures).numpy()
    expected = sum(
        share * vectors @ vectors.T
        + of_waves * np.mean([np.exp(-squared_distances(vectors) / (2 * width**2)) for width in bandwidths], axis=0)
        for vectors, share, of_waves, bandwidths in (
            (features, wide.features, wide.feature_waves, wide.bandwidths),
            (small, wide.small, wide.small_waves, wide.small_bandwidths),
        )
    )
    assert np.allclose(embedded @ embedded.T, expected, atol=0.05)


def squared_distances(vectors: np.ndarray) -> np.ndarray:
    return np.sum((vectors[:, None] - vectors[None]) ** 2, axis=2)


@pytest.mark.parametrize("channels", [1, 3])
def test_small_pictures_with_their_edges_are_no_longer_than_one_whatever_they_show(channels: int) -> None:
    corners = np.array([[[number >> bit & 1 for bit in range(4)]] for number in range(16)])  # of 2 x 2 pixels
    tiles = np.tile(corners.reshape(16, 2, 2, 1), (1, 4, 4, channels)).astype(np.float32)
    lengths = np.linalg.norm(shrink(tf.constant(2 * tiles - 1)).numpy(), axis=1)
    assert 0.98 < lengths.max() < 1 + 1e-5
    random = np.random.default_rng(0).integers(0, 2, (500, 8, 8, channels)).astype(np.float32)
    assert np.linalg.norm(shrink(tf.constant(2 * random - 1)).numpy(), axis=1).max() < 1 + 1e-5


def test_small_pictures_tell_a_smooth_one_from_a_rough_one_of_the_same_brightness() -> None:
    checked = np.indices((8, 8)).sum(axis=0) % 2
    pictures = np.stack([np.full((8, 8), 0.5), checked])[..., None].astype(np.float32)
    smooth, rough = shrink(tf.constant(2 * pictures - 1)).numpy()
    assert np.allclose(smooth[:16], rough[:16], atol=1e-6) and np.linalg.norm(rough - smooth) > 0.7


def test_the_centre_is_the_mean_of_all_features() -> None:
    found = EMBEDDING.find_centre(read_release(1e-6, counts=COUNTS), FEATURES.shape[1])
    seen = FEATURES[REAL.labels < 2].mean(axis=0) * 700 / 701  # the third class has a picture by its count
    assert np.allclose(found, seen, atol=1e-4)


@pytest.mark.parametrize("counting", [0.0, 0.2])
def test_no_picture_moves_the_sums_by_more_than_one(counting: float) -> None:
    random, largest = np.random.default_rng(0), 0.0
    few = REAL.take(np.arange(30))
    for scale in (1e-3, 1.0, 1.0, 50.0):  # features that break their promise too
        features = unit_vectors(30, 1, FEATURES.shape[1]) * np.float32(scale)
        whole = sum_classes(features, few, EMBEDDING, counting=counting)
        for gone in random.permutation(30)[:10]:
            kept = np.flatnonzero(np.arange(30) != gone)
            rest = sum_classes(features[kept], few.take(kept), EMBEDDING, counting=counting)
            assert np.count_nonzero(np.abs(whole - rest).max(axis=1) > 1e-9) == 1
            largest = max(largest, float(np.linalg.norm(whole - rest)))
    assert 0.9 < largest < 1 + 1e-6


@pytest.mark.parametrize("counts", [None, COUNTS])
def test_without_noise_the_release_is_the_mean_of_each_class(counts: np.ndarray | None) -> None:
    released = read_release(1e-6, counts=counts)
    for label in (0, 1):
        assert np.allclose(released.means[label], EMBEDDED[label == REAL.labels].mean(axis=0), atol=1e-5)
    assert np.allclose(released.counts, [np.sum(REAL.labels == 0), np.sum(REAL.labels == 1), 1], atol=1e-3)
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
    labels, means = tf.constant(np.tile([0, 1], 20)), tf.constant(released.means[:2])
    moved = tf.Variable(np.random.default_rng(9).uniform(-1, 1, (40, 8, 8, 1)).astype(np.float32))
    before = float(squared_distance(EMBEDDING.embed(features(moved), moved), labels, means))
    for _ in range(30):
        with tf.GradientTape() as tape:
            distance = squared_distance(EMBEDDING.embed(features(moved), moved), labels, means)
        moved.assign_sub(20 * tape.gradient(distance, moved))
    assert float(distance) < before / 2
