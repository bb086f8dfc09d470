"""Laws of drawing: images are a function of the seed and the labels, and of nothing else."""

import json
from pathlib import Path

import numpy as np
import pytest

from gan_core.config import DatasetSettings, GanSettings
from gan_core.errors import BadInput
from gan_core.files import load_arrays, save_arrays
from gan_core.gan.drawing import BLOCK, GeneratorCard, draw, draw_fixed, load_generator, plan_labels, save_generator
from gan_core.gan.generator_card import read_card
from gan_core.gan.networks import Generator
from gan_core.images.shape import ImageShape

SETTINGS = GanSettings(generator_width=8, latent_size=8)
LABELS = (np.arange(2 * BLOCK + 30) % 10).astype(np.uint8)


@pytest.fixture(scope="module")
def generator() -> Generator:
    return Generator(SETTINGS, shape=ImageShape(28, 28, 1), classes=10, seed=1)


def drawn(generator: Generator, labels: np.ndarray = LABELS, seed: int = 5, **batch: int) -> np.ndarray:
    return np.concatenate(list(draw(generator, labels, seed, **batch)))


@pytest.mark.parametrize("batch_size", [1, 7, BLOCK, BLOCK + 1, 10 * BLOCK])
def test_the_bytes_do_not_depend_on_the_batch_size(generator: Generator, batch_size: int) -> None:
    assert np.array_equal(drawn(generator, batch_size=batch_size), drawn(generator))


def test_no_batch_is_larger_than_asked(generator: Generator) -> None:
    assert {len(batch) for batch in draw(generator, LABELS, 5, 100)} == {100, len(LABELS) % 100}


def test_the_first_images_do_not_depend_on_how_many_follow(generator: Generator) -> None:
    assert np.array_equal(drawn(generator, LABELS[: BLOCK + 5]), drawn(generator)[: BLOCK + 5])


def test_images_can_be_drawn_from_any_block_on(generator: Generator) -> None:
    rest = np.concatenate(list(draw(generator, LABELS[BLOCK:], 5, first_block=1)))
    assert np.array_equal(rest, drawn(generator)[BLOCK:])


def test_another_seed_draws_other_images(generator: Generator) -> None:
    assert not np.array_equal(drawn(generator, LABELS[:20]), drawn(generator, LABELS[:20], seed=6))


def test_a_larger_spread_draws_other_images(generator: Generator) -> None:
    wide = np.concatenate(list(draw(generator, LABELS[:20], 5, std=1.5)))
    assert not np.array_equal(wide, drawn(generator, LABELS[:20]))


def test_another_label_draws_another_image(generator: Generator) -> None:
    zeros, ones = np.zeros(5, np.uint8), np.ones(5, np.uint8)
    assert not np.array_equal(drawn(generator, zeros), drawn(generator, ones))


def test_the_grid_is_the_same_each_time_and_shows_all_classes(generator: Generator) -> None:
    assert draw_fixed(generator, 9, seed=0).shape == (81, 28, 28, 1)
    assert np.array_equal(draw_fixed(generator, 9, seed=0), draw_fixed(generator, 9, seed=0))


def card_of(shape: ImageShape) -> GeneratorCard:
    return GeneratorCard(gan=SETTINGS, shape=shape, class_names=tuple("abcdefghij"), data_digest="d", seed=1)


@pytest.mark.parametrize("shape", [ImageShape(28, 28, 1), ImageShape(20, 30, 3)], ids=str)
def test_a_loaded_generator_draws_the_same_images(shape: ImageShape, tmp_path: Path) -> None:
    generator, card = Generator(SETTINGS, shape=shape, classes=10, seed=1), card_of(shape)
    save_generator(tmp_path / "generator.npz", generator, card)
    loaded, loaded_card = load_generator(tmp_path / "generator.npz")
    assert loaded_card == card and loaded_card.shape.colour == card.shape.colour
    assert np.array_equal(drawn(loaded, LABELS[:30]), drawn(generator, LABELS[:30]))


def test_a_generator_from_when_all_images_were_square_and_grey_draws_the_same_images(
    generator: Generator, tmp_path: Path
) -> None:
    path, card = tmp_path / "generator.npz", card_of(ImageShape(28, 28, 1))
    save_generator(path, generator, card)
    older = {name: value for name, value in json.loads(card.model_dump_json()).items() if name != "shape"}
    save_arrays(path, load_arrays(path) | {"card": np.array(json.dumps(older | {"side": 28}))})
    loaded, loaded_card = load_generator(path)
    assert loaded_card == read_card(path) == card
    assert np.array_equal(drawn(loaded, LABELS[:30]), drawn(generator, LABELS[:30]))


def test_the_plan_has_each_class_as_often_as_asked() -> None:
    plan = DatasetSettings(per_class=4, counts={"2": 0, "1": 9}).plan(classes=3)
    labels = plan_labels(plan, seed=0)
    assert np.bincount(labels, minlength=3).tolist() == [4, 9, 0]
    assert np.array_equal(labels, plan_labels(plan, seed=0))


@pytest.mark.parametrize("settings", [DatasetSettings(counts={"3": 1}), DatasetSettings(per_class=0)])
def test_a_plan_that_cannot_be_drawn_is_refused(settings: DatasetSettings) -> None:
    with pytest.raises(BadInput, match=r"^Expected .*\.$"):
        settings.plan(classes=3)
