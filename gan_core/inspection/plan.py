"""What a run would do with the pictures, in sentences."""

from collections.abc import Iterator

import numpy as np

from gan_core.config import Experiment, GanSettings
from gan_core.errors import show_count, show_share
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.plausibility import class_counts
from gan_core.inspection.forecast import steps_per_epoch


def describe_plan(experiment: Experiment, train: LabelledImages) -> Iterator[str]:
    """A sentence each on the training, the views of the images, rare classes, and what is drawn and taught."""
    gan, classifier = experiment.gan, experiment.classifier
    steps = steps_per_epoch(gan, len(train))
    seen = gan.epochs * steps * gan.batch_size / len(train)
    yield (
        f"A run would train the GAN for {show_count(gan.epochs, 'epoch')} of {show_count(steps, 'step')} with "
        f"{show_count(gan.batch_size, 'image')} of {train.shape}; it would see each training image {seen:,.1f} times."
    )
    yield f"The discriminator would see the images {describe_views(gan)}."
    yield describe_balance(gan, class_counts(train), train.class_names)
    drawn = sum(experiment.dataset.plan(len(train.class_names)).values())
    yield (
        f"It would draw {show_count(drawn, 'image')} and teach {classifier.name} classifiers from "
        f"{show_count(len(classifier.seeds), 'seed')}, {show_count(classifier.steps, 'step')} each"
        f"{f', and as many by each of {experiment.worth} real subsets' if experiment.worth else ''}."
    )


def describe_views(gan: GanSettings) -> str:
    """How the discriminator sees the images."""
    views = [
        f"moved by up to {show_count(gan.shift, 'pixel')}" if gan.shift else "",
        "mirrored half of the time" if gan.flip else "",
        f"tinted by {gan.tint:g}" if gan.tint else "",
        f"with a box of {show_share(gan.cutout)} of their sides cut out" if gan.cutout else "",
    ]
    return ", ".join(filter(None, views)) or "as they are, without augmentation"


def describe_balance(gan: GanSettings, counts: np.ndarray, names: tuple[str, ...]) -> str:
    """How often the rarest class is shown."""
    from gan_core.gan.training_loop import class_shares

    shares = class_shares(counts, gan.balance) if gan.conditional else None
    if shares is None:
        return "It would show the classes as they come."
    rarest = int(np.where(counts > 0, counts, counts.max() + 1).argmin())
    return (
        f"It would show rare classes more often: {names[rarest]}, with "
        f"{show_count(int(counts[rarest]), 'training image')}, would be "
        f"{show_share(shares[rarest], 1)} of what is shown in place of {show_share(counts[rarest] / counts.sum(), 1)}."
    )
