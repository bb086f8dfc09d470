"""The features are Kymatio's maps, normalised; each picture's are its own, and a generator can learn by them."""

from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from gan_core.compute.graphs import compile_graph
from gan_core.images.labelled_images import to_signed
from gan_core.images.shape import ImageShape
from gan_core.privacy.scattering import count_features, features, read_features, scatter

SHAPES = [(28, 28, 1), (8, 8, 1), (30, 21, 3)]


def noise_images(count: int, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Smooth noise of full contrast."""
    random = np.random.default_rng(seed)
    noise = random.normal(size=(count, *shape)).cumsum(axis=1).cumsum(axis=2)
    low, high = noise.min(axis=(1, 2, 3), keepdims=True), noise.max(axis=(1, 2, 3), keepdims=True)
    return (255 * (noise - low) / (high - low)).astype(np.uint8)


@pytest.fixture(scope="module")
def kymatio() -> Iterator[ModuleType]:
    """Kymatio, which does not import without a function of scipy that is gone; nothing here needs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scipy.special, "sph_harm", None, raising=False)
        import kymatio.numpy

        yield kymatio.numpy


@pytest.mark.parametrize("side", [(28, 28), (8, 8), (30, 21), (64, 32)])
def test_the_maps_are_those_of_kymatio(side: tuple[int, int], kymatio: ModuleType) -> None:
    pictures = noise_images(3, (*side, 1))[..., 0].astype(np.float32) / 255
    theirs = kymatio.Scattering2D(J=2, shape=side, L=8)(pictures)
    ours = scatter(tf.constant(pictures)).numpy()
    assert ours.shape == theirs.shape == (3, 81, side[0] // 4, side[1] // 4)
    scales = np.abs(theirs).max(axis=(0, 2, 3), keepdims=True)
    assert np.abs((ours - theirs) / scales).max() < 1e-3


@pytest.mark.parametrize("shape", SHAPES)
def test_features_have_length_one_and_no_mean_in_a_group(shape: tuple[int, int, int]) -> None:
    read = read_features(noise_images(5, shape))
    assert read.shape == (5, count_features(ImageShape(*shape))) and read.dtype == np.float32
    assert np.allclose(np.linalg.norm(read, axis=1), 1, atol=1e-6)
    assert np.abs(read.reshape(5, 27 * shape[2], -1).mean(axis=2)).max() < 1e-6


def test_each_colour_is_read_alone() -> None:
    images = noise_images(2, (12, 16, 3))
    parts = read_features(images).reshape(2, 3, -1)
    for colour in range(3):
        alone, part = read_features(images[..., [colour]]), parts[:, colour]
        assert np.allclose(part / np.linalg.norm(part, axis=1, keepdims=True), alone, atol=1e-5)


@pytest.mark.parametrize("shade", [0, 255])
def test_a_picture_of_one_shade_has_features_no_longer_than_one_and_a_gradient(shade: int) -> None:
    flat = np.full((1, 8, 8, 1), shade, np.uint8)
    assert np.linalg.norm(read_features(flat)) == pytest.approx(1 if shade else 0, abs=1e-3)
    signed = tf.constant(to_signed(flat.astype(np.float32)))
    with tf.GradientTape() as tape:
        tape.watch(signed)
        total = tf.reduce_sum(features(signed)[:, ::3])
    assert np.isfinite(tape.gradient(total, signed)).all()


def test_features_do_not_depend_on_the_pictures_beside() -> None:
    images = noise_images(300, (28, 28, 1))
    read = read_features(images)
    for some in ([7], [150, 3], range(200, 290)):
        assert np.allclose(read_features(images[list(some)]), read[list(some)], atol=1e-8)
    assert read_features(images[:0]).shape == (0, 3969)


def test_gradients_are_what_small_changes_show() -> None:
    random = np.random.default_rng(0)
    signed = tf.constant(to_signed(noise_images(2, (12, 8, 3)).astype(np.float32)))
    weights = tf.constant(random.normal(size=(2, count_features(ImageShape(12, 8, 3)))), tf.float32)
    measure = compile_graph(lambda pictures: tf.reduce_sum(weights * features(pictures)))

    with tf.GradientTape() as tape:
        tape.watch(signed)
        value = measure(signed)
    gradient = tape.gradient(value, signed)
    direction = gradient / tf.norm(gradient)
    slope = (measure(signed + 1e-2 * direction) - measure(signed - 1e-2 * direction)) / 2e-2
    assert slope.numpy() == pytest.approx(tf.norm(gradient).numpy(), rel=0.02)
