"""The errand of looking for shorter and longer trainings beside a run, which a sweep has left there."""

from __future__ import annotations

import logging

from gan_core.config import Experiment, Settings
from gan_core.errors import BadInput
from gan_core.files import list_folder, read_frame
from tasks.runs.run_experiment import read_run_experiment
from tasks.runs.run_folder import Run

logger = logging.getLogger("synthetic_data.worth")


def find_lengths(run: Run, data_digest: str) -> dict[int, Run]:
    """The runs beside this one that drew alike from the same real images and differ in their epochs alone, by these.

    The run itself is among them, and of several with as many epochs the newest. One that is damaged is left out.
    """
    made_by, found = read_run_experiment(run), dict[int, Run]()
    for other in (Run(folder) for folder in list_folder(run.folder.parent) if not folder.is_symlink()):
        try:
            if _is_alike(other, made_by, data_digest):
                found[read_run_experiment(other).gan.epochs] = other
        except BadInput as error:
            logger.warning("%s is left out: %s", other.id, error)
    return found | {made_by.gan.epochs: run}


def _is_alike(run: Run, made_by: Experiment, data_digest: str) -> bool:
    """Whether a run has drawn its images and has a report, be it that of a sweep, and differs in its epochs alone."""
    if not (run.synthetic.is_file() and (run.frame.is_file() or run.validation_report.is_file())):
        return False
    alike = _but_for_epochs(read_run_experiment(run)) == _but_for_epochs(made_by)
    return alike and _read_data_digest(run) == data_digest


def _read_data_digest(run: Run) -> str:
    """The digest of the real images that a run was made of, empty where an older program did not keep it."""
    frame = read_frame(run.frame if run.frame.is_file() else run.validation_report)
    return str(frame["data_digest"].iloc[0]) if "data_digest" in frame else ""


def _but_for_epochs(experiment: Experiment) -> tuple[int, Settings, Settings, Settings]:
    """All that shapes the images that a run draws from given real ones, but for the length of its training."""
    gan = experiment.gan.model_copy(update={"epochs": 1})
    return experiment.seed, experiment.data, gan, experiment.dataset
