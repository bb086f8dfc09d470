"""What a tracker is told of a run: the columns of its history and the figures of all measures, by names in groups."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gan_core.audit.measures import MEASURES
from gan_core.files import Place
from gan_core.measures.measure import Figure

ASPECTS = {measure.name: measure.aspect for measure in MEASURES}


class Tracker(Protocol):
    """A program that shows numbers and pictures of runs, over the epochs."""

    def tell(self, scalars: Mapping[str, float], epoch: int, *grids: Place) -> None:
        """Tell it numbers by their names, and show it grids of images, PNG files."""

    def close(self, *, failed: bool) -> None:
        """See to it that all is told, and whether the run failed."""


def name_columns(row: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a row of the history, a measure in the group of its question, as diverse/coverage."""
    numbers = {name: float(value) for name, value in row.items() if isinstance(value, int | float) and name != "epoch"}
    named = {f"{ASPECTS.get(name, 'training')}/{name}": value for name, value in numbers.items()}
    return {name: value for name, value in named.items() if math.isfinite(value)}


def name_figures(figures: Sequence[Figure]) -> dict[str, float]:
    """The figures over all classes and seeds, as useful/accuracy/synthetic."""
    whole = [figure for figure in figures if not figure.group and figure.seed is None]
    named = {f"{each.measure.aspect}/{each.measure.name}/{each.of.replace(', ', '/')}": each.value for each in whole}
    return {name: value for name, value in named.items() if math.isfinite(value)}
