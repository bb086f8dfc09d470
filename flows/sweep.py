"""One generator for each seed and each combination of settings, compared without a look at the test images."""

import os

from prefect import flow

from gan_core.config import STANDARD, Experiment
from gan_core.files import Place
from gan_core.settings_grid import Value, combinations
from tasks.data.download import download
from tasks.data.real_images import real_images
from tasks.examination.examine import examine
from tasks.examination.teacher import Teacher
from tasks.reports.publish_sweep import Sweep, publish_sweep, validation_outcome
from tasks.reports.validation_report import save_validation_report
from tasks.runs.open_or_resume_run import open_run
from tasks.task_runners import DASK, task_runner
from tasks.training.generate_dataset import generate_dataset
from tasks.training.train_gan import train_gan
from tasks.uncached_task import uncached_task


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
    download(experiment.source)
    reports = [validate.submit(each) for each in experiments]
    return publish_sweep(experiments, list(map(validation_outcome, reports)))


@uncached_task
def validate(experiment: Experiment) -> Place:
    """A run up to its synthetic images, examined on validation images; `run` with its settings would go on from there.

    So every choice between settings is made on validation data, and the test images are left to the final examination.
    """
    real, classifier = real_images(experiment), experiment.classifier
    with open_run(experiment, real.digest, finished=True) as run:
        if run.validation_report.exists():
            return run.stored.validation_report
        teacher = Teacher(real.train, classifier)
        generator = train_gan(real, experiment, run, teacher=teacher)
        synthetic = generate_dataset(generator, experiment.dataset, experiment.seed, teacher=teacher, to=run.synthetic)
        own = run.classifier_cache("synthetic")
        trtr = teacher.examine(on=real.validation)
        tstr = examine("synthetic", [synthetic], on=real.validation, classifier=classifier, cache=own)
        trts = teacher.examine(on=synthetic)
        return save_validation_report([trtr, tstr], trts, splits=real, experiment=experiment, run=run)
