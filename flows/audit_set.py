"""Audit a set of synthetic images, whoever made it, beside the real ones that it imitates."""

from prefect import flow

from gan_core.config import STANDARD, Experiment
from gan_core.files import located
from tasks.audit.audit_set import Holdout, audit_beside, audit_by_references, measure_by_inception, save_set
from tasks.data.real_images import real_images
from tasks.examination.examine import examine
from tasks.examination.teacher import Teacher
from tasks.places import classifier_cache
from tasks.reports.publish_audit import AuditReport, publish_audit


@flow(name="audit", persist_result=True, result_serializer="json")
def audit_set(
    place: str,
    out: str,
    experiment: Experiment = STANDARD,
    holdout: Holdout = "validation",
    references: int = 0,
    inception: str = "",
    command: str = "",
) -> AuditReport:
    """Is the set useful, is it diverse, did its generator memorise, and can the answers be trusted.

    `holdout` are the real images that its generator did not learn from. With `references`, so many short games on
    random halves of the real images show what such trainings give away. `inception` is a file of InceptionV3's weights.
    """
    folder, real = located(out), real_images(experiment)
    synthetic = save_set(place, real, folder)
    teacher = Teacher(real.train, experiment.classifier)
    examinations = [
        teacher.examine(on=real.test),
        teacher.examine_augmented(on=real.test, validation=real.validation),
        examine("synthetic", [synthetic], on=real.test, classifier=experiment.classifier, cache=classifier_cache()),
    ]
    trts = teacher.examine(on=synthetic)
    audit = audit_beside(real, synthetic, experiment, folder, holdout=holdout, teacher=teacher)
    audit = measure_by_inception(audit, real, synthetic, inception, holdout=holdout)
    audit = audit_by_references(audit, real, synthetic, experiment, holdout=holdout, references=references)
    return publish_audit(
        audit, examinations, trts, real=real, synthetic=synthetic, experiment=experiment, command=command
    )
