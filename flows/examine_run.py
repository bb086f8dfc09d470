"""A second opinion on a finished run: the same examination by another classifier."""

from pathlib import Path

from prefect import flow

from gan_core.config import Experiment
from gan_core.report import headline
from tasks.download import cache_home, download
from tasks.examine import examine
from tasks.normalize import normalize
from tasks.runs import Run


@flow(name="examine-run", persist_result=False)
def examine_run(folder: Path, experiment: Experiment) -> str:
    """Examine the synthetic images in a run's folder by the experiment's classifier; returns the headline."""
    cache, classifier, synthetic = cache_home(), experiment.classifier, Run(folder).synthetic
    known = cache / "classifiers"
    real = normalize(download(experiment.source), cache / "normalized", experiment.data, experiment.seed)
    taught_by_reality = examine("real", [real.train], on=real.test, classifier=classifier, memory=known)
    taught_by_imitation = examine("synthetic", [synthetic], on=real.test, classifier=classifier, memory=known)
    taught_by_both = examine("both", [real.train, synthetic], on=real.test, classifier=classifier, memory=known)
    label_fidelity = examine("real", [real.train], on=synthetic, classifier=classifier, memory=known)
    return headline([taught_by_reality, taught_by_imitation, taught_by_both], label_fidelity)
