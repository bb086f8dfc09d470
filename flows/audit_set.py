"""Audit a set of synthetic images, whoever made it, beside the real ones that it imitates."""

from prefect import flow

from gan_core.audit.opinions import LIGHT
from gan_core.config import STANDARD, Experiment
from gan_core.files import located
from tasks.audit.audit_set import Holdout, audit_beside, audit_by_references, measure_by_inception, save_set
from tasks.data.real_images import real_images
from tasks.examination.ask_classifiers import ask_classifiers
from tasks.examination.teacher import Teacher
from tasks.reports.publish_audit import AuditReport, publish_audit


@flow(name="audit", persist_result=True, result_serializer="json")
def audit_set(
    place: str,
    out: str,
    experiment: Experiment = STANDARD,
    holdout: Holdout = "validation",
    references: int = 0,
    inception: str = "",
    classifiers: tuple[str, ...] = LIGHT,
    command: str = "",
) -> AuditReport:
    """Is the set useful, is it diverse, did its generator memorise, and can the answers be trusted.

    `holdout` are the real images that its generator did not learn from. With `references`, so many short games on
    random halves of the real images show what such trainings give away. `inception` is a file of InceptionV3's weights.
    `classifiers` are asked what the set teaches them; that of the experiment is in any case, and decides.
    """
    folder, real = located(out), real_images(experiment)
    synthetic = save_set(place, real, folder)
    teacher = Teacher(real.train, experiment.classifier)
    audit = audit_beside(real, synthetic, experiment, folder, holdout=holdout, teacher=teacher)
    audit = measure_by_inception(audit, real, synthetic, inception, holdout=holdout)
    opinions = ask_classifiers(real, synthetic, experiment.classifier, classifiers)
    audit = audit_by_references(audit, real, synthetic, experiment, holdout=holdout, references=references)
    return publish_audit(
        audit, opinions, real=real, synthetic=synthetic, experiment=experiment, place=place, command=command
    )
