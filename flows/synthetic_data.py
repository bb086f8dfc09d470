"""The main flow: imitate a set of labelled images, then measure how well the imitation teaches."""

from pathlib import Path

from prefect import flow

from gan_core.config import STANDARD, Experiment
from gan_core.examination import TeachingSet
from tasks.download import cache_home, download
from tasks.examine import examine
from tasks.filter_dataset import filter_dataset
from tasks.generate_dataset import generate_dataset
from tasks.judge import Judge
from tasks.normalize import normalize
from tasks.open_run import open_run
from tasks.publish_report import Report, publish_report
from tasks.team import assemble
from tasks.train_gan import train_along, train_gan


@flow(name="synthetic-data", persist_result=True, result_serializer="json")
def synthetic_data(experiment: Experiment = STANDARD) -> Report | None:
    """Imitate Fashion-MNIST with a GAN, then measure how well the imitation teaches.

    Where several hosts train the GAN, one does all the rest; the others return nothing.
    """
    team = assemble()
    cache, classifier = cache_home(), experiment.classifier
    known = cache / "classifiers"
    real = normalize(download(experiment.source), cache / "normalized", experiment.data, experiment.seed)
    if team.follows:
        return train_along(real, experiment)
    with open_run(experiment, real.digest) as run:
        judge = Judge(real.train, classifier, known)
        generator = train_gan(real, experiment, run, judge=judge)
        synthetic = generate_dataset(generator, experiment.dataset, experiment.seed, judge=judge, to=run.synthetic)
        teaching: dict[TeachingSet, list[Path]] = {
            "real": [real.train],
            "synthetic": [synthetic],
            "both": [real.train, synthetic],
        }
        if wanted := experiment.dataset.refinements:
            bold = experiment.dataset.bold()
            soft = generate_dataset(generator, bold, experiment.seed, judge=judge, to=run.soft, softened=True)
            if "filtered" in wanted:
                teaching["filtered"] = [filter_dataset(soft, to=run.filtered)]
            if "soft" in wanted:
                teaching["soft"] = [soft]
        examinations = [
            examine(
                name, sets, on=real.test, classifier=classifier, memory=known if name == "real" else run.classifiers
            )
            for name, sets in teaching.items()
        ]
        label_fidelity = examine("real", [real.train], on=synthetic, classifier=classifier, memory=known)
        return publish_report(examinations, label_fidelity, splits=real, experiment=experiment, run=run)
