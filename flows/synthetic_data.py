"""The main flow: imitate a set of labelled images, then measure how well the imitation teaches."""

from prefect import flow

from gan_core.config import STANDARD, Experiment
from gan_core.files import Place
from gan_core.measures.tstr import TeachingSet
from tasks.audit.audit_run import audit_run
from tasks.clock.fit_to_deadline import Minutes, fit_to_deadline, set_deadline
from tasks.data.normalize import RealSets
from tasks.data.real_images import real_images
from tasks.examination.examine import examine
from tasks.examination.teacher import Teacher
from tasks.privacy.private_teacher import PrivateTeacher
from tasks.reports.publish_release import publish_release
from tasks.reports.publish_report import Report, is_published, publish_report, publish_run
from tasks.reports.publish_worth import is_valued, republish_run
from tasks.runs.open_or_resume_run import open_run
from tasks.runs.run_folder import Run
from tasks.training.generate_dataset import generate_dataset
from tasks.training.refine_dataset import refine_dataset
from tasks.training.team import assemble
from tasks.training.train_gan import train_along, train_gan
from tasks.training.train_privately import train_privately
from tasks.worth.measure_curve import measure_curve


@flow(name="synthetic-data", persist_result=True, result_serializer="json")
def synthetic_data(
    experiment: Experiment = STANDARD, minutes: Minutes | None = None, kept: tuple[str, ...] = ()
) -> Report | None:
    """Imitate Fashion-MNIST with a GAN, then measure how well the imitation teaches.

    What its images are worth is measured last. A run that is finished is found, not made again. Where several hosts
    train the GAN, one does all the rest; the others return nothing. With `minutes` a measurement chooses the settings
    that fill this time, but for those that differ from the named experiment's or are `kept`, by names as gan.epochs.
    """
    deadline = set_deadline(minutes, experiment)
    team = assemble()
    real = real_images(experiment)
    if deadline is not None:
        experiment = fit_to_deadline(experiment, real, deadline, kept)
    if team.follows:
        return train_along(real, experiment)
    with open_run(experiment, real.digest, finished=True) as run:
        report = publish_run(run, experiment) if is_published(run) else imitate(real, experiment, run)
        if is_valued(real, experiment, run):
            return report
        return republish_run(measure_curve(real, experiment, run), real, experiment, run)


def imitate(real: RealSets, experiment: Experiment, run: Run) -> Report:
    """Train, draw, and let the same classifier learn from real images, from synthetic ones, and from both.

    Of a private run, what may leave is written apart from this report.
    """
    teacher, private = Teacher(real.train, experiment.classifier), experiment.private
    train = train_privately if private else train_gan
    generator = train(real, experiment, run, teacher=teacher)
    synthetic = generate_dataset(generator, experiment.dataset, experiment.seed, teacher=teacher, to=run.synthetic)
    teaching: dict[TeachingSet, list[Place]] = {
        "real": [real.train],
        "synthetic": [synthetic],
        "both": [real.train, synthetic],
        **refine_dataset(
            generator, experiment, run, teacher=teacher, softened_by=PrivateTeacher(run) if private else teacher
        ),
    }
    if private:
        publish_release(experiment, run)
    examinations = [
        examine(name, sets, on=real.test, classifier=experiment.classifier, cache=run.classifier_cache(name))
        for name, sets in teaching.items()
    ]
    trts = teacher.examine(on=synthetic)
    audit = audit_run(real, experiment, run, teacher=teacher)
    return publish_report(examinations, trts, audit, splits=real, experiment=experiment, run=run)
