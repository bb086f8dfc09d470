"""The errand of auditing what a run drew: the part of an audit that trains nothing."""

from __future__ import annotations

from gan_core.config import Experiment
from gan_core.files import Place, is_whole
from gan_core.images.labelled_images import LabelledImages
from tasks.audit.run_checks import log_checks, run_checks
from tasks.data.normalize import RealSets
from tasks.examination.teacher import Teacher
from tasks.runs.run_folder import Run
from tasks.uncached_task import uncached_task


@uncached_task
def audit_run(real: RealSets, experiment: Experiment, run: Run, *, teacher: Teacher) -> Place:
    """Audit the run's synthetic images beside the real ones that it learned from and those held out; the findings.

    The validation images are held out: the generator did not learn from them, and the test images are not read.
    """
    from gan_core.audit.audit_images import choose_sample

    if not (run.audit.exists() and is_whole(run.pairs)):
        generated, known, unseen = map(LabelledImages.load, (run.synthetic, real.train, real.validation))
        sample = choose_sample(len(generated))
        run_checks(generated, known, unseen, experiment, teacher=teacher, folder=run.folder, sample=sample)
        run.send(run.pairs, run.audit)
    log_checks(run.audit)
    return run.audit
