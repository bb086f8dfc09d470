"""What was understood of real images, in one line, and what looks like a mistake in them."""

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np

from gan_core.errors import show_count
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.mapped import digests, walk

NARROW = 32  # of the 256 steps of grey: less is hardly a picture
FEW_LEARNED = 10  # training images of a class
FEW_TESTED = 150  # test images: below, two standard errors of an accuracy of a half are 8 points or more
REPEATED = 0.5  # of the training images that are different ones: fewer are hardly a set of their size
SHARED = 0.01  # of the test images; of Fashion-MNIST none is


def describe_images(train: LabelledImages, validation: LabelledImages, test: LabelledImages) -> str:
    """One line: the classes with their images, the range of the pixels, and how many images each set has."""
    counts = class_counts(train)
    classes = ", ".join(f"{name} {count:,}" for name, count in zip(train.class_names, counts, strict=True))
    low, high = pixel_range(train)
    return (
        f"{show_count(len(train), 'image')} to learn from, {len(validation):,} to choose by, {len(test):,} to judge "
        f"by, of {train.shape}, from {low} to {high}; "
        f"{len(counts)} classes to learn from: {classes}"
    )


def find_doubts(train: LabelledImages, validation: LabelledImages, test: LabelledImages) -> Iterator[str]:
    """A sentence for each thing that is probably not meant."""
    low, high = pixel_range(train)
    if low == high or all((part == train.images[0]).all() for part in walk(train.images)):
        yield "All training images are alike: nothing can be learned from them."
    elif high - low < NARROW:
        yield f"The pixels use no more than {low} to {high} of 0 to 255; were they scaled before they were saved?"
    elif (different := len(set(digests(train.images)))) < REPEATED * len(train):
        yield f"Only {different:,} of the {len(train):,} training images differ from each other; are they repeats?"
    yield from find_equal_names(train.class_names)
    counts = class_counts(train)
    if rare := np.flatnonzero((counts > 0) & (counts < FEW_LEARNED)).tolist():
        named = ", ".join(f"{train.class_names[number]} ({counts[number]})" for number in rare)
        yield f"There are fewer than {FEW_LEARNED} training images of {named}: expect hardly more than copies of them."
    for part, name in ((validation, "validation"), (test, "test")):
        if lacking := np.flatnonzero((class_counts(part) == 0) & (class_counts(train) > 0)).tolist():
            yield f"There are no {name} images of {_named(train, lacking)}; nothing is measured there."
    if 0 < len(test) < FEW_TESTED:
        count, points = show_count(len(test), "test image"), 100 / np.sqrt(len(test))
        yield f"On {count} an accuracy is off by up to {points:.0f} points by chance alone."
    if unseen := np.flatnonzero((class_counts(train) == 0) & (class_counts(test) > 0)).tolist():
        yield f"There are test images of {_named(train, unseen)}, but no training images."


def find_equal_names(class_names: Sequence[str]) -> Iterator[str]:
    """A sentence for classes that people would call the same: names that differ in case, blanks or encoding alone."""
    alike: dict[str, list[str]] = {}
    for name in class_names:
        alike.setdefault("".join(unicodedata.normalize("NFC", name).casefold().split()), []).append(name)
    for names in alike.values():
        if len(names) > 1:
            told = " and ".join(map(ascii, names))
            yield f"The names of the classes {told} differ in case, blanks or encoding alone; are they one class?"


def find_leak(train: LabelledImages, validation: LabelledImages, test: LabelledImages) -> Iterator[str]:
    """A sentence if test images are among those that are learned from or chosen by, without its end."""
    known = {digest for part in (train, validation) for digest in digests(part.images)}
    shared = sum(digest in known for digest in digests(test.images))
    if shared > SHARED * len(test):
        yield (
            f"Expected test images that are not among the training images, got {shared:,} of {len(test):,} that are, "
            "so that every accuracy would flatter"
        )


def class_counts(images: LabelledImages) -> np.ndarray:
    """Images of each class, int64 [K]."""
    return np.bincount(images.labels, minlength=len(images.class_names))


def pixel_range(images: LabelledImages) -> tuple[int, int]:
    """The darkest and the lightest pixel."""
    ends = np.array([(part.min(), part.max()) for part in walk(images.images)])
    return int(ends[:, 0].min()), int(ends[:, 1].max())


def _named(images: LabelledImages, classes: list[int]) -> str:
    return ", ".join(images.class_names[number] for number in classes)
