"""The settings that a run was made with, as its folder has them."""

import json

from gan_core.config import STORED, Experiment
from gan_core.errors import BadInput
from gan_core.files import read_text
from tasks.runs.run_folder import Run


def read_run_experiment(run: Run) -> Experiment:
    """The settings of a run; BadInput, which names the file, if it holds none."""
    try:
        settings = json.loads(read_text(run.experiment))
        if not settings.keys() >= {"seed", "data", "gan", "dataset", "classifier"}:  # which every run has written
            raise ValueError("It lacks settings.")
        return Experiment.model_validate(settings, context=STORED)
    except (AttributeError, OSError, ValueError):
        raise BadInput(
            f"Expected the settings of a run in {run.experiment}, got none that can be read; name another run."
        ) from None  # else the sentence would be that of pydantic


def require_same_cut(own: Experiment, wanted: Experiment) -> None:
    """Raise BadInput for settings by which other images would count as those that a generator has learned from."""
    told = {
        "--seed": (own.seed, wanted.seed),
        "--data.validation-images": (own.data.validation_images, wanted.data.validation_images),
        "--data.train-images": (own.data.train_images, wanted.data.train_images),
    }
    for option, (before, now) in told.items():
        if before != now:
            raise BadInput(
                f"Expected the {option} of the run, {'none' if before is None else before}, which says what real "
                f"images were learned from, got {'none' if now is None else now}; leave it out."
            )
