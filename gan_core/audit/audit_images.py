"""The audit that needs no training: copies, collapse, labels, the ruler, and the figures of variety and likeness."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gan_core.audit.check import Check
from gan_core.audit.collapse import check_collapse, choose_like
from gan_core.audit.copies import SAMPLE, check_copies
from gan_core.audit.labels import check_labels
from gan_core.audit.published_scores import score_copying
from gan_core.audit.record import Audit
from gan_core.audit.ruler import check_ruler
from gan_core.audit.suspicious_pair import Pair
from gan_core.classifiers.classifier import features_and_answers
from gan_core.compute.keras_settings import keras
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.diversity_in_training import Probe
from gan_core.measures.diversity_of_set import measure_set
from gan_core.measures.manifold import COVERAGE
from gan_core.measures.measure import Figure

LEAST_SAMPLE, PART = 3_000, 6  # images that a run looks at


@dataclass(frozen=True)
class Audited:
    """What the audit found, and the pairs that a person may look at, the most suspicious first."""

    audit: Audit
    pairs: tuple[Pair, ...]


def audit_images(
    generated: LabelledImages,
    known: LabelledImages,
    unseen: LabelledImages,
    classifier: keras.Model,
    *,
    std: float,
    seed: int,
    sample: int = SAMPLE,
    on_images: Callable[[int], None] = lambda images: None,
) -> Audited:
    """Audit generated images beside those that were learned from and real ones that were held out at random.

    `classifier` is one that the `known` images taught: the ruler. `std` is the standard deviation of the latents that
    the images were drawn with; of them, `sample` are looked at. `on_images` is told of each few images that were
    compared with real ones.
    """
    generated = generated.take(np.random.default_rng(seed).permutation(len(generated))[:sample])
    copies = check_copies(generated, known, unseen, seed=seed, on_images=on_images)
    real_features, real_answers = features_and_answers(classifier, unseen.images)
    drawn_features, answers = features_and_answers(classifier, generated.images)
    as_many = slice(max(len(generated), LEAST_SAMPLE))  # of the real ones: what coverage has by chance is for as many
    beside = choose_like(unseen.labels[as_many], generated, seed)
    variety = measure_set(
        *(real_features[as_many], unseen.labels[as_many], drawn_features[beside], generated.labels[beside]),
        generated.class_names,
        seed,
    )
    covered, floor = (find_coverage(variety, of) for of in ("synthetic", "real"))
    checks: tuple[Check, ...] = (
        copies.check,
        check_collapse(generated, Probe(classifier, unseen, std), covered=covered, seed=seed),
        check_labels(generated, answers, unseen, real_answers, seed=seed),
        check_ruler(unseen, real_answers, floor=floor, seed=seed),
    )
    figures = (*variety, *score_copying(generated, known, unseen, seed=seed))
    return Audited(Audit(checks, figures, describe_ruler(classifier)), copies.pairs)


def find_coverage(figures: Sequence[Figure], of: str) -> Figure:
    """The coverage of all classes together: of the set, or of real images by others."""
    return next(each for each in figures if each.measure == COVERAGE and each.of == of and not each.group)


def choose_sample(images: int) -> int:
    """How many of so many images a run looks at, so that its audit takes as small a part of a small run as of others.

    A sixth, which is `SAMPLE` of the images of the standard run, but `LEAST_SAMPLE` at least: a tenth of them are as
    many copies as are needed to be noticed.
    """
    return min(SAMPLE, max(LEAST_SAMPLE, images // PART))


def describe_ruler(classifier: keras.Model) -> str:
    """The SHA-256 of a classifier's weights: figures in its features compare with others in the same ones alone."""
    whole = hashlib.sha256()
    for weights in classifier.get_weights():
        whole.update(weights.tobytes())
    return whole.hexdigest()
