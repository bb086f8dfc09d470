"""Whether a set shows the variety of the real images, and whether one that does not would be noticed."""

from collections.abc import Iterator, Sequence

import numpy as np

from gan_core.audit.check import ACCUSED_ALREADY, Check, Control, Verdict
from gan_core.audit.planted import leave_out_class, repeat_one, split_halves
from gan_core.errors import show_names, show_share
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.diversity import (
    COLLAPSED_COVERAGE,
    COLLAPSED_EVENNESS,
    COLLAPSED_REPEATED,
    EVENNESS,
    NEIGHBOURS,
    REPEATED,
    SAMPLE_COVERAGE,
    WORST_CLASS,
    Diversity,
)
from gan_core.measures.diversity_in_training import SAMPLE, Probe
from gan_core.measures.measure import Figure


def check_collapse(generated: LabelledImages, probe: Probe, *, covered: Figure, seed: int) -> Check:
    """Whether the generated images have collapsed onto a part of what the probe's real images show.

    `covered` is the coverage of the whole set, which is told; a sample is judged, as after each epoch of a training.
    The thresholds are those of `Diversity.collapse`. Planted are a set without the class that has the fewest real
    images, which is the easiest to overlook, and one with one image a class; half of the real images beside the other
    half are the honest control. In a set that has collapsed nothing is planted.
    """
    generated = draw_like(probe.real.labels[:SAMPLE], generated, seed)
    found = probe.seek_collapse(generated.images)
    controls = (*(() if found.collapse else _plant(generated, probe)), *_try_fresh(probe, seed))
    verdict, sentence = _judge(found, covered, controls)
    if missing := find_missing(generated, probe.real):
        sentence += f" It has no image of {show_names(missing)}."
    figures = (
        covered,
        Figure(SAMPLE_COVERAGE, "synthetic", found.coverage, images=found.images),
        Figure(WORST_CLASS, "synthetic", found.worst_class_coverage, images=found.worst_class_images),
        Figure(REPEATED, "synthetic", found.repeated, images=found.images),
        Figure(EVENNESS, "synthetic", found.evenness, images=found.images),
    )
    good = (
        f"It passes where a sample covers {show_share(COLLAPSED_COVERAGE)} of each class or more, at most "
        f"{show_share(COLLAPSED_REPEATED)} of its images repeat another, and the evenness of its classes is "
        f"{COLLAPSED_EVENNESS} or more; small classes and sets have the benefit of their noise."
    )
    unplanted = ACCUSED_ALREADY if found.collapse else ""
    return Check("collapse", "Collapse", "diverse", verdict, sentence, figures, controls, good, unplanted)


def find_missing(generated: LabelledImages, real: LabelledImages) -> list[str]:
    """The classes of real images of which none was generated."""
    return [real.class_names[label] for label in np.setdiff1d(real.labels, generated.labels)]


def draw_like(labels: np.ndarray, generated: LabelledImages, seed: int) -> LabelledImages:
    """Generated images of as many of each class as there are `labels` [N], as `choose_like` says."""
    return generated.take(choose_like(labels, generated, seed))


def choose_like(labels: np.ndarray, generated: LabelledImages, seed: int) -> np.ndarray:
    """Places of generated images of as many of each class as there are `labels` [N], as far as there are such.

    The places of images of classes that were not generated go to others.
    """
    order = np.random.default_rng(seed).permutation(len(generated))
    counts = np.bincount(labels, minlength=len(generated.class_names))
    places = [order[generated.labels[order] == label][:count] for label, count in enumerate(counts)]
    chosen = np.concatenate(places)
    rest = order[~np.isin(order, chosen)][: len(labels) - len(chosen)]
    return np.random.default_rng(seed).permutation(np.concatenate([chosen, rest]))


def _plant(generated: LabelledImages, probe: Probe) -> Iterator[Control]:
    yield _control("one image a class", False, probe.seek_collapse(repeat_one(generated).images))
    counts = np.bincount(probe.real.labels)
    rarest = int(np.argmin(np.where(counts, counts, len(probe.real))))
    without = leave_out_class(generated, rarest)
    if len(without):
        yield _control(f"no image of {generated.class_names[rarest]}", False, probe.seek_collapse(without.images))


def _try_fresh(probe: Probe, seed: int) -> Iterator[Control]:
    fresh, others = split_halves(min(2 * SAMPLE, len(probe.real)), seed)
    if min(len(fresh), len(others)) > NEIGHBOURS:
        halves = Probe(probe.classifier, probe.real.take(others), probe.std)
        yield _control("fresh real images", True, halves.seek_collapse(probe.real.take(fresh).images))


def _control(name: str, honest: bool, found: Diversity) -> Control:
    return Control(
        name, honest, bool(found.collapse), Figure(SAMPLE_COVERAGE, name, found.coverage, images=found.images)
    )


def _judge(found: Diversity, covered: Figure, controls: Sequence[Control]) -> tuple[Verdict, str]:
    summary = (
        f"It covers {covered.text} of {covered.images:,} real images that it did not learn from; a sample of it covers "
        f"{found.worst}."
    )
    if any(control.honest and control.accused for control in controls):
        return "cannot tell", f"Real images would be said to have collapsed too. {summary}"
    if found.collapse:
        return "fails", found.collapse
    overlooked = [control.name for control in controls if not control.accused and not control.honest]
    if not overlooked:
        return "passes", f"No evidence of collapse; one class left out would have been noticed. {summary}"
    if any(control.accused for control in controls):
        unseen = ", ".join(overlooked)
        return "passes", f"No evidence of collapse, but this would not have been noticed: {unseen}. {summary}"
    return "cannot tell", f"No evidence of collapse, but it would not have been noticed either. {summary}"
