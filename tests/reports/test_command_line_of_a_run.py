"""Laws of the command that makes a run again: the real parser reads the same experiment from it."""

import shlex

import pytest

from flows.commands.main import app
from flows.commands.options import customise_experiment, read_settings
from gan_core.config import (
    CLASSIC,
    EXPERIMENTS,
    FULL,
    STANDARD,
    ClassifierSettings,
    DatasetSettings,
    DataSettings,
    Experiment,
    GanSettings,
)
from gan_core.reports.command_line import command_line

CHANGED = (
    FULL.model_copy(update={"dataset": DatasetSettings(refinements=()), "tolerate_collapse": True}),
    STANDARD.model_copy(update={"source": "my data/it's", "seed": 7, "gan": GanSettings(conditional=False, flip=True)}),
    STANDARD.model_copy(update={"source": "--odd", "gan": GanSettings(learning_rate=1 / 3, tint=0.25)}),
    CLASSIC.model_copy(update={"name": "mine", "classifier": ClassifierSettings(seeds=(3, 4, 9), soft_dropout=False)}),
    STANDARD.model_copy(
        update={
            "data": DataSettings(size="32x48", colour="rgb", fit="pad", train_images=50, transposed=True),
            "dataset": DatasetSettings(counts={"6": 30, "7": 0}, refinements=("soft",)),
        }
    ),
)


def read(line: str) -> Experiment:
    """What the command would run."""
    _, bound, _ = app.parse_args(shlex.split(line)[1:], exit_on_error=False, print_error=False)
    given = bound.arguments
    return customise_experiment(given.get("experiment", STANDARD.name), read_settings(given.get("settings")))


@pytest.mark.parametrize("experiment", [*EXPERIMENTS.values(), *CHANGED])
def test_the_line_says_the_experiment(experiment: Experiment) -> None:
    assert read(command_line(experiment)) == experiment


def test_the_line_names_only_what_is_not_the_default() -> None:
    changed = STANDARD.model_copy(update={"gan": GanSettings(epochs=4)})

    assert command_line(STANDARD) == "synthetic-data run"
    assert command_line(changed) == "synthetic-data run --gan.epochs 4"
