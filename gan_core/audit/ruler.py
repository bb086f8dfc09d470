"""Whether the classifier in whose features diversity is measured, and whose answers are asked for, is any good."""

from collections.abc import Sequence

import numpy as np

from gan_core.audit.check import Check, Control, Verdict
from gan_core.errors import show_share
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.bootstrap import mean_interval
from gan_core.measures.measure import Figure, Measure

FLOOR = 0.9  # of real images that others must cover; as many of one kind cover 0.97
LEAST = 0.5  # of the way from chance to no mistake
RULER_ACCURACY = Measure(
    name="ruler_accuracy",
    title="Accuracy of the ruler",
    aspect="trusted",
    meaning="The share of held-out real images that the classifier recognises in whose features the others are "
    "measured.",
    direction="higher is better",
    chance="the share of the commonest class",
    source="gan_core.classifiers.classifier",
)
MEASURES = (RULER_ACCURACY,)


def check_ruler(unseen: LabelledImages, answers: np.ndarray, *, floor: Figure, seed: int) -> Check:
    """Whether a classifier knows the held-out real images, and takes fresh real ones for real.

    `answers` uint8 [N] are what it makes of them, `floor` is how far half of them cover the other half in its features.
    It fails where its accuracy is less than half of the way from the commonest class to 1, or where half of the
    held-out images cover less than `FLOOR` of the other half. Planted are the answers to other images.
    """
    accuracy = _measure(answers == unseen.labels, "held-out images", seed)
    least = find_least(unseen.labels)
    shuffled = _measure(
        np.random.default_rng(seed).permutation(answers) == unseen.labels, "answers to other images", seed
    )
    controls = (
        Control("answers to other images", False, shuffled.high < least, shuffled),
        Control("fresh real images", True, floor.value < FLOOR, floor),
    )
    verdict, sentence = _judge(accuracy, least, controls)
    good = (
        f"It passes where the accuracy is above {show_share(least, 1)}, half of the way from the share of the "
        f"commonest class to no mistake, and half of the held-out images cover {show_share(FLOOR)} or more of the "
        "others."
    )
    return Check("ruler", "The ruler", "trusted", verdict, sentence, (accuracy, floor), controls, good)


def find_least(labels: np.ndarray) -> float:
    """The accuracy below which a classifier is no ruler: half of the way from the share of the commonest class to 1."""
    commonest = np.bincount(labels).max() / len(labels)
    return float(commonest + LEAST * (1 - commonest))


def _measure(right: np.ndarray, of: str, seed: int) -> Figure:
    return Figure(RULER_ACCURACY, of, float(right.mean()), *mean_interval(right, seed), images=len(right))


def _judge(accuracy: Figure, least: float, controls: Sequence[Control]) -> tuple[Verdict, str]:
    shuffled, fresh = controls
    known = f"it recognises {accuracy.text} of {accuracy.images:,} real images that it did not learn from"
    if accuracy.high < least:
        return "fails", f"The classifier is no ruler: {known}, where {show_share(least)} are the least."
    if fresh.accused:
        return (
            "fails",
            f"The classifier takes real images for others: half of them cover {fresh.figure.text} of the rest.",
        )
    if not shuffled.accused or np.isnan(fresh.figure.value):
        return "cannot tell", f"There are too few real images to judge the classifier by: {known}."
    return "passes", f"The ruler is sound: {known}, and half of them cover {fresh.figure.text} of the others."
