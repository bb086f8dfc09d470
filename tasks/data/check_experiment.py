"""The check before a run: whatever the flow would refuse later, as far as it can be told on this machine."""

from contextlib import suppress

from gan_core.config import LEAST_SIDE, MOST_SIDE, DataSettings, Experiment
from gan_core.formats import read
from gan_core.images.decode import Unreadable, look, strict_pillow
from gan_core.images.requirements import require_sound
from gan_core.images.stratified_split import divide
from gan_core.measures.diversity import require_enough
from gan_core.sources.found_pictures import Found
from tasks.data.open_source import number_labels
from tasks.data.source_places import named, source_here


def check_experiment(experiment: Experiment) -> int:
    """Raise BadInput for a source and settings that the flow would refuse; pictures not yet fetched are left to it.

    The pictures are listed and not decoded. Returns the bytes that the run's images take at least, 0 where it is not
    known yet.
    """
    source, data = source_here(named(experiment.source), experiment.data), experiment.data
    numbered = source and number_labels(source)
    if not source or not numbered:
        return 0
    names = numbered.classes.names
    learnt_from, chosen_by = divide(numbered.train, numbered.validation, data, experiment.seed)
    require_sound(experiment, numbered.train[learnt_from], names)
    require_enough(len(chosen_by))
    dataset = experiment.dataset
    sets = 1 + bool(dataset.refinements)  # soft images are drawn for the filtered ones too
    return sets * sum(dataset.plan(len(names)).values()) * least_bytes(source, data)


def least_bytes(source: Found, data: DataSettings) -> int:
    """The bytes that a grey picture will take, by the size that is asked for or, if it may stay, that of the first."""
    height, width = data.wanted_size or (LEAST_SIDE, LEAST_SIDE)
    with strict_pillow(), suppress(Unreadable):
        first = look(next(read(source, "train")).content)
        if not data.wanted_size and max(first.height, first.width) <= MOST_SIDE:
            height, width = first.height, first.width
    return height * width
