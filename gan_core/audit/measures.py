"""All measures, in one list: tables, pages and `docs/metrics.md` iterate over it.

A new measure is a `Measure` beside the function that computes it, and a line here.
"""

import pandas as pd

from gan_core.audit import canaries, copies, membership, published_scores, ruler
from gan_core.measures import diversity, frechet_distance, manifold, tstr
from gan_core.measures.calibration import CALIBRATION_ERROR
from gan_core.measures.measure import Figure, Measure

MEASURES: tuple[Measure, ...] = (
    *(tstr.ACCURACY, tstr.CLASS_RECALL, CALIBRATION_ERROR, tstr.LABEL_FIDELITY),
    *(manifold.COVERAGE, manifold.MANIFOLD_RECALL, manifold.MANIFOLD_PRECISION, manifold.DENSITY),
    *(frechet_distance.FRECHET_DISTANCE, diversity.WORST_CLASS, diversity.REPEATED, diversity.EVENNESS),
    *(*copies.MEASURES, *membership.MEASURES, canaries.EPSILON, *published_scores.MEASURES),
    *ruler.MEASURES,
)


def by_name(name: str) -> Measure:
    """The measure of this name; KeyError if there is none."""
    return {measure.name: measure for measure in MEASURES}[name]


def read_measures_frame(frame: pd.DataFrame) -> list[Figure]:
    """The figures of a frame that `build_measures_frame` made; KeyError for a measure that is not known any more."""
    return [
        Figure(
            measure=by_name(row["measure"]),
            of=row["of"],
            value=row["value"],
            low=row["low"],
            high=row["high"],
            group=row["class"],
            seed=None if pd.isna(row["seed"]) else int(row["seed"]),
            images=row["images"],
        )
        for row in frame.to_dict("records")
    ]
