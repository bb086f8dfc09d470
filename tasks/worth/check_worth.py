"""The check before worth is measured: whatever the errands would refuse, as far as it can be told at once."""

from collections.abc import Sequence

from gan_core.config import Experiment
from gan_core.errors import BadInput
from gan_core.images.labelled_images import require_images
from gan_core.images.stratified_split import divide
from gan_core.worth.worth import read_worth
from tasks.data.open_source import number_labels
from tasks.data.source_places import named, source_here
from tasks.runs.run_experiment import read_run_experiment
from tasks.runs.run_folder import Run
from tasks.worth.measure_gains import require_subset

SUBSETS = 6  # on the curve, where the run asked for none
LEAST_VALIDATION = 100  # images, or no difference can be told from noise


def read_valued_experiment(run: Run, named_as: str) -> Experiment:
    """The settings of a finished run with its images, with as many subsets as its curve has; BadInput for another."""
    if not run.report.is_file():
        raise BadInput(f"Expected the folder of a finished run, got {named_as}; name one that holds a report.html.")
    require_images(run.synthetic)
    experiment, known = read_run_experiment(run), read_worth(run.worth)
    return experiment.model_copy(update={"worth": (known.subsets if known else experiment.worth) or SUBSETS})


def check_worth(experiment: Experiment, gains: Sequence[int], *, advice: bool) -> None:
    """Raise BadInput for sizes of subsets that cannot be cut, no curve, and too few validation images to choose by."""
    if not experiment.worth:
        raise BadInput("Expected one real subset or more on the curve, got 0; say --subsets 6.")
    if (gains or advice) and experiment.private:
        raise BadInput(
            "Expected a run without a privacy budget for --gains and --advice, which train and choose on real images "
            "again, got a private one; leave them out."
        )
    if gains and not experiment.gan.conditional:
        raise BadInput(
            "Expected a generator that is told the classes, to add its images to few real ones, got one that is not; "
            "leave out --gains."
        )
    source = source_here(named(experiment.source), experiment.data)
    numbered = source and number_labels(source)
    if not source or not numbered:
        return  # it is left to the errands, which fetch it
    learnt_from, chosen_by = divide(numbered.train, numbered.validation, experiment.data, experiment.seed)
    for images in gains:
        require_subset(images, numbered.train[learnt_from])
    if (gains or advice) and len(chosen_by) < LEAST_VALIDATION:
        raise BadInput(
            f"Expected {LEAST_VALIDATION} validation images or more to choose by, got {len(chosen_by)}; make a run "
            "with more --data.validation-images."
        )
