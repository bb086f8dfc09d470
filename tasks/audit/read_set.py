"""The errand of reading the set that is audited, whoever made it, as images like the real ones."""

import logging
from collections.abc import Sequence
from functools import partial

import numpy as np

from gan_core.audit.set_classes import match_classes, require_enough_images
from gan_core.config import DataSettings
from gan_core.images.labelled_images import LabelledImages, require_images
from gan_core.images.shape import ImageShape
from tasks.audit.check_set import find_run, require_shape, training_part
from tasks.data.download import locate
from tasks.data.open_source import open_source
from tasks.data.read_pictures import read_pictures
from tasks.runs.run_folder import Run

logger = logging.getLogger("synthetic_data.audit")


def read_set(place: str, shape: ImageShape, class_names: Sequence[str]) -> LabelledImages:
    """The training images of a run, an export or any other source, in this shape and with the numbers of these classes.

    Raises BadInput where its classes are not among them, and for too few images.
    """
    found = read_drawn(run, shape, class_names) if (run := find_run(place)) else read_foreign(place, shape, class_names)
    require_enough_images(len(found), place)
    return found


def read_drawn(run: Run, shape: ImageShape, class_names: Sequence[str]) -> LabelledImages:
    """What a run drew, as above; BadInput for images of another shape, since they are no better for being fitted."""
    require_images(run.synthetic)
    drawn = LabelledImages.load(run.synthetic)
    require_shape(drawn.shape, shape, run)
    classes = match_classes(drawn.labels.tolist(), drawn.class_names, run.folder, real=class_names)
    numbers = np.array([classes.numbers[label] for label in drawn.labels.tolist()], np.uint8)
    return LabelledImages(drawn.images, numbers, classes.names)


def read_foreign(place: str, shape: ImageShape, class_names: Sequence[str]) -> LabelledImages:
    """The training images of a source, as above, brought to the shape."""
    data = shape_like(shape)
    pictures = read_pictures(training_part(open_source(locate(place), data)), data, like(class_names))
    if remark := pictures.classes.remark:
        logger.info("%s: %s", place, remark)
    return pictures.sets["train"]


def like(class_names: Sequence[str]) -> partial:
    """What finds the classes of a set among these."""
    return partial(match_classes, real=class_names)


def shape_like(shape: ImageShape) -> DataSettings:
    """How pictures are read that are to have this shape."""
    return DataSettings(size=f"{shape.width}x{shape.height}", colour="grey" if shape.channels == 1 else "rgb")
