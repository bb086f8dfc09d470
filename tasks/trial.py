"""The errand of a trial: what a sweep wants to know of a run, kept in its folder, from validation images alone."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from prefect import task
from prefect.cache_policies import NO_CACHE

from gan_core import report
from gan_core.config import Experiment
from gan_core.examination import Examination
from gan_core.files import atomic_write
from gan_core.images import LabelledImages
from gan_core.sweep import validated
from tasks.normalize import Splits
from tasks.publish_report import provenance
from tasks.runs import Run
from tasks.train_gan import diversity_after


@task(cache_policy=NO_CACHE, persist_result=False)
def keep_trial(
    examinations: Sequence[Examination],
    label_fidelity: Examination,
    *,
    splits: Splits,
    experiment: Experiment,
    run: Run,
) -> Path:
    """Write the tidy report of classifiers that answered about validation images into the run's folder."""
    class_names = LabelledImages.load(splits.validation).class_names
    frame = report.tidy(examinations, label_fidelity, provenance(splits, experiment, run), class_names)
    seconds = float(pd.read_parquet(run.history)["seconds"].sum())
    with atomic_write(run.trial) as file:
        validated(frame, diversity_after(run), seconds).to_parquet(file, index=False)
    run.keep_all()
    return run.kept.trial
