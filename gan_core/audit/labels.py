"""Whether the labels of a set are those of its images."""

from collections.abc import Sequence

import numpy as np

from gan_core.audit.check import Check, Control, Verdict
from gan_core.audit.planted import shuffle_labels
from gan_core.errors import show_share
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.bootstrap import mean_interval
from gan_core.measures.measure import Figure
from gan_core.measures.tstr import LABEL_FIDELITY

LEAST = 0.5  # of the way from chance to the fidelity of real labels: below it, the labels fail
ENOUGH = 50  # images of a class, to judge its labels


def check_labels(
    generated: LabelledImages, answers: np.ndarray, unseen: LabelledImages, real_answers: np.ndarray, *, seed: int
) -> Check:
    """Whether a classifier that real images taught sees the classes that the labels say.

    `answers` uint8 [M] are its answers about the generated images, `real_answers` [N] those about real ones that it did
    not learn from. The labels fail where the upper end of their fidelity, or that of a class, is less than half of the
    way from chance to the fidelity of the real labels. Chance is what the same answers have with the labels of other
    images. Planted are shuffled labels; the honest control are the real images.
    """
    least = find_least(generated, answers, float(np.mean(real_answers == unseen.labels)))
    figures = measure_fidelity(generated, answers, "synthetic", seed)
    shuffled = measure_fidelity(shuffle_labels(generated, seed), answers, "shuffled labels", seed)
    real = measure_fidelity(unseen, real_answers, "fresh real images", seed)
    controls = (
        Control("shuffled labels", False, bool(find_wrong(shuffled, least)), shuffled[0]),
        Control("fresh real images", True, bool(find_wrong(real, least)), real[0]),
    )
    verdict, sentence = _judge(figures, find_wrong(figures, least), controls)
    good = (
        f"It passes where the upper end of the agreement, also in each class of {ENOUGH} images or more, is above "
        f"{show_share(least, 1)}: half of the way from chance to the agreement with the labels of real images."
    )
    return Check("labels", "Labels", "useful", verdict, sentence, tuple(figures), controls, good)


def find_least(generated: LabelledImages, answers: np.ndarray, real: float) -> float:
    """The fidelity below which labels fail: half of the way from that of other images' labels to that of real ones."""
    classes = len(generated.class_names)
    shares = [np.bincount(values, minlength=classes) / len(values) for values in (generated.labels, answers)]
    chance = float(shares[0] @ shares[1])
    return chance + LEAST * (real - chance)


def measure_fidelity(images: LabelledImages, answers: np.ndarray, of: str, seed: int) -> list[Figure]:
    """The share of labels that the answers [N] agree with, then that of each class that has images."""
    right = answers == images.labels
    groups = [("", right)] + [(name, right[images.labels == label]) for label, name in enumerate(images.class_names)]
    return [
        Figure(LABEL_FIDELITY, of, float(part.mean()), *mean_interval(part, seed), group=name, images=len(part))
        for name, part in groups
        if len(part)
    ]


def find_wrong(figures: Sequence[Figure], least: float) -> list[str]:
    """The classes of images whose labels fail, empty for all together."""
    return [figure.group for figure in figures if figure.high < least and (not figure.group or figure.images >= ENOUGH)]


def _judge(figures: Sequence[Figure], wrong: Sequence[str], controls: tuple[Control, Control]) -> tuple[Verdict, str]:
    shuffled, real = controls
    agreed = (
        f"the first real-taught classifier agrees with {figures[0].text} of {figures[0].images:,} labels, and with "
        f"{real.figure.text} of real ones"
    )
    if real.accused or not shuffled.accused:
        return "cannot tell", f"The classifier cannot tell shuffled labels from real ones: {agreed}."
    if wrong:
        which = ", ".join(filter(None, wrong)) or "all classes together"
        return "fails", f"The labels are not those of the images, of {which}: {agreed}."
    return "passes", f"No evidence of wrong labels; shuffled ones would have been noticed: {agreed}."
