"""Faults that the audit plants itself, to see whether it would notice them, and honest sets, which must pass."""

from collections.abc import Callable, Mapping

import numpy as np

from gan_core.audit.nearest import SHIFT
from gan_core.images.labelled_images import LabelledImages, concatenate

NOISE, BRIGHTNESS = 8, 16  # the standard deviation of the noise of a copy, and how much brighter it may be, of 255


def copy_plain(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The images as they are."""
    return images


def copy_moved(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Each image moved by up to two pixels in each direction; its edge fills what comes in."""
    shifts = random.integers(0, 2 * SHIFT + 1, (len(images), 2))
    height, width = images.shape[1:3]
    wide = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="edge")
    moved = [
        each[down : down + height, right : right + width] for each, (down, right) in zip(wide, shifts, strict=True)
    ]
    return np.stack(moved)


def copy_mirrored(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Each image with left and right exchanged."""
    return images[:, :, ::-1]


def copy_noisy(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Each image a little brighter or darker, with a little noise."""
    brighter = random.uniform(-BRIGHTNESS, BRIGHTNESS, (len(images), 1, 1, 1))
    return (images + brighter + random.normal(0, NOISE, images.shape)).round().clip(0, 255).astype(np.uint8)


COPYING: Mapping[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "as they are": copy_plain,
    "moved": copy_moved,
    "mirrored": copy_mirrored,
    "with noise": copy_noisy,
}


def plant_copies(known: LabelledImages, count: int, kind: str, seed: int) -> LabelledImages:
    """So many of the training images, each once where there are enough, copied in one of the ways of `COPYING`."""
    random = np.random.default_rng(seed)
    chosen = known.take(np.resize(random.permutation(len(known)), count))
    return LabelledImages(COPYING[kind](chosen.images, random), chosen.labels, known.class_names)


def mix(generated: LabelledImages, planted: LabelledImages, share: float, seed: int) -> LabelledImages:
    """As many images as were generated, of which `share` are planted ones; fewer in all where these are too few."""
    kept, added = choose_mixture(len(generated), len(planted), share, seed)
    return concatenate([generated.take(kept), planted.take(added)])


def choose_mixture(generated: int, planted: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which images stay and which planted ones come to them, each once, int64."""
    total = min(generated, int(planted / share))
    count = round(share * total)
    return np.random.default_rng(seed).permutation(generated)[: total - count], np.arange(count)


def repeat_one(generated: LabelledImages) -> LabelledImages:
    """For each image the first one of its class: a generator that knows one image a class."""
    _, first, place = np.unique(generated.labels, return_index=True, return_inverse=True)
    return generated.take(first[place])


def leave_out_class(generated: LabelledImages, label: int) -> LabelledImages:
    """The images with others in the places of those of one class; none where all are of it."""
    others = np.flatnonzero(generated.labels != label)
    return generated.take(np.resize(others, len(generated)) if len(others) else others)


def shuffle_labels(generated: LabelledImages, seed: int) -> LabelledImages:
    """The images with each other's labels."""
    labels = np.random.default_rng(seed).permutation(generated.labels)
    return LabelledImages(generated.images, labels, generated.class_names)


def split_halves(images: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Places of one half of so many held-out images, to stand for a generated set, and of the other half, int64."""
    fresh, others = np.array_split(np.random.default_rng(seed).permutation(images), 2)
    return fresh, others
