"""Telling TensorBoard and MLflow of a run, where SYNTHETIC_DATA_TRACK asks for it.

It is an environment variable and no setting of an experiment: a run is the same, whoever watches it.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gan_core.audit.measures import figures_in
from gan_core.config import Experiment, split_names
from gan_core.errors import BadInput, say_error
from gan_core.files import Place, is_local, read_frame
from gan_core.installed_package import install_command
from gan_core.measures.measure import Figure
from gan_core.settings_grid import by_name, format_value
from gan_core.tracking.scalars import Tracker, name_columns, name_figures
from tasks.runs.run_folder import Run

TRACK = "SYNTHETIC_DATA_TRACK"
TRACKERS = ("tensorboard", "mlflow")

logger = logging.getLogger("synthetic_data.tracking")


def choose_trackers(text: str | None) -> None:
    """Let this process tell the trackers of a text in place of those of the environment; BadInput as below."""
    read_tracking(text)
    if text is not None:
        os.environ[TRACK] = text


def read_tracking(text: str | None = None) -> tuple[str, ...]:
    """The trackers that a text, or the environment, names; BadInput for others, and for one that is not installed."""
    named = split_names(os.environ.get(TRACK, "") if text is None else text)
    if unknown := [name for name in named if name not in TRACKERS]:
        raise BadInput(f"Expected trackers of {', '.join(TRACKERS)}, got {unknown[0]!r}; name some of them in {TRACK}.")
    if "mlflow" in named and not find_spec("mlflow"):
        raise BadInput(f"Expected MLflow to be installed, got none; say {install_command('mlflow')}.")
    return tuple(dict.fromkeys(named))


class Trackers:
    """All trackers that a run is told to; what one of them refuses later ends no training."""

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = trackers

    def epoch(self, row: Mapping[str, Any], grid: Place | None) -> None:
        """Tell of an epoch: a row of the history, and the grid of images, if there is one."""
        for tracker in self._trackers:
            with going_on():
                tracker.log(name_columns(row), int(row["epoch"]))
                if grid:
                    tracker.show("grids", grid, int(row["epoch"]))

    def figures(self, figures: Sequence[Figure], mosaic: Place, epochs: int) -> None:
        """Tell of the figures of the measures, after so many epochs, and show the images beside real ones."""
        for tracker in self._trackers:
            with going_on():
                tracker.log(name_figures(figures), epochs)
                tracker.show("mosaic", mosaic, epochs)

    def close(self, *, failed: bool) -> None:
        """See to it that all is told."""
        for tracker in self._trackers:
            with going_on():
                tracker.close(failed=failed)


@contextmanager
def going_on() -> Iterator[None]:
    """Say what a tracker could not be told, and go on."""
    try:
        yield
    except Exception as error:  # the libraries of trackers have errors of their own
        logger.warning("Expected a tracker to be told, got “%s”; the run goes on", say_error(error))


@contextmanager
def tracked(run: Run, experiment: Experiment) -> Iterator[Trackers]:
    """The trackers of a run while the block runs; BadInput where one cannot be had."""
    trackers = Trackers([open_tracker(name, run, experiment) for name in read_tracking()])
    try:
        yield trackers
    except BaseException:
        trackers.close(failed=True)
        raise
    trackers.close(failed=False)
    run.send(*run.events())


def open_tracker(name: str, run: Run, experiment: Experiment) -> Tracker:
    """One tracker for a run; BadInput where it cannot be told."""
    try:
        if name == "tensorboard":
            from gan_core.tracking.tensorboard import TensorBoard

            return TensorBoard(Path(str(run.tensorboard)))  # as every run is made on this machine
        from gan_core.tracking.mlflow_run import MlflowRun

        settings = by_name(experiment.model_dump(exclude={"source"}))
        return MlflowRun(run.id, {setting: format_value(value) for setting, value in settings.items()})
    except Exception as error:  # as above
        raise BadInput(f"Expected {name} to take a run, got “{say_error(error)}”; mend it or unset {TRACK}.") from error


def track_figures(run: Run, experiment: Experiment) -> None:
    """Tell of all measures, once they are known, and show the images beside real ones; but for a run at a URL."""
    if not is_local(run.folder):
        return
    figures = figures_in(read_frame(run.measures))
    with tracked(run, experiment) as trackers:
        trackers.figures(figures, run.mosaic, experiment.gan.epochs)
