"""Telling TensorBoard and MLflow of a run, where SYNTHETIC_DATA_TRACK asks for it.

It is an environment variable and no setting of an experiment: a run is the same, whoever watches it.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from gan_core.config import split_names
from gan_core.errors import BadInput, say_error
from gan_core.files import Place, is_local
from gan_core.installed_package import install_command
from gan_core.measures.measure import Figure
from gan_core.settings_grid import by_name, format_value
from gan_core.tracking.scalars import Tracker, name_figures
from tasks.runs.epochs import read_epochs
from tasks.runs.run_experiment import read_run_experiment
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
        raise BadInput(
            f"Expected trackers of {', '.join(TRACKERS)}, got {unknown[0]!r}; "
            f"name some of them by --track or in {TRACK}."
        )
    if "mlflow" in named and not find_spec("mlflow"):
        raise BadInput(f"Expected MLflow to be installed, got none; say {install_command('mlflow')}.")
    return tuple(dict.fromkeys(named))


Tell = Callable[..., None]  # as Tracker.tell


@contextmanager
def tracked(run: Run) -> Iterator[Tell]:
    """Tells all trackers of a run while the block runs; what one of them refuses then ends no training.

    Raises BadInput where one cannot be had.
    """
    trackers = [open_tracker(name, run) for name in read_tracking()]

    def tell(scalars: Mapping[str, float], epoch: int, *grids: Place) -> None:
        for tracker in trackers:
            with going_on():
                tracker.tell(scalars, epoch, *grids)
        run.send(*run.events())

    failed = True
    try:
        yield tell
        failed = False
    finally:
        for tracker in trackers:
            with going_on():
                tracker.close(failed=failed)


@contextmanager
def going_on() -> Iterator[None]:
    """Say what a tracker could not be told, and go on."""
    try:
        yield
    except Exception as error:  # the libraries of trackers have errors of their own
        logger.warning("Expected a tracker to be told, got “%s”; the run goes on", say_error(error))


def open_tracker(name: str, run: Run) -> Tracker:
    """One tracker for a run; BadInput where it cannot be told."""
    try:
        if name == "tensorboard":
            from gan_core.tracking.tensorboard import TensorBoard

            return TensorBoard(Path(str(run.tensorboard)))  # as every run is made on this machine
        from gan_core.tracking.mlflow_run import MlflowRun

        settings = by_name(read_run_experiment(run).model_dump(exclude={"source"}))
        return MlflowRun(run.id, {setting: format_value(value) for setting, value in settings.items()})
    except Exception as error:  # as above
        raise BadInput(f"Expected {name} to take a run, got “{say_error(error)}”; mend it or unset {TRACK}.") from error


def track_figures(run: Run, figures: Sequence[Figure]) -> None:
    """Tell all trackers of figures, after the run's last epoch; but for a run at a URL."""
    if is_local(run.folder) and read_tracking():
        with tracked(run) as tell:
            tell(name_figures(figures), len(read_epochs(run)))
