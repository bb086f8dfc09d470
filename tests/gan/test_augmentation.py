"""Laws of the views that the discriminator sees: what moves, what stays, and that gradients pass."""

import numpy as np
import pytest
import tensorflow as tf

from gan_core.gan.augmentation import cut_out, flip_images, shift_images, tint_images

SHAPES = [(6, 6, 1), (6, 9, 3)]


def noise(shape: tuple[int, ...], count: int = 4) -> tf.Tensor:
    return tf.random.stateless_uniform([count, *shape], [1, 2], -1, 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shifted_image_is_the_image_elsewhere_on_black(shape: tuple[int, ...]) -> None:
    images = noise(shape, 3)
    moved = shift_images(images, tf.constant([[0, 0], [1, 2], [-6, 0]])).numpy()
    assert np.allclose(moved[0], images[0], atol=1e-6)
    assert np.allclose(moved[1, :-1, :-2], images[1, 1:, 2:], atol=1e-6)
    assert np.all(moved[1, -1:] == -1) and np.all(moved[1, :, -2:] == -1) and np.all(moved[2] == -1)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_image_is_itself_or_its_mirror_image(shape: tuple[int, ...]) -> None:
    images = noise(shape)
    flipped = flip_images(images, tf.constant([0.0, 0.49, 0.5, 1.0])).numpy()
    assert np.array_equal(flipped[:2], images.numpy()[:2, :, ::-1]) and np.array_equal(flipped[2:], images[2:])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_middling_tint_changes_nothing_and_the_ends_change_what_they_are_named_after(shape: tuple[int, ...]) -> None:
    images = noise(shape)
    assert np.allclose(tint_images(images, tf.fill([4, 3], 0.5), 1.0), images, atol=1e-6)
    assert np.allclose(tint_images(images, tf.random.stateless_uniform([4, 3], [3, 4]), 0.0), images, atol=1e-6)
    brighter = tint_images(images, tf.constant([[1.0, 0.5, 0.5]] * 4), 1.0)
    assert np.allclose(brighter, images + 0.5, atol=1e-6)
    grey = tint_images(images, tf.constant([[0.5, 0.0, 0.5]] * 4), 1.0).numpy()
    assert np.allclose(np.ptp(grey, axis=3), 0, atol=1e-6)
    flat = tint_images(images, tf.constant([[0.5, 0.5, 0.0]] * 4), 1.0)
    assert np.allclose(np.std(flat, axis=(1, 2, 3)), np.std(images, axis=(1, 2, 3)) / 2, rtol=1e-4)


@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 16, 3)])
def test_a_box_of_the_share_is_cut_out_and_the_rest_stays(shape: tuple[int, ...]) -> None:
    images = noise(shape, 2)
    cut = cut_out(images, tf.constant([[0.5, 0.5], [0.0, 0.0]]), 0.5).numpy()
    gone = np.all(cut == 0, axis=3)
    assert gone.mean(axis=(1, 2)).tolist() == [1 / 4, 1 / 16]
    assert np.array_equal(cut[~gone], images.numpy()[~gone])


def test_gradients_pass_through_every_view() -> None:
    images, numbers = tf.Variable(noise((6, 9, 3))), tf.random.stateless_uniform([4, 3], [3, 4])
    with tf.GradientTape() as tape:
        seen = shift_images(images, tf.ones([4, 2], tf.int32))
        seen = cut_out(tint_images(flip_images(seen, numbers[:, 0]), numbers, 1.0), numbers[:, 1:], 0.2)
        total = tf.reduce_sum(seen**2)
    assert np.mean(tape.gradient(total, images).numpy() != 0) > 0.5
