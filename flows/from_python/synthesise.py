"""`synthesise`: the main flow, from real images to a report, as the command `run` calls it."""

import time
from os import PathLike
from typing import Any

from flows.from_python.report import Report
from flows.from_python.settings import as_names, nest
from flows.from_python.surroundings import calling, running, variables


def synthesise(
    source: str | PathLike[str] | None = None,
    *,
    minutes: float | None = None,
    experiment: str = "standard",
    track: str | None = None,
    verbose: bool = False,
    **settings: Any,
) -> Report:
    """Train a generator on labelled pictures, draw a dataset, and measure how well it teaches; the run's report.

    `source` and `settings` are those of the command `run`, sections as dictionaries: gan={"epochs": 4}, size=32. A
    finished run is found again, and one that was interrupted goes on. With `minutes` a measurement chooses what is not
    given here, to fill this time. `track` says who is told of the training, as "tensorboard". With `verbose` a line is
    shown for each epoch.

    Raises BadInput with one sentence for what cannot be used, before any long work.
    """
    started = time.monotonic()
    with calling():
        from flows.commands.options import customise_experiment
        from gan_core.clock.minutes import read_minutes
        from gan_core.files import located
        from gan_core.settings_grid import by_name
        from tasks.clock.fit_to_deadline import set_deadline
        from tasks.data.check_experiment import check_experiment
        from tasks.runs.run_folder import check_runs_folder
        from tasks.runs.tracking import TRACK, read_tracking
        from tasks.training.team import require_one_host

        given = nest({"source": source, **settings})
        most = None if minutes is None else read_minutes(str(minutes))
        wanted = customise_experiment(experiment, given)
        set_deadline(most, wanted)
        require_one_host()
        check_runs_folder(check_experiment(wanted), wanted)
        told = ",".join(read_tracking(None if track is None else as_names(track, "trackers")))
        with variables({TRACK: told}), running(verbose=verbose):
            from flows.synthetic_data import synthetic_data

            left = most and most - (time.monotonic() - started) / 60
            report = synthetic_data(wanted, left, tuple(by_name(given)))
        assert report is not None  # as this is the one host
        return Report(str(located(report.page).parent), report.headline, report.page, report.synthetic, report.release)
