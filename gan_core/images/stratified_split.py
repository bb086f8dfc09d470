"""The cut of the training images into those to learn from and those to choose by."""

import numpy as np

from gan_core.config import DataSettings
from gan_core.errors import BadInput
from gan_core.images.labelled_images import LabelledImages

TEST_SHARE, TEST_SEED = 6, 0  # one in so many


def spare_images(labels: np.ndarray) -> int:
    """How many images can be given away so that each class keeps one."""
    return int(np.maximum(np.bincount(labels) - 1, 0).sum())


def shares(labels: np.ndarray, count: int, *, singles: bool = False) -> np.ndarray:
    """How many of `count` images each class gives to keep its share, int64 [K]; the largest remainders round up.

    As far as that can be, a class with two images or more has some on either side, and a single image is given if
    `singles` are. Of at most the spare images no class gives its last.
    """
    held = np.bincount(labels).astype(np.int64)
    whole, remainders = np.divmod(count * held, len(labels))
    rounded_up = np.argsort(-remainders, kind="stable")[: count - whole.sum()]
    whole[rounded_up] += 1
    for label in np.flatnonzero((whole == 0) & (held >= (1 if singles else 2))):
        if whole.max() > 1:
            whole[whole.argmax()] -= 1
            whole[label] += 1
    for label in np.flatnonzero((whole == held) & (held >= (2 if singles else 1))):
        spare = np.where(np.arange(len(held)) == label, 0, held - whole)
        if spare.max() > 1:
            whole[spare.argmax()] += 1
            whole[label] -= 1
    return whole


def draw(
    labels: np.ndarray, count: int, random: np.random.Generator, *, singles: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of `count` images, each class with its share, and the indices of the others; both in random order."""
    order = random.permutation(len(labels))
    given = shares(labels, count, singles=singles)
    drawn = [order[labels[order] == label][:share] for label, share in enumerate(given)]
    is_drawn = np.isin(order, np.concatenate(drawn))
    return order[is_drawn], order[~is_drawn]


def validation_images(labels: np.ndarray, data: DataSettings) -> int:
    """How many images are to be chosen by: as many as the settings ask for, else a share that leaves each class one."""
    wanted = data.settled(len(labels)).validation_images or 0
    return wanted if data.validation_images else min(wanted, spare_images(labels))


def cut(labels: np.ndarray, data: DataSettings, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training and of the validation images, disjoint; the latter do not depend on `data.train_images`.

    Each class keeps a training image. Raises BadInput where there are too few images for what is asked for.
    """
    wanted, most = validation_images(labels, data), spare_images(labels)
    left = len(labels) - wanted
    if wanted > most:
        raise BadInput(
            f"Expected at most {most} validation images, so that each class keeps one of the {len(labels)} there are "
            f"to learn from, got {wanted}; lower data.validation_images."
        )
    if data.train_images is not None and data.train_images > left:
        raise BadInput(
            f"Expected at most the {left} training images left beside the validation images, "
            f"got {data.train_images}; lower data.train_images."
        )
    random = np.random.default_rng(seed)
    chosen_by, learnt_from = draw(labels, wanted, random)
    if data.train_images is not None:
        kept, _ = draw(labels[learnt_from], data.train_images, random, singles=True)
        learnt_from = learnt_from[kept]
    return learnt_from, chosen_by


def hold_out(labels: np.ndarray, has_test: bool) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the images to learn from and to choose by, and of those to judge by, where none came with them.

    The latter are a sixth of each class, and one at least of each class with two images or more, never the last of one.
    They are the same for all seeds of experiments: what one run has learned from must not judge another.

    Raises BadInput where no class has two images.
    """
    if has_test:
        return np.arange(len(labels)), np.zeros(0, np.int64)
    if not spare_images(labels):
        raise BadInput(
            f"Expected a class of two pictures or more, to hold one out for the test, got {len(labels)} of one picture "
            "each; add pictures, or a folder named test."
        )
    count = max(len(labels) // TEST_SHARE, int((np.bincount(labels) >= 2).sum()))
    held, kept = draw(labels, min(count, spare_images(labels)), np.random.default_rng(TEST_SEED))
    return np.sort(kept), np.sort(held)


def divide(
    labels: np.ndarray, given: np.ndarray | None, data: DataSettings, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training and the validation images; the latter are among those `given`, if some came as such.

    Raises BadInput where there are fewer than the settings ask for.
    """
    if given is None:
        return cut(labels, data, seed)
    for name, wanted, held in (
        ("validation_images", data.validation_images, len(given)),
        ("train_images", data.train_images, len(labels)),
    ):
        if wanted and wanted > held:
            raise BadInput(f"Expected at most the {held} {name} that there are, got {wanted}; lower data.{name}.")
    random = np.random.default_rng(seed)
    chosen_by, _ = draw(given, data.validation_images or len(given), random)
    learnt_from, _ = draw(labels, data.train_images or len(labels), random, singles=True)
    return learnt_from, chosen_by


def split_validation(real: LabelledImages, data: DataSettings, seed: int) -> tuple[LabelledImages, LabelledImages]:
    """The training and the validation images, as `cut` says."""
    learnt_from, chosen_by = cut(real.labels, data, seed)
    return real.take(learnt_from), real.take(chosen_by)
