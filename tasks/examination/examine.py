"""The errand of examining: teach the same classifier from each seed, cache it, ask it about other images."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from gan_core.config import ClassifierSettings
from gan_core.files import Place, is_whole, load_arrays, save_arrays, sha256
from gan_core.images.labelled_images import LabelledImages, read_shape, repeat_small_sets
from gan_core.measures.tstr import Examination, TeachingSet
from gan_core.provenance import TEACHING, digest, program_digest
from tasks.progress import progress
from tasks.uncached_task import uncached_task

if TYPE_CHECKING:
    from gan_core.classifiers.variation import Variation
    from gan_core.compute.keras_settings import keras

logger = logging.getLogger("synthetic_data.examine")


@uncached_task
def examine(
    taught_by: TeachingSet,
    teaching: Sequence[Place],
    *,
    on: Place,
    classifier: ClassifierSettings,
    cache: Place,
    variation: Variation | None = None,
) -> Examination:
    """Teach the classifier by all images in `teaching`, each file with about the same weight, and score it.

    `variation` is how the images change each time that they are shown. Those taught before are found in `cache`.
    """
    from gan_core.classifiers.classifier import score

    questions, scores = LabelledImages.load(on), []
    for seed in classifier.seeds:
        taught, seconds = taught_classifier(teaching, classifier, seed, cache, variation)
        scores.append(score(taught, questions, seed=seed, seconds=seconds))
        logger.info("taught by %-9s  seed %d  accuracy on %s %.4f", taught_by, seed, on.stem, scores[-1].accuracy)
    images = sum(read_shape(path)[0] for path in teaching)
    return Examination(taught_by, classifier.name, images, tuple(scores))


def taught_classifier(
    teaching: Sequence[Place],
    settings: ClassifierSettings,
    seed: int,
    cache: Place,
    variation: Variation | None = None,
) -> tuple[keras.Model, float]:
    """The classifier taught by these images from this seed, and the seconds that took; images load only to teach."""
    from gan_core.classifiers.classifier import build, teach
    from gan_core.compute.weights import assign, values

    cached = cache / f"{_identity(teaching, settings, seed, variation)}.npz"
    if not is_whole(cached):
        started = time.perf_counter()
        images, repeated = repeat_small_sets([LabelledImages.load(path) for path in teaching])
        with progress(f"Teaching a classifier, seed {seed}", "teaching", settings.steps) as advance:
            classifier = teach(settings, images, seed, advance, repeated=repeated, variation=variation)
        seconds = {"seconds": np.array(time.perf_counter() - started)}
        save_arrays(cached, values(classifier.weights) | seconds)
    arrays = load_arrays(cached)
    _, shape, classes = read_shape(teaching[0])
    classifier = build(settings.name, shape=shape, classes=classes, seed=seed)
    assign(classifier.weights, arrays)
    return classifier, float(arrays["seconds"])


def count_taught(teaching: Sequence[Place], settings: ClassifierSettings, cache: Place) -> int:
    """How many of the classifiers, one of each seed, these images have taught before."""
    return sum(is_whole(cache / f"{_identity(teaching, settings, seed, None)}.npz") for seed in settings.seeds)


def _identity(teaching: Sequence[Place], settings: ClassifierSettings, seed: int, variation: Variation | None) -> str:
    """Digest of all that shapes a taught classifier."""
    recipe = settings.model_copy(update={"seeds": (seed,)}).digest()
    varied = asdict(variation) if variation else None
    return digest(recipe, varied, program_digest(TEACHING), *map(sha256, teaching))
