"""The errand of filtering: the synthetic images without those whose label real-taught classifiers deny."""

import logging

from gan_core.files import Place
from gan_core.images.labelled_images import LabelledImages
from tasks.uncached_task import uncached_task

logger = logging.getLogger("synthetic_data.filter")


@uncached_task
def filter_dataset(softened: Place, *, to: Place) -> Place:
    """Save those of the images with soft labels in `softened` whose label is believed."""
    from gan_core.classifiers.soft_labels import filter_by_soft_labels

    if to.exists():
        return to
    images = LabelledImages.load(softened)
    believed = filter_by_soft_labels(images)
    logger.info("filtered: %d of %d images", len(believed), len(images))
    believed.save(to)
    return to
