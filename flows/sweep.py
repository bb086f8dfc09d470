"""One generator for each seed and each combination of settings, compared without a look at the test images."""

import os
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from gan_core.config import STANDARD, Experiment
from gan_core.settings_grid import Value, combinations
from tasks.data.download import download
from tasks.data.normalize import normalize, require_fit
from tasks.examination.examine import examine
from tasks.examination.teacher import Judge
from tasks.places import cache_home
from tasks.reports.publish_sweep import Sweep, outcome, publish_sweep
from tasks.reports.validation_report import keep_trial
from tasks.runs.open_run import open_run
from tasks.task_runners import DASK, task_runner
from tasks.training.generate_dataset import generate_dataset
from tasks.training.train_gan import train_gan


@flow(
    name="sweep",
    persist_result=True,
    result_serializer="json",
    task_runner=task_runner(os.environ.get(DASK)),
)
def sweep(
    experiment: Experiment = STANDARD,
    seeds: tuple[int, ...] = (),
    grid: dict[str, tuple[Value, ...]] = {},  # noqa: B006  never changed
) -> Sweep:
    """Train a generator from each seed (the experiment's own, if none is given) with each combination of the values.

    `grid` has values by the names of settings, as {"gan.width": [64, 128]}. Each run is a task of its own, here or on
    a worker; a run that is there already is not repeated, whether a sweep made it or `run`.
    """
    experiments = combinations(experiment, seeds or (experiment.seed,), grid)
    raw = download(experiment.source)
    trials = [trial.submit(raw, each) for each in experiments]
    return publish_sweep(experiments, list(map(outcome, trials)))


@task(cache_policy=NO_CACHE, persist_result=False)
def trial(raw: Path, experiment: Experiment) -> Path:
    """A run up to its synthetic images, examined on validation images; `run` with its settings would go on from there.

    So every choice between settings is made on validation data, and the test images are left to the final examination.
    """
    cache, classifier = cache_home(), experiment.classifier
    known = cache / "classifiers"
    real = normalize(raw, cache / "normalized", experiment.data, experiment.seed)
    require_fit(real, experiment)
    with open_run(experiment, real.digest, finished=True) as run:
        if run.trial.exists():
            return run.kept.trial
        judge = Judge(real.train, classifier, known)
        generator = train_gan(real, experiment, run, judge=judge)
        synthetic = generate_dataset(generator, experiment.dataset, experiment.seed, judge=judge, to=run.synthetic)
        on, own = real.validation, run.classifiers
        taught_by_reality = examine("real", [real.train], on=on, classifier=classifier, memory=known)
        taught_by_imitation = examine("synthetic", [synthetic], on=on, classifier=classifier, memory=own)
        label_fidelity = examine("real", [real.train], on=synthetic, classifier=classifier, memory=known)
        examinations = [taught_by_reality, taught_by_imitation]
        return keep_trial(examinations, label_fidelity, splits=real, experiment=experiment, run=run)
