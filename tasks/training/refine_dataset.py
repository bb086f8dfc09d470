"""The errand of refining: teaching sets from bolder images whose labels classifiers have looked at."""

from gan_core.config import Experiment
from gan_core.files import Place
from gan_core.measures.tstr import TeachingSet
from tasks.examination.teacher import Believing, Teacher
from tasks.runs.run_folder import Run
from tasks.training.filter_dataset import filter_dataset
from tasks.training.generate_dataset import generate_dataset


def refine_dataset(
    generator: Place, experiment: Experiment, run: Run, *, teacher: Teacher, softened_by: Believing
) -> dict[TeachingSet, list[Place]]:
    """The refined sets that the experiment asks for: *soft* with soft labels, *filtered* the believed part of it."""
    wanted, refined = experiment.dataset.refinements, dict[TeachingSet, list[Place]]()
    if not wanted:
        return refined
    bold, place = experiment.dataset.bold(), run.refined("soft")
    soft = generate_dataset(generator, bold, experiment.seed, teacher=teacher, to=place, softened_by=softened_by)
    if "filtered" in wanted:
        refined["filtered"] = [filter_dataset(soft, to=run.refined("filtered"))]
    if "soft" in wanted:
        refined["soft"] = [soft]
    return refined
