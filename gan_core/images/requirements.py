"""What an experiment needs of its real images; all that a later step would refuse is refused before the first."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from gan_core.config import Experiment
from gan_core.errors import BadInput
from gan_core.images.shape import ImageShape

MOST_CLASSES = 256  # as labels are bytes
FAR_OFF = 1.5  # times as many as there are: counts may be those of before the validation images were cut
LEAST_IN_HALF = 2  # pictures of each class in either half of a private run's batch


def require_sound(experiment: Experiment, train: np.ndarray, class_names: Sequence[str]) -> None:
    """Raise BadInput unless the classes and the labels [N] of training images are what the experiment needs."""
    require_names(class_names)
    planned = experiment.dataset.plan(len(class_names))
    if experiment.gan.conditional:  # another generator is not asked for classes
        require_seen(planned, np.bincount(train, minlength=len(class_names)), class_names, "--dataset.counts")
    if experiment.private:
        require_private(experiment, len(train), len(class_names))


def require_private(experiment: Experiment, images: int, classes: int) -> None:
    """Raise BadInput for a batch in which some classes would hardly have a mean, and for unlikely class counts."""
    least, given = 2 * LEAST_IN_HALF * classes, experiment.privacy.class_images
    if experiment.gan.batch_size < least:
        raise BadInput(
            f"Expected a batch of {least} images or more in a private run, {2 * LEAST_IN_HALF} of each class, got "
            f"{experiment.gan.batch_size}; raise --gan.batch-size, or begin with --experiment private."
        )
    if given and (set(given) != set(map(str, range(classes))) or not all(given.values())):
        raise BadInput(
            f"Expected --privacy.class-images of each of the classes 0 to {classes - 1}, one or more, got "
            f"{', '.join(f'{number}={count}' for number, count in given.items())}; name all of them, or none."
        )
    if given and not images / FAR_OFF < sum(given.values()) < images * FAR_OFF:
        raise BadInput(
            f"Expected --privacy.class-images to add up to about the {images:,} images to learn from, got "
            f"{sum(given.values()):,} in all; correct them, or leave them out, and they are counted with noise."
        )


def require_comparison(experiment: Experiment) -> None:
    """Raise BadInput unless several classifiers can tell a gain of one generator over another from noise."""
    if len(experiment.classifier.seeds) < 2:
        raise BadInput("Expected two or more classifier seeds, to tell a gain from noise, got one; give more of them.")


def require_shift(shift: int, shape: ImageShape) -> None:
    """Raise BadInput for a shift by which images would leave their frame."""
    if shift >= min(shape.height, shape.width):
        raise BadInput(
            f"Expected a shift of less than the sides of images of {shape}, got {shift} pixels; lower --gan.shift."
        )


def require_names(class_names: Sequence[str]) -> None:
    """Raise BadInput unless these are names of two classes or more that differ, each one line that can be printed.

    Parquet and TFDS refuse equal names, the manifest's counts would lose one; TFDS keeps a name a line, without blanks
    at its ends. Names may differ in case or signs alone, as folders and columns go by number.
    """
    if not 2 <= len(class_names) <= MOST_CLASSES:
        remedy = (
            "write one name a line in classes.txt, and label images of two classes or more"
            if len(class_names) < 2
            else "leave some out, or check which folder, column or file has the classes"
        )
        raise BadInput(f"Expected the names of 2 to {MOST_CLASSES} classes, got {len(class_names)}; {remedy}.")
    counts = Counter(class_names)
    if unfit := [
        name for name in counts if counts[name] > 1 or not name.isprintable() or not name or name != name.strip()
    ]:
        raise BadInput(
            "Expected class names that differ, each one line of printable characters, got "
            f"{', '.join(map(repr, unfit))} among them; correct the names, in classes.txt or where they came from."
        )


def require_seen(
    planned: Mapping[int, int], seen: Sequence[int] | np.ndarray, names: Sequence[str], option: str
) -> None:
    """Raise BadInput for a class of which images are to be drawn though there was none to learn from.

    `planned` are the images to draw of each class, `seen` [K] those to learn from, `option` is where counts are given.
    """
    if never := [number for number, images in planned.items() if images and not seen[number]]:
        classes = ", ".join(f"{number} ({names[number]})" for number in never)
        raise BadInput(
            f"Expected training images of each class that is to be drawn, got none of {classes}; "
            f"add images, or say {option} {','.join(f'{number}=0' for number in never)}."
        )
