"""The errand of refining: the synthetic images as a real-taught classifier would have them."""

import logging
from pathlib import Path
from typing import Literal

import numpy as np
from prefect import task
from prefect.cache_policies import NO_CACHE

from gan_core.errors import BadInput
from gan_core.images import LabelledImages
from tasks.judge import Judge

logger = logging.getLogger("synthetic_data.refine")


@task(cache_policy=NO_CACHE, persist_result=False)
def refine_dataset(synthetic: Path, refinement: Literal["filtered", "soft"], *, judge: Judge, to: Path) -> Path:
    """Save the images without those whose label the judge denies, or all of them with its beliefs beside the labels."""
    from gan_core.classifier import answer, beliefs

    if to.exists():
        return to
    images, classifier = LabelledImages.load(synthetic), judge.recall()
    if refinement == "filtered":
        agreed = np.flatnonzero(answer(classifier, images.images) == images.labels)
        if not len(agreed):
            raise BadInput(
                "Expected some labels that a real-taught classifier agrees with, got none; train for longer."
            )
        logger.info("A real-taught classifier agrees with %.1f%% of the labels", 100 * len(agreed) / len(images))
        images.take(agreed).save(to)
    else:
        believed = beliefs(classifier, images.images)
        LabelledImages(images.images, images.labels, images.class_names, believed).save(to)
    return to
