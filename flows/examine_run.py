"""A second opinion on a finished run: the same examination by another classifier."""

from prefect import flow

from gan_core.config import Experiment
from gan_core.files import located
from gan_core.report import headline
from tasks.download import cache_home, download
from tasks.examine import examine
from tasks.normalize import normalize
from tasks.runs import Run


@flow(name="examine-run", persist_result=True, result_serializer="json")
def examine_run(folder: str, experiment: Experiment) -> str:
    """Examine the synthetic images in a run's folder, a path or URL, by the experiment's classifier; the headline."""
    cache, classifier, synthetic = cache_home(), experiment.classifier, Run(located(folder)).synthetic
    known = cache / "classifiers"
    real = normalize(download(experiment.source), cache / "normalized", experiment.data, experiment.seed)
    taught_by_reality = examine("real", [real.train], on=real.test, classifier=classifier, memory=known)
    taught_by_imitation = examine("synthetic", [synthetic], on=real.test, classifier=classifier, memory=known)
    taught_by_both = examine("both", [real.train, synthetic], on=real.test, classifier=classifier, memory=known)
    label_fidelity = examine("real", [real.train], on=synthetic, classifier=classifier, memory=known)
    return headline([taught_by_reality, taught_by_imitation, taught_by_both], label_fidelity)
