"""Laws of the free rival: images move as far as said, are mirrored where it makes sense, and teach moved images."""

import numpy as np
import pytest
import tensorflow as tf
from conftest import striped_images

from gan_core.classifiers.classifier import answer, teach
from gan_core.classifiers.free_rival import choose_variation
from gan_core.classifiers.variation import Variation, draw_numbers, vary_images
from gan_core.config import ClassifierSettings
from gan_core.images.labelled_images import LabelledImages

IMAGES = np.random.default_rng(0).uniform(0, 255, (6, 12, 16, 3)).astype(np.float32)
MIRRORED, UPRIGHT = Variation(flips=True), Variation(flips=False)


def varied(numbers: list[float], variation: Variation = UPRIGHT, images: np.ndarray = IMAGES) -> np.ndarray:
    return vary_images(tf.constant(images), tf.constant([numbers] * len(images), tf.float32), variation).numpy()


def test_the_middle_of_the_numbers_changes_nothing() -> None:
    assert np.allclose(varied([0.5, 0.5, 0.5, 0.5]), IMAGES, atol=1e-2)
    assert np.allclose(varied([0.5, 0.5, 0.5, 1.0], MIRRORED), IMAGES, atol=1e-2)


def test_images_move_right_and_down_by_two_pixels_at_most() -> None:
    assert np.allclose(varied([1, 0.5, 0.5, 0])[:, :, 2:], IMAGES[:, :, :-2], atol=1e-2)
    assert np.allclose(varied([0.5, 0, 0.5, 0])[:, :-2], IMAGES[:, 2:], atol=1e-2)


def test_what_comes_in_looks_as_the_edge_does() -> None:
    moved = varied([1, 0.5, 0.5, 0])
    assert np.allclose(moved[:, :, 0], IMAGES[:, :, 0], atol=1e-2)
    assert np.allclose(varied([0.9, 0.2, 0.8, 0], images=np.full_like(IMAGES, 9)), 9, atol=1e-3)


def test_images_turn_about_their_middle_by_ten_degrees_at_most() -> None:
    lines = np.zeros((1, 41, 41, 1), np.float32)
    lines[:, 20] = 255
    for number, sign in ((1.0, 1), (0.0, -1)):
        turned = varied([0.5, 0.5, number, 0], images=lines)[0, :, :, 0]
        places = [np.average(np.arange(41), weights=turned[:, column]) for column in range(8, 33)]
        slope = np.polyfit(np.arange(25), places, 1)[0]
        assert abs(slope) == pytest.approx(np.tan(np.radians(10)), rel=0.05) and places[12] == pytest.approx(
            20, abs=0.1
        )
        assert np.sign(slope) == -sign


def test_half_of_the_images_are_mirrored_and_none_where_it_makes_no_sense() -> None:
    assert np.allclose(varied([0.5, 0.5, 0.5, 0.2], MIRRORED), IMAGES[:, :, ::-1], atol=1e-2)
    assert np.allclose(varied([0.5, 0.5, 0.5, 0.2], UPRIGHT), IMAGES, atol=1e-2)


def test_what_does_not_vary_needs_no_numbers() -> None:
    random = np.random.default_rng(0)
    assert draw_numbers(random, (8, 32), None).shape == (8, 32, 0)
    numbers = draw_numbers(random, (8, 32), UPRIGHT)
    assert numbers.shape == (8, 32, 4) and 0 <= numbers.min() < 0.1 and 0.9 < numbers.max() < 1


def shaded(images: LabelledImages, *, rising: np.ndarray) -> LabelledImages:
    """The same images, brighter from left to right or from right to left."""
    ramp = np.linspace(-60, 60, images.shape.width)[None, None, :, None]
    pixels = images.images + np.where(rising[:, None, None, None], ramp, -ramp)
    return LabelledImages(pixels.clip(0, 255).astype(np.uint8), images.labels, images.class_names)


SETTINGS = ClassifierSettings(name="logistic-regression", steps=80, batch_size=32)


def test_images_are_mirrored_where_a_classifier_knows_them_so_and_not_where_the_side_is_the_class() -> None:
    random = np.random.default_rng(0)
    flat = random.integers(100, 150, (600, 12, 12, 1), np.uint8)
    labels = random.integers(0, 2, 600).astype(np.uint8)
    plain = LabelledImages(flat, labels, ("one", "other"))
    sided = shaded(plain, rising=labels == 1)
    level = np.where((labels == 1)[:, None, None, None], flat // 2, flat).astype(np.uint8)
    shaded_by_level = LabelledImages(level, labels, ("dark", "light"))
    for images, expected in ((sided, False), (shaded_by_level, True)):
        taught = teach(SETTINGS.model_copy(update={"name": "mlp"}), images, seed=0)
        assert np.mean(answer(taught, images.images) == labels) > 0.95
        assert choose_variation(taught, images).flips is expected


def test_varied_images_teach_what_plain_ones_do_and_moved_ones_better() -> None:
    few, many = striped_images(60, seed=1), striped_images(500, seed=2)
    moved = np.roll(many.images, 2, axis=(1, 2))
    settings = SETTINGS.model_copy(update={"name": "mlp", "steps": 120})
    plain, varied_one = (teach(settings, few, 0, variation=each) for each in (None, UPRIGHT))
    again = teach(settings, few, 0, variation=UPRIGHT)
    known = [np.mean(answer(each, moved) == many.labels) for each in (plain, varied_one, again)]
    assert known[1] > known[0] and known[1] == known[2]
