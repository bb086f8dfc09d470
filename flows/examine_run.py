"""A second opinion on a finished run: the same examination by another classifier."""

from pathlib import Path

from prefect import flow

from gan_core.config import Experiment
from gan_core.files import located
from gan_core.measures.examination import TeachingSet
from gan_core.reports.run_table import headline
from tasks.data.download import download
from tasks.data.normalize import normalize
from tasks.examination.examine import examine
from tasks.places import cache_home
from tasks.runs.run_folder import Run


@flow(name="examine-run", persist_result=True, result_serializer="json")
def examine_run(folder: str, experiment: Experiment) -> str:
    """Examine the synthetic images in a run's folder, a path or URL, by the experiment's classifier; the headline."""
    cache, classifier, run = cache_home(), experiment.classifier, Run(located(folder))
    known = cache / "classifiers"
    real = normalize(download(experiment.source), cache / "normalized", experiment.data, experiment.seed)
    teaching: dict[TeachingSet, list[Path]] = {
        "real": [real.train],
        "synthetic": [run.synthetic],
        "both": [real.train, run.synthetic],
        **run.refined_sets(),
    }
    examinations = [
        examine(name, sets, on=real.test, classifier=classifier, memory=known) for name, sets in teaching.items()
    ]
    label_fidelity = examine("real", [real.train], on=run.synthetic, classifier=classifier, memory=known)
    return headline(examinations, label_fidelity)
