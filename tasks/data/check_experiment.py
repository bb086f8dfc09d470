"""The check before a run: whatever the flow would refuse later, as far as it can be told on this machine."""

from contextlib import suppress

from gan_core.config import LEAST_SIDE, MOST_SIDE, DataSettings, Experiment
from gan_core.formats import read
from gan_core.gan.network_sizes import checkpoint_bytes, generator_bytes
from gan_core.images.decode import Unreadable, look, strict_pillow
from gan_core.images.requirements import require_shift, require_sound
from gan_core.images.shape import ImageShape
from gan_core.images.stratified_split import divide
from gan_core.measures.diversity import require_enough
from gan_core.sources.found_pictures import Found
from tasks.data.open_source import OF_ONE_SIZE, number_labels, require_given_shape
from tasks.data.source_places import named, source_here
from tasks.places import check_cache

LEAST_SHAPE = ImageShape(LEAST_SIDE, LEAST_SIDE, 1)
LEAST_CLASSES = 2


def check_experiment(experiment: Experiment) -> int:
    """Raise BadInput for a source, settings or cache that the flow would refuse; what is not yet fetched is left to it.

    The pictures are listed and not decoded. Returns the bytes that the run's files take at least.
    """
    check_cache()
    return check_source(source_here(named(experiment.source), experiment.data), experiment)


def check_source(source: Found | None, experiment: Experiment) -> int:
    """The same for a source that was looked into, or None for one that is not here."""
    data, numbered = experiment.data, source and number_labels(source)
    if not source or not numbered:
        return least_room(experiment, LEAST_SHAPE, LEAST_CLASSES, images=0)
    names, shape = numbered.classes.names, known_shape(source, data)
    if experiment.private:
        require_given_shape(source, data)
    learnt_from, chosen_by = divide(numbered.train, numbered.validation, data, experiment.seed)
    require_sound(experiment, numbered.train[learnt_from], names)
    require_enough(len(chosen_by))
    if shape and (data.wanted_size or source.format in OF_ONE_SIZE):
        require_shift(experiment.gan.shift, shape)
    images = sum(experiment.dataset.plan(len(names)).values())
    return least_room(experiment, shape or LEAST_SHAPE, len(names), images=images)


def least_room(experiment: Experiment, shape: ImageShape, classes: int, *, images: int) -> int:
    """The bytes that the networks and so many images of each set take at least, at the moment when it is most."""
    sets = 1 + bool(experiment.dataset.refinements)  # soft images are drawn for the filtered ones too
    checkpoint = checkpoint_bytes(experiment.gan, shape, classes)
    at_end = checkpoint + generator_bytes(experiment.gan, shape, classes) + sets * images * shape.values
    return max(min(experiment.gan.epochs, 2) * checkpoint, at_end)  # a checkpoint stays until the next is written


def known_shape(source: Found, data: DataSettings) -> ImageShape | None:
    """The shape that the pictures will have, grey where nothing is said: that asked for, or that of the first.

    None where the first may not stay as it is.
    """
    channels = 3 if data.colour == "rgb" else 1
    if data.wanted_size:
        return ImageShape(*data.wanted_size, channels)
    with strict_pillow(), suppress(Unreadable):
        first = look(next(read(source, "train")).content)
        if min(first.height, first.width) >= LEAST_SIDE and max(first.height, first.width) <= MOST_SIDE:
            return ImageShape(first.height, first.width, channels)
    return None
