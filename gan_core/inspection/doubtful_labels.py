"""Labels that look wrong: those that classifiers, which have not seen the picture, deny (Northcutt et al. 2021).

Confident learning (arXiv:1911.00068), by its authors' library cleanlab.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from gan_core.config import ClassifierSettings
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.mapped import pick

FOLDS = 4
LEAST = 8  # pictures of a class, or nothing can be said of their labels
PASSES = 3  # through the pictures that a classifier learns from
LEAST_STEPS = 100
TINY = 1e-9  # a probability that is none
LONGEST = 32  # pixels of a side: the classifiers see smaller versions of larger pictures


class Doubt(NamedTuple):
    """A picture whose label is doubted."""

    number: int
    given: float  # probability of the label that it has
    suggested: int  # the likeliest class
    probability: float  # of that class


def shorten(settings: ClassifierSettings, images: int) -> ClassifierSettings:
    """The classifier of a quick look: as few steps as so many images need, and no more than in the settings."""
    learnt_from = images * (FOLDS - 1) // FOLDS
    steps = max(LEAST_STEPS, math.ceil(PASSES * learnt_from / settings.batch_size))
    return settings.model_copy(update={"steps": min(settings.steps, steps)})


def assign_folds(labels: np.ndarray, copies: Iterable[Sequence[int]], seed: int) -> np.ndarray:
    """A fold of each picture, int64 [N], every class spread evenly; copies share one, so none vouches for another."""
    random, folds = np.random.default_rng(seed), np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        places = random.permutation(np.flatnonzero(labels == label))
        folds[places] = (np.arange(len(places)) + random.integers(FOLDS)) % FOLDS
    for group in copies:
        folds[list(group)] = folds[group[0]]
    return folds


def probabilities_out_of_fold(
    images: LabelledImages,
    folds: np.ndarray,
    settings: ClassifierSettings,
    seed: int,
    on_steps: Callable[[int], None] = lambda steps: None,
) -> np.ndarray:
    """The probability of each class, float32 [N, K], by a classifier taught by the pictures of the other folds."""
    from gan_core.classifiers.classifier import class_probabilities, teach

    told = np.zeros((len(images), len(images.class_names)), np.float32)
    for fold in range(FOLDS):
        others, asked = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(others) and len(asked):
            classifier = teach(settings, images, seed, on_steps, repeated=others)
            told[asked] = class_probabilities(classifier, pick(images.images, asked))
    return told


def find_doubtful(labels: np.ndarray, probabilities: np.ndarray) -> list[Doubt]:
    """The pictures with labels [N] that the probabilities [N, K] deny, the most doubtful first.

    Classes with a handful of pictures are left out: they are neither judged nor suggested.
    """
    from cleanlab.filter import find_label_issues

    classes = np.flatnonzero(np.bincount(labels, minlength=probabilities.shape[1]) >= LEAST)
    judged = np.flatnonzero(np.isin(labels, classes))
    if len(classes) < 2:
        return []
    own = np.searchsorted(classes, labels[judged])
    asked = probabilities[np.ix_(judged, classes)].astype(np.float64) + TINY
    asked /= asked.sum(axis=1, keepdims=True)
    places = find_label_issues(own, asked, return_indices_ranked_by="normalized_margin", n_jobs=1)
    likeliest = asked.argmax(axis=1)
    return [
        Doubt(
            number=int(judged[place]),
            given=float(asked[place, own[place]]),
            suggested=int(classes[likeliest[place]]),
            probability=float(asked[place, likeliest[place]]),
        )
        for place in places
        if likeliest[place] != own[place]
    ]
