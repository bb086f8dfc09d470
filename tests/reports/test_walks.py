"""Laws of walks between latents: they begin and end where they should, and nothing but the seed shapes them."""

import numpy as np
import pytest

from gan_core.config import GanSettings
from gan_core.gan.drawing import draw
from gan_core.gan.networks import Generator
from gan_core.images.shape import ImageShape
from gan_core.reports.walks import MOST_ROWS, STEPS, draw_walks, interpolate, walk, walk_between, walk_within

SETTINGS = GanSettings(generator_width=8, latent_size=8, precision="float32")
SHAPE = ImageShape(12, 8, 1)


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(SETTINGS, shape=SHAPE, classes=3, seed=1)


@pytest.fixture(scope="module")
def unconditional() -> Generator:
    return Generator(SETTINGS.model_copy(update={"conditional": False}), shape=SHAPE, classes=3, seed=1)


def rows_of(images: np.ndarray) -> np.ndarray:
    return images.reshape(-1, STEPS, *SHAPE)


def test_an_arc_has_both_ends_and_keeps_the_length_of_equal_ends() -> None:
    start, end = np.random.default_rng(0).normal(size=(2, 64))
    end *= np.linalg.norm(start) / np.linalg.norm(end)
    arc = interpolate(start, end)

    assert np.allclose(arc[0], start) and np.allclose(arc[-1], end) and len(arc) == STEPS
    assert np.allclose(np.linalg.norm(arc, axis=1), np.linalg.norm(start))
    assert np.allclose(arc[::-1], interpolate(end, start))


def test_the_steps_of_an_arc_are_alike() -> None:
    start, end = np.eye(64)[:2]
    steps = np.linalg.norm(np.diff(interpolate(start, end), axis=0), axis=1)

    assert np.allclose(steps, steps[0])


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_latents_in_one_direction_have_a_straight_line_between_them(factor: float) -> None:
    start = np.random.default_rng(0).normal(size=8)

    assert np.allclose(interpolate(start, factor * start), np.linspace(start, factor * start, STEPS))


def test_a_walk_draws_what_the_network_makes_of_latents_and_classes(generator: Generator) -> None:
    latents, classes = np.random.default_rng(0).normal(size=(6, 8)), np.eye(3)[[0, 1, 2, 0, 1, 2]]
    images = walk(generator, latents, classes)

    assert images.dtype == np.uint8 and images.shape == (6, *SHAPE)
    assert np.array_equal(walk(generator, latents[::-1], classes[::-1]), images[::-1])


def test_walks_within_a_class_go_from_one_image_to_another(generator: Generator) -> None:
    rows = rows_of(walk_within(generator, seed=5))

    assert len(rows) == 3 and all(not np.array_equal(row[0], row[-1]) for row in rows)
    assert np.array_equal(rows, rows_of(walk_within(generator, seed=5)))
    assert not np.array_equal(rows, rows_of(walk_within(generator, seed=6)))


def test_a_walk_between_classes_ends_where_the_next_begins(generator: Generator) -> None:
    rows = rows_of(walk_between(generator, seed=5)).astype(int)

    assert all(
        np.abs(row[-1] - following[0]).max() <= 1 for row, following in zip(rows, np.roll(rows, -1, 0), strict=True)
    )
    assert all(not np.array_equal(row[0], row[-1]) for row in rows)


def test_a_picture_of_walks_has_a_half_for_each_kind(generator: Generator, unconditional: Generator) -> None:
    both, one = draw_walks(generator, ("a", "b", "c"), 5), draw_walks(unconditional, ("a", "b", "c"), 5)

    assert both.height == one.height and one.width < both.width < 2 * one.width + 100
    assert both.tobytes() == draw_walks(generator, ("a", "b", "c"), 5).tobytes()


def test_of_many_classes_the_first_are_walked_through() -> None:
    many = Generator(SETTINGS, shape=SHAPE, classes=30, seed=1)

    assert len(rows_of(walk_within(many, seed=0))) == len(rows_of(walk_between(many, seed=0))) == MOST_ROWS
    assert draw_walks(many, tuple(map(str, range(30))), 0).height < 30 * SHAPE.height * 2


def test_a_walk_changes_no_image_that_is_drawn(generator: Generator) -> None:
    labels = np.arange(20, dtype=np.uint8) % 3
    before = np.concatenate(list(draw(generator, labels, 7)))
    draw_walks(generator, ("a", "b", "c"), 5)

    assert np.array_equal(np.concatenate(list(draw(generator, labels, 7))), before)
