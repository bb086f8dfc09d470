"""All measures, in one list: tables, pages and `docs/metrics.md` iterate over it.

A new measure is a `Measure` beside the function that computes it, and a line here.
"""

import math
from collections.abc import Container, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from gan_core.audit import canaries, copies, membership, published_scores, ruler
from gan_core.measures import diversity, frechet_distance, inception, manifold, tstr
from gan_core.measures.calibration import CALIBRATION_ERROR
from gan_core.measures.measure import Figure, Measure
from gan_core.worth.curve import EQUIVALENT_REAL_IMAGES

SYNTHETIC = "synthetic"  # what most figures are of
MEASURES: tuple[Measure, ...] = (
    *(tstr.ACCURACY, tstr.CLASS_RECALL, CALIBRATION_ERROR, tstr.LABEL_FIDELITY, EQUIVALENT_REAL_IMAGES),
    *(manifold.COVERAGE, manifold.MANIFOLD_RECALL, manifold.MANIFOLD_PRECISION, manifold.DENSITY),
    *(frechet_distance.FRECHET_DISTANCE, inception.INCEPTION_FID, inception.INCEPTION_KID),
    *(diversity.SAMPLE_COVERAGE, diversity.WORST_CLASS, diversity.REPEATED, diversity.EVENNESS),
    *(*copies.MEASURES, *membership.MEASURES, canaries.EPSILON, *published_scores.MEASURES),
    *ruler.MEASURES,
)


def by_name(name: str) -> Measure:
    """The measure of this name; KeyError if there is none."""
    return {measure.name: measure for measure in MEASURES}[name]


def with_figures(
    known: Mapping[str, Any],
    figures: Sequence[Figure],
    of: str = SYNTHETIC,
    *,
    sampled: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """What is known by name, and beside it the figures of a set of all measures that are not known yet.

    `sampled` is what was measured of a sample after the last epoch: it stands where the set has no such figure.
    """
    return {**sampled, **name_figures([each for each in figures if each.measure.name not in known], of), **known}


def name_figures(figures: Sequence[Figure], of: str = SYNTHETIC) -> dict[str, float]:
    """The figures of a set over all classes and seeds by the names of their measures, with the ends of their intervals.

    As `copied`, `copied_low` and `copied_high`, in the order of the list. What is measured of no teaching set, as the
    ruler, counts as the synthetic one's. What is not a number is left out.
    """
    found: dict[str, float] = {}
    for measure in MEASURES:
        if figure := _find_figure(measure, figures, of):
            ends = {f"{measure.name}_low": figure.low, f"{measure.name}_high": figure.high}
            found |= {measure.name: figure.value} | ends
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _find_figure(measure: Measure, figures: Sequence[Figure], of: str) -> Figure | None:
    """The one of this set; for the synthetic one the first there is, if none is of it."""
    taken = [each for each in figures if each.measure.name == measure.name and not each.group and each.seed is None]
    own = [each for each in taken if each.of == of]
    return next(iter(own or (taken if of == SYNTHETIC else [])), None)


def measures_in(names: Container[object]) -> list[Measure]:
    """The measures of which there is a figure, by the names of the columns of a frame or of what else holds figures."""
    return [measure for measure in MEASURES if measure.name in names]


def figures_in(frame: pd.DataFrame) -> list[Figure]:
    """The figures of a frame that `build_measures_frame` made, but for measures that this program does not know."""
    known = {measure.name: measure for measure in MEASURES}
    return [
        Figure(
            known[row["measure"]],
            row["of"],
            row["value"],
            row["low"],
            row["high"],
            row["class"],
            None if pd.isna(row["seed"]) else int(row["seed"]),
            row["images"],
            row.get("classifier", ""),
        )
        for row in frame.to_dict("records")
        if row["measure"] in known
    ]
