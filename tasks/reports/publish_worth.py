"""The errand of publishing worth: as JSON, as a frame, among the run's measures, and on its page."""

import pandas as pd

from gan_core.config import Experiment, say_once
from gan_core.files import read_frame, write_frame, write_text
from gan_core.measures.measure import build_measures_frame
from gan_core.worth.curve import EQUIVALENT_REAL_IMAGES
from gan_core.worth.worth import Worth, build_worth_frame, to_json
from tasks.data.normalize import RealSets
from tasks.reports.publish_report import Report, publish_run
from tasks.reports.render_report import format_run_headline, render_report
from tasks.runs.run_experiment import read_run_experiment
from tasks.runs.run_folder import Run
from tasks.runs.tracking import track_figures
from tasks.uncached_task import uncached_task
from tasks.worth.measure_curve import known_worth


@uncached_task
def publish_worth(worth: Worth, real: RealSets, experiment: Experiment, run: Run) -> Worth:
    """Write what the run's images are worth beside its report, and the page again with it; the JSON last, as it says
    that all else is there.

    Gains and advice that were measured before stay. A run of a program that kept no answers keeps its page.
    """
    joined = worth.joined(known_worth(real, experiment, run))
    write_frame(build_worth_frame(joined), run.worth_frame)
    if run.measures.is_file():
        write_frame(add_worth(read_frame(run.measures), joined), run.measures)
        track_figures(run, [joined.curve.figure])
    if run.examinations.is_file():
        write_text(run.headline, format_run_headline(run, joined) + "\n")
        write_text(run.report, render_report(run, read_run_experiment(run), joined))
    else:
        say_once(f"The page of {run.id} stays as it is: an older program made the run.")
    write_text(run.worth, to_json(joined))
    files = (run.worth_frame, run.measures, run.headline, run.report, run.worth)
    run.send(*(file for file in files if file.is_file()))
    return joined


def is_valued(real: RealSets, experiment: Experiment, run: Run) -> bool:
    """Whether a curve of so many subsets or more, if any are asked for, was measured before."""
    known = known_worth(real, experiment, run) if run.worth_frame.is_file() else None
    return not experiment.worth or bool(known and known.subsets >= experiment.worth)


def republish_run(worth: Worth, real: RealSets, experiment: Experiment, run: Run) -> Report:
    """The report of a run with what its images are worth."""
    publish_worth(worth, real, experiment, run)
    return publish_run(run, experiment)


def add_worth(measures: pd.DataFrame, worth: Worth) -> pd.DataFrame:
    """The frame of all measures with this worth in place of an earlier one."""
    others = measures[measures["measure"] != EQUIVALENT_REAL_IMAGES.name]
    return pd.concat([others, build_measures_frame([worth.curve.figure])], ignore_index=True)
