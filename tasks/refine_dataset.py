"""The errand of refining: the synthetic images as real-taught classifiers would have them."""

import logging
from pathlib import Path
from typing import Literal

from prefect import task
from prefect.cache_policies import NO_CACHE

from gan_core.images import LabelledImages
from tasks.judge import Judge

logger = logging.getLogger("synthetic_data.refine")


@task(cache_policy=NO_CACHE, persist_result=False)
def refine_dataset(drawn: Path, refinement: Literal["filtered", "soft"], *, judge: Judge, to: Path) -> Path:
    """Save the images without those whose label the judges deny, or all with their beliefs beside the labels."""
    from gan_core.refinement import REFINEMENTS

    if to.exists():
        return to
    images = LabelledImages.load(drawn)
    refined = REFINEMENTS[refinement](images, judge.recall_all())
    logger.info("%s: %d of %d images", refinement, len(refined), len(images))
    refined.save(to)
    return to
