"""A second opinion on a finished run: the same examination by another classifier."""

from prefect import flow

from gan_core.config import Experiment
from gan_core.files import Place, located
from gan_core.measures.tstr import TeachingSet
from gan_core.reports.run_table import format_headline
from tasks.data.real_images import real_images
from tasks.examination.examine import examine
from tasks.examination.teacher import Teacher
from tasks.places import classifier_cache
from tasks.runs.run_folder import Run


@flow(name="examine-run", persist_result=True, result_serializer="json")
def examine_run(folder: str, experiment: Experiment) -> str:
    """Examine the synthetic images in a run's folder, a path or URL, by the experiment's classifier; the headline."""
    classifier, run = experiment.classifier, Run(located(folder))
    real = real_images(experiment)
    teaching: dict[TeachingSet, list[Place]] = {
        "real": [real.train],
        "synthetic": [run.synthetic],
        "both": [real.train, run.synthetic],
        **run.refined_sets(),
    }
    examinations = [
        examine(name, sets, on=real.test, classifier=classifier, cache=classifier_cache())
        for name, sets in teaching.items()
    ]
    return format_headline(examinations, Teacher(real.train, classifier).examine(on=run.synthetic))
