"""The check before a run: whatever the flow would refuse later, as far as it can be told on this machine."""

from gan_core.config import Experiment
from gan_core.images.requirements import require_sound
from gan_core.images.stratified_split import cut
from gan_core.measures.diversity import require_enough
from tasks.data.source_places import named, source_here
from tasks.data.sources import read_sets


def check_experiment(experiment: Experiment) -> int:
    """Raise BadInput for a source and settings that the flow would refuse; images not yet fetched are left to it.

    Returns the bytes that the run's images take at least, 0 where it is not known yet.
    """
    source = source_here(named(experiment.source))
    if source is None:
        return 0
    train, _ = read_sets(source)
    learnt_from, chosen_by = cut(train.labels, experiment.data, experiment.seed)
    require_sound(experiment, train.labels[learnt_from], train.class_names)
    require_enough(len(chosen_by))
    dataset = experiment.dataset
    sets = 1 + bool(dataset.refinements)  # soft images are drawn for the filtered ones too
    return sets * sum(dataset.plan(len(train.class_names)).values()) * train.shape.values
