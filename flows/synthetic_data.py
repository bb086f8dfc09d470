"""The main flow: imitate a set of labelled images, then measure how well the imitation teaches."""

from pathlib import Path

from prefect import flow

from gan_core.config import STANDARD, Experiment
from gan_core.measures.examination import TeachingSet
from tasks.data.download import download
from tasks.data.normalize import normalize, require_fit
from tasks.examination.examine import examine
from tasks.examination.teacher import Judge
from tasks.places import cache_home
from tasks.reports.publish_report import Report, is_published, publish_report, publish_run
from tasks.runs.open_run import open_run
from tasks.training.filter_dataset import filter_dataset
from tasks.training.generate_dataset import generate_dataset
from tasks.training.team import assemble
from tasks.training.train_gan import train_along, train_gan


@flow(name="synthetic-data", persist_result=True, result_serializer="json")
def synthetic_data(experiment: Experiment = STANDARD) -> Report | None:
    """Imitate Fashion-MNIST with a GAN, then measure how well the imitation teaches.

    A run that is finished is found, not made again. Where several hosts train the GAN, one does all the rest; the
    others return nothing.
    """
    team = assemble()
    cache, classifier = cache_home(), experiment.classifier
    known = cache / "classifiers"
    real = normalize(download(experiment.source), cache / "normalized", experiment.data, experiment.seed)
    require_fit(real, experiment)
    if team.follows:
        return train_along(real, experiment)
    with open_run(experiment, real.digest, finished=True) as run:
        if is_published(run):
            return publish_run(run, experiment)
        judge = Judge(real.train, classifier, known)
        generator = train_gan(real, experiment, run, judge=judge)
        dataset, seed, own = experiment.dataset, experiment.seed, run.classifiers
        synthetic = generate_dataset(generator, dataset, seed, judge=judge, to=run.synthetic)
        teaching: dict[TeachingSet, list[Path]] = {
            "real": [real.train],
            "synthetic": [synthetic],
            "both": [real.train, synthetic],
        }
        if dataset.refinements:
            bold, place = dataset.bold(), run.refined("soft")
            soft = generate_dataset(generator, bold, seed, judge=judge, to=place, softened=True)
            if "filtered" in dataset.refinements:
                teaching["filtered"] = [filter_dataset(soft, to=run.refined("filtered"))]
            if "soft" in dataset.refinements:
                teaching["soft"] = [soft]
        examinations = [
            examine(name, sets, on=real.test, classifier=classifier, memory=known if name == "real" else own)
            for name, sets in teaching.items()
        ]
        label_fidelity = examine("real", [real.train], on=synthetic, classifier=classifier, memory=known)
        return publish_report(examinations, label_fidelity, splits=real, experiment=experiment, run=run)
