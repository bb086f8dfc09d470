"""Laws of the networks for pictures of any shape: they draw it, see all of it, and a game of them trains."""

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_core.compute.weights import values
from gan_core.config import GanSettings
from gan_core.gan.drawing import draw_fixed
from gan_core.gan.network_sizes import checkpoint_bytes, coarsest_maps, doublings, generator_bytes
from gan_core.gan.networks import Discriminator, Generator
from gan_core.gan.training_loop import Game
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape

CLASSES = 3
SETTINGS = GanSettings(
    epochs=2,
    epoch_images=16,
    batch_size=8,
    generator_width=4,
    discriminator_width=4,
    latent_size=4,
    penalty_interval=2,
    loss="cross-entropy",  # in pairs, the bias of realness cancels out
    shift=2,
)
FITTING = [ImageShape(*sides) for sides in ((28, 28, 1), (32, 32, 3), (16, 16, 3), (64, 48, 3), (128, 128, 3))]
PADDED = [ImageShape(*sides) for sides in ((8, 8, 1), (20, 30, 3), (33, 64, 1), (16, 128, 1), (17, 17, 3))]
SHAPES = pytest.mark.parametrize("shape", [*FITTING, *PADDED], ids=str)


def real_images(shape: ImageShape) -> LabelledImages:
    """Sixteen images of noise."""
    random = np.random.default_rng(0)
    pixels, labels = random.integers(0, 256, (16, *shape), np.uint8), np.arange(16, dtype=np.uint8) % CLASSES
    return LabelledImages(pixels, labels, ("one", "two", "three"))


def new_game(shape: ImageShape) -> Game:
    return Game(SETTINGS, images=16, shape=shape, classes=CLASSES, seed=0)


def operations(call: Any, *arguments: tf.Tensor) -> set[str]:
    """The kinds of operations in the graph of a call."""
    return {operation.type for operation in tf.function(call).get_concrete_function(*arguments).graph.get_operations()}


@SHAPES
def test_a_generator_draws_the_shape_and_every_pixel_depends_on_the_latents(shape: ImageShape) -> None:
    generator = Generator(SETTINGS, shape=shape, classes=CLASSES, seed=0)
    drawn = generator(tf.random.stateless_normal([32, 4], [1, 2]), tf.one_hot([0, 1] * 16, CLASSES), training=True)
    assert drawn.shape == (32, *shape) and drawn.dtype == tf.float32
    assert np.abs(drawn).max() <= 1 and np.ptp(drawn, axis=0).min() > 0
    grid = draw_fixed(generator, 3, seed=0)
    assert grid.shape == (9, *shape) and grid.dtype == np.uint8


@SHAPES
def test_a_discriminator_sees_every_pixel(shape: ImageShape) -> None:
    discriminator = Discriminator(SETTINGS, shape=shape, classes=CLASSES, seed=0)
    images = tf.random.stateless_uniform([32, *shape], [1, 2], -1, 1)
    with tf.GradientTape() as tape:
        tape.watch(images)
        realness, classes = discriminator(images, tf.one_hot([0, 1] * 16, CLASSES))
    assert realness.shape == (32,) and classes.shape == (32, CLASSES)
    assert np.abs(tape.gradient(realness, images)).max(axis=0).min() > 0


@SHAPES
def test_only_images_that_do_not_fit_are_padded(shape: ImageShape) -> None:
    own = [2 ** doublings(shape) * maps for maps in coarsest_maps(shape)]
    assert all(size >= side for size, side in zip(own, shape, strict=False))
    assert (own == list(shape[:2])) == (shape in FITTING)
    settings = SETTINGS.model_copy(update={"discriminator_width": 8})  # kernels for fewer are padded themselves
    discriminator = Discriminator(settings, shape=shape, classes=CLASSES, seed=0)
    images, classes = tf.zeros([2, *shape]), tf.zeros([2, CLASSES])
    assert ("Pad" in operations(discriminator, images, classes)) == (shape in PADDED)


@SHAPES
def test_the_coarsest_maps_grow_with_no_picture(shape: ImageShape) -> None:
    assert max(coarsest_maps(shape)) <= 8 and min(coarsest_maps(shape)) >= 4
    assert doublings(shape) == max(2, math.ceil(math.log2(max(shape[:2]) / 8)))


@pytest.mark.parametrize("shape", [FITTING[-1], PADDED[1], PADDED[2]], ids=str)
def test_a_step_moves_every_weight_and_a_game_killed_and_restored_ends_with_the_same_bits(shape: ImageShape) -> None:
    real, game = real_images(shape), new_game(shape)
    players: list[keras.Model] = [game.generator, game.averaged, game.discriminator]
    start, epochs = [player.get_weights() for player in players], game.play(real)
    next(epochs)
    middle = game.state()
    for before, player in zip(start, players, strict=True):
        assert not any(map(np.array_equal, before, player.get_weights()))
    next(epochs)
    end = game.state()
    again = new_game(shape) if shape == PADDED[1] else game  # to compile another takes seconds
    again.restore(middle)
    list(again.play(real))
    for name, value in again.state().items():
        assert np.array_equal(value, end[name]), name


@pytest.mark.parametrize(
    ("shape", "changed"),
    [
        (FITTING[0], {}),
        (PADDED[1], {"conditional": False}),
        (FITTING[4], {"generator_width": 72, "discriminator_width": 68}),
    ],
    ids=str,
)
def test_the_files_of_a_game_take_hardly_more_than_is_known_without_networks(
    shape: ImageShape, changed: dict[str, object]
) -> None:
    settings = SETTINGS.model_copy(update={"generator_width": 16, "discriminator_width": 16, **changed})
    game = Game(settings, images=16, shape=shape, classes=CLASSES, seed=0)
    generator = sum(array.nbytes for array in values(game.averaged.variables).values())
    checkpoint = sum(array.nbytes for array in game.state().values())
    assert 0.9 * generator < generator_bytes(settings, shape, CLASSES) < generator
    assert 0.9 * checkpoint < checkpoint_bytes(settings, shape, CLASSES) < checkpoint
