"""What an export is made of: splits, and the shards that they are drawn and written in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from gan_core.config import ExportSettings, plan
from gan_core.errors import BadInput
from gan_core.files import Place
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.requirements import require_seen
from gan_core.images.shape import ImageShape

if TYPE_CHECKING:
    from gan_core.gan.generator_card import GeneratorCard
    from gan_core.gan.networks import Generator

SplitName = Literal["train", "test"]

TEST_SEEDS = 1_000_001  # more than any seed of training images, so that the splits share no image


@dataclass(frozen=True)
class ExportSplit:
    """Training or test images: where they come from and how they are cut into shards."""

    name: SplitName
    images: int
    shard_images: int
    source: Place  # the generator that draws them, or an NPZ file of real images
    real: bool
    counts: tuple[tuple[int, int], ...] = ()  # images of each class
    seed: int = 0
    spread: float = 1.0

    @property
    def shards(self) -> int:
        return -(-self.images // self.shard_images)

    def stem(self, shard: int) -> str:
        """The name that every format gives a shard, as in train-00003-of-00006."""
        return f"{self.name}-{shard:05d}-of-{self.shards:05d}"

    def range(self, shard: int) -> range:
        """The numbers of the shard's images within the split."""
        return range(shard * self.shard_images, min((shard + 1) * self.shard_images, self.images))

    def load(self, shard: int) -> LabelledImages:
        """The images of one shard; the bytes depend on nothing but the split and the shard's number."""
        from gan_core.gan.drawing import BLOCK, draw

        numbers = self.range(shard)
        if self.real:
            return _real(self.source).take(np.array(numbers))
        generator, card = _generator(self.source)
        labels = _labels(self.counts, self.seed)[numbers.start : numbers.stop]
        drawn = draw(generator, labels, self.seed, std=self.spread, first_block=numbers.start // BLOCK)
        return LabelledImages(np.concatenate(list(drawn)), labels.copy(), card.class_names)


@dataclass(frozen=True)
class Export:
    """All that the formats must know of a dataset."""

    splits: tuple[ExportSplit, ...]
    class_names: tuple[str, ...]
    shape: ImageShape


def planned_counts(export: ExportSettings, card: GeneratorCard) -> dict[SplitName, dict[int, int]]:
    """Images of each class in the drawn splits, a test split if it has any; BadInput for what cannot be drawn."""
    classes = len(card.class_names)
    seen = card.class_images or (1,) * classes
    counts: dict[SplitName, dict[int, int]] = {"train": plan(export.per_class, export.counts, classes)}
    require_seen(counts["train"], seen, card.class_names, "--counts")
    if export.test_per_class and not export.real_test:
        never = {str(number): 0 for number in range(classes) if not seen[number]}
        counts["test"] = plan(export.test_per_class, never, classes)
    return counts


def planned(generator: Place, card: GeneratorCard, export: ExportSettings, real_test: Path | None) -> Export:
    """A training split, and a test split if it has any image; BadInput for counts that cannot be drawn."""
    seeds = {"train": export.seed, "test": export.seed + TEST_SEEDS}
    parts = [
        _drawn(name, counts, generator, export, seeds[name]) for name, counts in planned_counts(export, card).items()
    ]
    if real_test:
        real = _real(real_test)
        if real.shape != card.shape:
            raise BadInput(
                f"Expected real test images of {card.shape}, as the generator draws, got {real.shape}; "
                "leave out --real-test, or train again on the images that the source has now."
            )
        counts = np.bincount(real.labels, minlength=len(card.class_names)).tolist()
        parts.append(
            ExportSplit("test", len(real), export.shard_images, real_test, real=True, counts=tuple(enumerate(counts)))
        )
    return Export(tuple(parts), card.class_names, card.shape)


def _drawn(name: SplitName, counts: dict[int, int], generator: Place, export: ExportSettings, seed: int) -> ExportSplit:
    images = sum(counts.values())
    return ExportSplit(
        *(name, images, export.shard_images, generator),
        real=False,
        counts=tuple(counts.items()),
        seed=seed,
        spread=export.latent_std,
    )


@lru_cache(maxsize=2)
def _labels(counts: tuple[tuple[int, int], ...], seed: int) -> np.ndarray:
    from gan_core.gan.drawing import plan_labels

    return plan_labels(dict(counts), seed)


@lru_cache(maxsize=1)
def _generator(path: Place) -> tuple[Generator, GeneratorCard]:
    from gan_core.gan.drawing import load_generator

    return load_generator(path)


@lru_cache(maxsize=1)
def _real(path: Place) -> LabelledImages:
    return LabelledImages.load(path)
