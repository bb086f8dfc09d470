"""The table of settings that fill a time, from the least time to the most, with what they taught Fashion-MNIST.

`table.csv` has a row for each number of epochs that was measured. Neighbours that differ in
nothing else are a stage.
"""

import csv
from collections.abc import Set
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np

from gan_core.clock.duration import Images
from gan_core.clock.training_length import EPOCH_IMAGES, EPOCHS, shorten
from gan_core.config import STANDARD, Experiment
from gan_core.settings_grid import by_name, replace_settings

TABLE = Path(__file__).with_name("table.csv")
FIGURES = (EPOCHS, "taught_by", "accuracy", "source")  # what differs within a stage


@dataclass(frozen=True)
class Stage:
    """Settings by their names but for the epochs, and these with the accuracies that they led to."""

    settings: dict[str, str]
    epochs: tuple[float, ...]  # rising; parts of one too
    accuracies: tuple[float, ...]  # in percent, on validation images
    taught_by: str

    def apply(self, experiment: Experiment, kept: Set[str]) -> Experiment:
        """The experiment with the settings of this stage but for those that are to stay."""
        return replace_settings(experiment, {name: self.settings[name] for name in self.settings.keys() - kept})

    def accuracy(self, epochs: float) -> float:
        """What so many epochs led to, read between those that were measured by their logarithm, and not beyond."""
        return float(np.interp(np.log(epochs), np.log(self.epochs), self.accuracies))

    def speaks_of(self, experiment: Experiment) -> bool:
        """Whether the accuracies are of such an experiment, or of one whose classifiers learn for fewer steps."""
        measured = self.apply(STANDARD, frozenset())
        longer = experiment.classifier.steps >= measured.classifier.steps
        return longer and _compared(measured) == _compared(experiment)


@cache
def read_stages() -> tuple[Stage, ...]:
    """The stages of the table in its order."""
    return tuple(_stage(list(group)) for _, group in groupby(read_rows(), _settings))


def read_rows(table: Path = TABLE) -> list[dict[str, str]]:
    """The rows of the table, as they are written."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def row_experiment(row: dict[str, str], images: Images) -> Experiment:
    """The standard experiment by the settings of a row."""
    return shorten(replace_settings(STANDARD, _settings(row)), float(row[EPOCHS]), images, frozenset())


def _settings(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name not in FIGURES}


def _stage(rows: list[dict[str, str]]) -> Stage:
    epochs, accuracies = (tuple(float(row[name]) for row in rows) for name in (EPOCHS, "accuracy"))
    return Stage(_settings(rows[0]), epochs, accuracies, rows[0]["taught_by"])


def _compared(experiment: Experiment) -> dict[str, object]:
    """The settings by which an accuracy comes about, but for the lengths of the training and of the teaching."""
    sections = experiment.model_dump(include={"gan", "dataset", "classifier"})
    lengths = {EPOCHS, EPOCH_IMAGES, "classifier.steps"}
    harmless = {"gan.precision", "dataset.batch_size", "classifier.seeds"}
    return {name: value for name, value in by_name(sections).items() if name not in lengths | harmless}
