"""The cut of the training images into those to learn from and those to choose by."""

import numpy as np

from gan_core.config import DataSettings
from gan_core.errors import BadInput
from gan_core.images import LabelledImages


def shares(labels: np.ndarray, count: int) -> np.ndarray:
    """How many of `count` images each class gives to keep its share, int64 [K]; the largest remainders round up."""
    products = count * np.bincount(labels).astype(np.int64)
    whole, remainders = np.divmod(products, len(labels))
    rounded_up = np.argsort(-remainders, kind="stable")[: count - whole.sum()]
    whole[rounded_up] += 1
    return whole


def draw(labels: np.ndarray, count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Indices of `count` images, each class with its share, and the indices of the others; both in random order."""
    order = random.permutation(len(labels))
    drawn = [order[labels[order] == label][:share] for label, share in enumerate(shares(labels, count))]
    is_drawn = np.isin(order, np.concatenate(drawn))
    return order[is_drawn], order[~is_drawn]


def split(real: LabelledImages, data: DataSettings, seed: int) -> tuple[LabelledImages, LabelledImages]:
    """Training and validation images, disjoint; the validation images do not depend on `data.train_images`."""
    left = len(real) - data.validation_images
    if left < 1:
        raise BadInput(
            f"Expected fewer validation images than the {len(real)} there are, got {data.validation_images}; "
            "lower data.validation_images."
        )
    if data.train_images is not None and data.train_images > left:
        raise BadInput(
            f"Expected at most the {left} training images left beside the validation images, "
            f"got {data.train_images}; lower data.train_images."
        )
    random = np.random.default_rng(seed)
    chosen_by, learnt_from = draw(real.labels, data.validation_images, random)
    if data.train_images is not None:
        kept, _ = draw(real.labels[learnt_from], data.train_images, random)
        learnt_from = learnt_from[kept]
    return real.take(learnt_from), real.take(chosen_by)
