"""The errand of reading the set that is audited, whoever made it, as images like the real ones."""

import numpy as np

from gan_core.config import DataSettings
from gan_core.errors import BadInput, show_names
from gan_core.exports.class_folders import folder_names
from gan_core.files import located
from gan_core.images.labelled_images import LabelledImages, require_images
from tasks.data.download import locate
from tasks.data.open_source import open_source
from tasks.data.read_pictures import read_pictures
from tasks.data.source_places import is_web
from tasks.runs.run_folder import Run, resolve_latest


def read_set(place: str, real: LabelledImages) -> LabelledImages:
    """The training images of a run, an export or any other source, in the shape and with the classes of the real ones.

    Raises BadInput where its classes are not among those of the real images.
    """
    if not is_web(place) and (run := Run(resolve_latest(located(place)))).experiment.is_file():
        require_images(run.synthetic)
        return with_classes_of(real, LabelledImages.load(run.synthetic), place)
    height, width, channels = real.shape
    data = DataSettings(size=f"{width}x{height}", colour="grey" if channels == 1 else "rgb")
    pictures = read_pictures(open_source(locate(place), data), data)
    return with_classes_of(real, pictures.sets["train"], place)


def with_classes_of(real: LabelledImages, found: LabelledImages, place: str) -> LabelledImages:
    """The images with the numbers that their classes have among the real ones, by name, else by number."""
    if found.shape != real.shape:
        raise BadInput(f"Expected images of {real.shape} in {place}, got {found.shape}; audit them beside their own.")
    names, folders = list(real.class_names), folder_names(real.class_names)
    for known in (names, folders, list(map(str, range(len(names))))):
        if set(found.class_names) <= set(known):
            numbers = np.array([known.index(name) for name in found.class_names], np.uint8)
            return LabelledImages(found.images, numbers[found.labels], real.class_names)
    raise BadInput(
        f"Expected classes among {show_names(names)} in {place}, got {show_names(found.class_names)}; "
        "name the real images that it imitates by --real, or correct the names of its classes."
    )
