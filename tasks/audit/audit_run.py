"""The errand of auditing what a run drew: the part of an audit that trains nothing."""

from __future__ import annotations

import logging

from gan_core.config import Experiment
from gan_core.files import Place, is_whole, save_arrays, write_text
from gan_core.images.labelled_images import LabelledImages
from tasks.data.normalize import RealSets
from tasks.examination.teacher import Teacher
from tasks.progress import progress
from tasks.runs.run_folder import Run
from tasks.uncached_task import uncached_task

logger = logging.getLogger("synthetic_data.audit")


@uncached_task
def audit_run(real: RealSets, experiment: Experiment, run: Run, *, teacher: Teacher) -> Place:
    """Audit the run's synthetic images beside the real ones that it learned from and those held out; the findings.

    The validation images are held out: the generator did not learn from them, and the test images are not read.
    """
    from gan_core.audit.audit_images import audit_images, choose_sample
    from gan_core.audit.copies import count_comparisons
    from gan_core.audit.record import pairs_to_arrays, read_audit, to_json

    if not (run.audit.exists() and is_whole(run.pairs)):
        generated, known, unseen = map(LabelledImages.load, (run.synthetic, real.train, real.validation))
        std, seed, sample = experiment.dataset.latent_std, experiment.seed, choose_sample(len(generated))
        with progress("Auditing", "audit", count_comparisons(min(sample, len(generated)), len(unseen))) as advance:
            classifier = teacher.classifier()
            found = audit_images(
                generated, known, unseen, classifier, std=std, seed=seed, sample=sample, on_images=advance
            )
        save_arrays(run.pairs, pairs_to_arrays(found.pairs))
        write_text(run.audit, to_json(found.audit))
        run.send(run.pairs, run.audit)
    for check in read_audit(run.audit).checks:
        (logger.warning if check.verdict == "fails" else logger.info)("%s: %s", check.title, check.sentence)
    return run.audit
