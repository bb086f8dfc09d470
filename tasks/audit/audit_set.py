"""The errands of auditing a set, whoever made it: read it, run the checks, and those that need trained references."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

from gan_core.audit.check import Check
from gan_core.audit.record import Audit, read_audit, to_json
from gan_core.audit.set_classes import LEAST_IMAGES
from gan_core.config import Experiment
from gan_core.files import Place, is_whole, write_text
from gan_core.images.labelled_images import LabelledImages, Outline, concatenate, read_outline, require_images
from tasks.audit.check_set import SET, find_run
from tasks.audit.overtrained import try_overtrained
from tasks.audit.read_set import read_set
from tasks.audit.references import train_references
from tasks.audit.run_checks import log_checks, run_checks
from tasks.data.normalize import RealSets
from tasks.examination.teacher import Teacher
from tasks.runs.run_folder import AUDIT, Run
from tasks.uncached_task import uncached_task

Holdout = Literal["validation", "test"]


@uncached_task
def save_set(place: str, real: RealSets, folder: Place) -> Place:
    """The set's images in one file, with the shape and the classes of the real ones; those of a run where they are.

    Raises BadInput for a set that cannot be audited beside these.
    """
    beside = read_outline(real.train)
    if (run := find_run(place)) and is_ready(run, beside):
        return run.synthetic
    read_set(place, beside.shape, beside.class_names).save(folder / SET)
    return folder / SET


def is_ready(run: Run, beside: Outline) -> bool:
    """Whether what a run drew is audited as it stands; the images are not decoded for that."""
    require_images(run.synthetic)
    drawn = read_outline(run.synthetic)
    alike = (drawn.shape, drawn.class_names) == (beside.shape, beside.class_names)
    return alike and len(drawn.labels) >= LEAST_IMAGES and is_whole(run.synthetic)


@uncached_task
def audit_beside(
    real: RealSets, synthetic: Place, experiment: Experiment, folder: Place, *, holdout: Holdout, teacher: Teacher
) -> Place:
    """Run the checks that train nothing; what they found, as JSON in the folder."""
    from gan_core.audit.copies import SAMPLE

    generated, (known, unseen) = LabelledImages.load(synthetic), load_beside(real, holdout)
    run_checks(generated, known, unseen, experiment, teacher=teacher, folder=folder, sample=SAMPLE)
    log_checks(folder / AUDIT)
    return folder / AUDIT


@uncached_task
def measure_by_inception(audit: Place, real: RealSets, synthetic: Place, weights: str, *, holdout: Holdout) -> Place:
    """Add FID and KID in the network whose weights the user has, if any are named."""
    if not weights:
        return audit
    from gan_core.measures.inception import load_inception, measure_in_inception

    _, unseen = load_beside(real, holdout)
    network, found = load_inception(Path(weights)), read_audit(audit)
    figures = measure_in_inception(network, unseen.images, LabelledImages.load(synthetic).images)
    write_text(audit, to_json(Audit(found.checks, (*found.figures, *figures), found.ruler)))
    return audit


@uncached_task
def audit_by_references(
    audit: Place, real: RealSets, synthetic: Place, experiment: Experiment, *, holdout: Holdout, references: int
) -> Place:
    """Add what so many references show: who was a member, what canaries refute, and a generator that surely copies."""
    if not references:
        return audit
    from gan_core.audit.canaries import check_canaries
    from gan_core.audit.membership import check_membership

    generated, (known, unseen) = LabelledImages.load(synthetic), load_beside(real, holdout)
    trained = train_references(known, unseen, experiment, references=references, data_digest=f"{real.digest} {holdout}")
    planted = try_overtrained(real, experiment)
    found = read_audit(audit)
    checks = [
        replace(each, controls=(*each.controls, planted)) if each.name == "copies" else each for each in found.checks
    ]
    more: list[Check] = [
        check_membership(generated, known, unseen, trained, seed=experiment.seed),
        check_canaries(known, unseen, trained, seed=experiment.seed),
    ]
    write_text(audit, to_json(Audit((*checks, *more), found.figures, found.ruler)))
    return audit


def load_beside(real: RealSets, holdout: Holdout) -> tuple[LabelledImages, LabelledImages]:
    """The real images that a generator may have learned from, and those that it did not learn from."""
    train, validation = LabelledImages.load(real.train), LabelledImages.load(real.validation)
    if holdout == "validation":
        return train, validation
    return concatenate([train, validation]), LabelledImages.load(real.test)
