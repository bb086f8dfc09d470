"""A small export in every format, and what it must hold."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.config import ExportSettings, GanSettings
from gan_core.exports.export_plan import ExportPlan
from gan_core.files import AnyPlace, Place
from gan_core.formats import FORMATS
from gan_core.gan.drawing import GeneratorCard, draw, load_generator, plan_labels, save_generator
from gan_core.gan.networks import Generator
from gan_core.images.labelled_images import LabelledImages, with_channels
from gan_core.images.shape import ImageShape
from tasks.export.finish_export import finish_export
from tasks.export.plan_export import plan_export
from tasks.export.staging import staged
from tasks.export.write_shard import write_shard

SETTINGS = ExportSettings(per_class=60, counts={"6": 100}, test_per_class=7, shard_images=250, seed=3, latent_std=1.2)
OPTIONS = (  # of the command, for the same
    *("--per-class", "60", "--counts", "6=100", "--test-per-class", "7", "--shard-images", "250", "--seed", "3"),
    *("--latent-spread", "1.2"),
)
NAMES = ("T-shirt/top", "..", "Çà et là", "コート", "5", "Sandal", "a b", "x" * 300, "CON", "Ankle boot")
GREY, COLOUR = ImageShape(28, 28, 1), ImageShape(12, 20, 3)
RARE = 1e-4  # of the values that may be further apart in bfloat16, as sums in another order are rounded otherwise
rdflib_warns = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # of itself


def untrained_generator(
    path: Path, class_names: tuple[str, ...] = NAMES, *, conditional: bool = True, shape: ImageShape = GREY
) -> Path:
    """The file of an untrained generator of ten classes, with difficult names if no others are given."""
    gan = GanSettings(generator_width=8, latent_size=8, conditional=conditional)
    card = GeneratorCard(gan=gan, shape=shape, class_names=class_names, data_digest="d" * 64, seed=1)
    save_generator(path, Generator(gan, shape=shape, classes=len(class_names), seed=1), card)
    return path


def vivid_generator(path: Path, shape: ImageShape, **settings: Any) -> Path:
    """The file of a generator of ten classes with shaken weights, which draws many shades as trained ones do."""
    gan = GanSettings.model_validate({"generator_width": 8, "latent_size": 6, "embedding_size": 5} | settings)
    card = GeneratorCard(gan=gan, shape=shape, class_names=NAMES, data_digest="d" * 64, seed=1)
    generator = Generator(gan, shape=shape, classes=len(NAMES), seed=1)
    random = np.random.default_rng(1)
    for variable in generator.variables:
        weights = variable.numpy()
        shaken = 1.5 * weights * random.uniform(0.5, 1.5, weights.shape)
        variable.assign(shaken if weights.any() else random.normal(0, 0.3, weights.shape))
    save_generator(path, generator, card)
    return path


def further_apart(found: np.ndarray, expected: np.ndarray, levels: int = 1) -> float:
    """The share of the values of two sets of pictures that differ by more levels."""
    return float((np.abs(found.reshape(expected.shape).astype(int) - expected) > levels).mean())


def allowed(generator: Generator) -> float:
    """The share of its values that may be more than a level apart where others draw."""
    return RARE if generator.convolution.compute_dtype == "bfloat16" else 0


def formats_for(shape: ImageShape) -> tuple[str, ...]:
    """All that hold such pictures."""
    return tuple(name for name in FORMATS if name != "idx" or shape.channels == 1)


def exported(
    generator: Place,
    out: AnyPlace,
    *,
    backwards: bool = False,
    overwrite: bool = False,
    formats: tuple[str, ...] = tuple(FORMATS),
    settings: ExportSettings = SETTINGS,
) -> AnyPlace:
    """An export made shard by shard, without Prefect."""
    plan = plan_export.fn(generator, formats, settings)
    with staged(out, plan.identity, overwrite=overwrite) as staging:
        write_shards(plan, staging, backwards)
        finish_export.fn(plan, settings, staging=staging)
    return out


def write_shards(plan: ExportPlan, staging: Place, backwards: bool = False) -> None:
    numbered = [(split, shard) for split in plan.export.splits for shard in range(split.shards)]
    for split, shard in reversed(numbered) if backwards else numbered:
        write_shard.fn(split, shard, formats=plan.formats, staging=staging)


def drawn_in_one_go(generator: Path) -> dict[str, LabelledImages]:
    """What the splits must hold."""
    network, _ = load_generator(generator)
    counts, spread = dict.fromkeys(range(10), 60) | {6: 100}, SETTINGS.latent_std
    return {
        name: LabelledImages(np.concatenate(list(draw(network, labels, seed, std=spread))), labels, NAMES)
        for name, labels, seed in (
            ("train", plan_labels(counts, 3), 3),
            ("test", plan_labels(dict.fromkeys(range(10), 7), 1_000_004), 1_000_004),
        )
    }


def assert_holds(images: np.ndarray, labels: np.ndarray, split: LabelledImages) -> None:
    """Grey pictures may have an axis of channels or none."""
    assert np.array_equal(with_channels(images), split.images)
    assert np.array_equal(labels, split.labels)
