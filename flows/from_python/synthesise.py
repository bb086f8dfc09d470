"""`synthesise`: the main flow, from real images to a report, as the command `run` calls it."""

from os import PathLike
from typing import Any

from flows.from_python.report import Report
from flows.from_python.settings import nest
from flows.from_python.surroundings import calling, running, variables


def synthesise(
    source: str | PathLike[str] | None = None,
    *,
    experiment: str = "standard",
    track: str | None = None,
    verbose: bool = False,
    **settings: Any,
) -> Report:
    """Train a generator on labelled pictures, draw a dataset, and measure how well it teaches; the run's report.

    `source` and `settings` are those of the command `run`, sections as dictionaries: gan={"epochs": 4}, size=32. A
    finished run is found again, and one that was interrupted goes on. `track` says who is told of the training, as
    "tensorboard". With `verbose` a line is shown for each epoch.
    Raises BadInput with one sentence for what cannot be used, before any long work.
    """
    with calling():
        from flows.commands.options import customise_experiment
        from gan_core.files import located
        from tasks.data.check_experiment import check_experiment
        from tasks.runs.run_folder import check_runs_folder
        from tasks.runs.tracking import TRACK, read_tracking
        from tasks.training.team import require_one_host

        wanted = customise_experiment(experiment, nest({"source": source, **settings}))
        require_one_host()
        check_runs_folder(check_experiment(wanted), wanted)
        told = ",".join(read_tracking(track))
        with variables({TRACK: told}), running(verbose=verbose):
            from flows.synthetic_data import synthetic_data

            report = synthetic_data(wanted)
        assert report is not None  # as this is the one host
        return Report(str(located(report.page).parent), report.headline, report.page, report.synthetic)
