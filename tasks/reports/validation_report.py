"""The errand of a validation report: what a sweep wants to know of a run, from validation images alone."""

from collections.abc import Sequence

from gan_core.audit.opinions import Opinion, measure_opinions
from gan_core.config import Experiment
from gan_core.files import Place, read_frame, write_frame
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.tstr import Examination
from gan_core.reports import run_table as report
from gan_core.reports.sweep_table import add_validation_columns
from tasks.data.normalize import RealSets
from tasks.runs.epochs import diversity_after
from tasks.runs.run_folder import Run
from tasks.runs.run_provenance import run_provenance
from tasks.uncached_task import uncached_task


@uncached_task
def save_validation_report(
    examinations: Sequence[Examination],
    trts: Examination,
    *,
    splits: RealSets,
    experiment: Experiment,
    run: Run,
) -> Place:
    """Write the tidy report of classifiers that answered about validation images into the run's folder."""
    class_names = LabelledImages.load(splits.validation).class_names
    frame = report.build_run_frame(examinations, trts, run_provenance(splits, experiment, run), class_names)
    seconds = float(read_frame(run.history)["seconds"].sum())
    figures = measure_opinions([Opinion(tuple(examinations), trts)], class_names)
    write_frame(add_validation_columns(frame, diversity_after(run), seconds, figures), run.validation_report)
    run.send_all()
    return run.stored.validation_report
