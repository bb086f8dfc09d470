"""The check before a run: whatever the flow would refuse later, as far as it can be told on this machine."""

from gan_core.config import Experiment
from gan_core.requirements import require_sound
from gan_core.split import cut
from tasks.destination import check_folder
from tasks.runs import runs_folder
from tasks.source_places import named, source_here
from tasks.sources import read_sets


def check_experiment(experiment: Experiment) -> None:
    """Raise BadInput for what the flow would refuse: source, settings, place; images not yet fetched are left to it."""
    check_folder(runs_folder(), "let SYNTHETIC_DATA_RUNS name another one, or work elsewhere.")
    source = source_here(named(experiment.source))
    if source is None:
        return
    train, _ = read_sets(source)
    learnt_from, chosen_by = cut(train.labels, experiment.data, experiment.seed)
    require_sound(experiment, train.labels[learnt_from], train.labels[chosen_by], train.class_names)
