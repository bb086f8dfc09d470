"""What the audits of a run and of any set share: the checks that train nothing, and what is said of them."""

from __future__ import annotations

import logging

from gan_core.audit.record import pairs_to_arrays, read_audit, to_json
from gan_core.config import Experiment
from gan_core.files import Place, save_arrays, write_text
from gan_core.images.labelled_images import LabelledImages
from tasks.examination.teacher import Teacher
from tasks.progress import progress
from tasks.runs.run_folder import AUDIT, PAIRS

logger = logging.getLogger("synthetic_data.audit")


def run_checks(
    generated: LabelledImages,
    known: LabelledImages,
    unseen: LabelledImages,
    experiment: Experiment,
    *,
    teacher: Teacher,
    folder: Place,
    sample: int,
) -> None:
    """Look at `sample` of the generated images at most; leaves the pairs, then the findings in the folder."""
    from gan_core.audit.audit_images import audit_images
    from gan_core.audit.copies import count_comparisons

    std, seed = experiment.dataset.latent_std, experiment.seed
    with progress("Auditing", "audit", count_comparisons(min(sample, len(generated)), len(unseen))) as advance:
        classifier = teacher.classifier()
        found = audit_images(generated, known, unseen, classifier, std=std, seed=seed, sample=sample, on_images=advance)
    save_arrays(folder / PAIRS, pairs_to_arrays(found.pairs))
    write_text(folder / AUDIT, to_json(found.audit))


def log_checks(audit: Place) -> None:
    """Say the verdict of each check; a table has the sentences at the end."""
    for check in read_audit(audit).checks:
        (logger.warning if check.verdict == "fails" else logger.info)("%s: %s", check.title, check.verdict)
