"""The errand from downloaded files to the three sets of labelled images that all later steps read."""

import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from gan_core.config import DataSettings
from gan_core.errors import BadInput
from gan_core.files import sha256
from gan_core.idx import read_labels, read_pair
from gan_core.images import FASHION_MNIST_CLASSES, LabelledImages
from gan_core.split import split
from tasks.sources import CLASSES, FASHION_MNIST, FILES, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS

logger = logging.getLogger("synthetic_data.normalize")


@dataclass(frozen=True)
class Splits:
    """Three files of labelled images: to learn from, to choose by, to judge by."""

    train: Path
    validation: Path
    test: Path
    digest: str  # of everything that they were made from


@task(cache_policy=NO_CACHE, persist_result=False)
def normalize(raw: Path, folder: Path, data: DataSettings, seed: int) -> Splits:
    """Cut the files in `raw` into three NPZ files under `folder`, or find those made before."""
    class_names = read_class_names(raw)
    digest = identity(raw, class_names, data, seed)
    made = folder / digest
    splits = Splits(made / "train.npz", made / "validation.npz", made / "test.npz", digest)
    if all(path.is_file() for path in (splits.train, splits.validation, splits.test)):
        logger.info("Using the images in %s", made)
    else:
        save_splits(splits, *read_sets(raw, class_names), data, seed)
    return splits


def read_class_names(raw: Path) -> tuple[str, ...]:
    """The lines of classes.txt; without one the classes of Fashion-MNIST, or the numbers of another set's."""
    if (raw / CLASSES).is_file():
        lines = (raw / CLASSES).read_text("utf-8-sig").splitlines()
        return tuple(line.strip() for line in lines if line.strip())
    if sha256(raw / TRAIN_LABELS) == FASHION_MNIST[TRAIN_LABELS]:
        return FASHION_MNIST_CLASSES
    return tuple(f"class {number}" for number in range(1 + read_labels(raw / TRAIN_LABELS, 256).max(initial=0)))


def identity(raw: Path, class_names: tuple[str, ...], data: DataSettings, seed: int) -> str:
    """A SHA-256 that changes with each thing that the three sets depend on."""
    parts = [[sha256(raw / name) for name in FILES], class_names, data.model_dump(mode="json"), seed]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_sets(raw: Path, class_names: tuple[str, ...]) -> tuple[LabelledImages, LabelledImages]:
    """The training and the test images, which must have the same side."""
    train = read_pair(raw / TRAIN_IMAGES, raw / TRAIN_LABELS, class_names)
    test = read_pair(raw / TEST_IMAGES, raw / TEST_LABELS, class_names)
    if train.side != test.side:
        raise BadInput(
            f"Expected training and test images of one size in {raw}, got sides of {train.side} and {test.side} pixels."
        )
    return train, test


def save_splits(splits: Splits, real: LabelledImages, test: LabelledImages, data: DataSettings, seed: int) -> None:
    """Save each set under its path."""
    train, validation = split(real, data, seed)
    train.save(splits.train)
    validation.save(splits.validation)
    test.save(splits.test)
