"""The errand of examining: teach the same classifier from each seed, keep it, ask it about other images."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from prefect import task
from prefect.cache_policies import NO_CACHE

from gan_core.config import ClassifierSettings
from gan_core.files import load_arrays, save_arrays, sha256
from gan_core.images.labelled_images import LabelledImages, read_shape, repeat_small_sets
from gan_core.measures.tstr import Examination, TeachingSet
from gan_core.provenance import TEACHING, digest, program_digest
from tasks.progress import progress

if TYPE_CHECKING:
    from gan_core.compute.keras_settings import keras

logger = logging.getLogger("synthetic_data.examine")


@task(cache_policy=NO_CACHE, persist_result=False)
def examine(
    taught_by: TeachingSet, teaching: Sequence[Path], *, on: Path, classifier: ClassifierSettings, cache: Path
) -> Examination:
    """Teach the classifier by all images in `teaching`, each file with about the same weight, and score it.

    Those taught before are found in `cache`.
    """
    from gan_core.measures.classifier import score

    questions, scores = LabelledImages.load(on), []
    for seed in classifier.seeds:
        taught, seconds = taught_classifier(teaching, classifier, seed, cache)
        scores.append(score(taught, questions, seed=seed, seconds=seconds))
        logger.info("taught by %-9s  seed %d  accuracy on %s %.4f", taught_by, seed, on.stem, scores[-1].accuracy)
    images = sum(read_shape(path)[0] for path in teaching)
    return Examination(taught_by, classifier.name, images, tuple(scores))


def taught_classifier(
    teaching: Sequence[Path], settings: ClassifierSettings, seed: int, cache: Path
) -> tuple[keras.Model, float]:
    """The classifier taught by these images from this seed, and the seconds that took; images load only to teach."""
    from gan_core.compute.weights import assign, values
    from gan_core.measures.classifier import build, teach

    kept = cache / f"{_identity(teaching, settings, seed)}.npz"
    if not kept.exists():
        started = time.perf_counter()
        images, repeated = repeat_small_sets([LabelledImages.load(path) for path in teaching])
        with progress(f"Teaching a classifier, seed {seed}", "teaching", settings.steps) as advance:
            classifier = teach(settings, images, seed, advance, repeated=repeated)
        save_arrays(kept, values(classifier.weights) | {"seconds": np.array(time.perf_counter() - started)})
    arrays = load_arrays(kept)
    _, shape, classes = read_shape(teaching[0])
    classifier = build(settings.name, shape=shape, classes=classes, seed=seed)
    assign(classifier.weights, arrays)
    return classifier, float(arrays["seconds"])


def _identity(teaching: Sequence[Path], settings: ClassifierSettings, seed: int) -> str:
    """Digest of all that shapes a taught classifier."""
    recipe = settings.model_copy(update={"seeds": (seed,)}).digest()
    return digest(recipe, program_digest(TEACHING), *map(sha256, teaching))
