"""The check before a run: whatever the flow would refuse later, as far as it can be told on this machine."""

from gan_core.config import Experiment
from gan_core.images.requirements import require_sound
from gan_core.images.stratified_split import cut
from gan_core.measures.diversity import require_enough
from tasks.data.source_places import named, source_here
from tasks.data.sources import read_sets


def check_experiment(experiment: Experiment) -> None:
    """Raise BadInput for what the flow would refuse: source and settings; images not yet fetched are left to it."""
    source = source_here(named(experiment.source))
    if source is None:
        return
    train, _ = read_sets(source)
    learnt_from, chosen_by = cut(train.labels, experiment.data, experiment.seed)
    require_sound(experiment, train.labels[learnt_from], train.class_names)
    require_enough(len(chosen_by))
